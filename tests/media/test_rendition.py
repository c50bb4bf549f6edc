"""The film for pages that cannot play H.264: pieces that, put together, are one film."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.core.context import Stopped
from backend.core.fault import Category, FaultError
from backend.core.rendition import PIECE, rendition_of
from backend.media.rendition import TALLEST, PieceMaker
from tests.films import look
from tests.recordings import write_sound, write_video

SHARED = Path(__file__).parents[3] / "shared" / "media"
DELAY = 312
"""Samples by which an Opus decoder is late; a player skips them when it begins (RFC 7845)."""
Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


def never() -> None:
    pass


@pytest.fixture
def make(tmp_path: Path) -> Callable[[Path, Iterable[int]], dict[int, Path]]:
    """Makes pieces of a film in the order that is asked for."""

    def make(film: Path, numbers: Iterable[int]) -> dict[int, Path]:
        maker = PieceMaker(film)
        made = {number: tmp_path / f"{number}.part.webm" for number in numbers}
        for number, path in made.items():
            maker.make(number, path, never)
        maker.close()
        return made

    return make


def write_whole(path: Path, seconds: float, pitch: float = 440) -> Path:
    """A film with a picture that flashes and sound that beeps at each whole second."""
    video = write_video(path.with_name("video.mp4"), seconds, size=(320, 180))
    audio = write_sound(path.with_name("audio.m4a"), seconds, layout="stereo", pitch=pitch)
    with av.open(str(video)) as one, av.open(str(audio)) as two, av.open(str(path), "w") as film:
        tracks = [(one, one.streams.video[0]), (two, two.streams.audio[0])]
        targets = [film.add_stream_from_template(track) for _, track in tracks]
        for (source, track), target in zip(tracks, targets, strict=True):
            for packet in source.demux(track):
                if packet.size:
                    packet.stream = target
                    film.mux(packet)
    return path


def pictures(pieces: dict[int, Path]) -> list[tuple[float, float]]:
    """Time on the film's clock and mean brightness of every frame."""
    seen = []
    for number, path in sorted(pieces.items()):
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                luma = float(np.mean(frame.to_ndarray(format="gray")))
                seen.append(((frame.time or 0.0) + float(number * PIECE), luma))
    return seen


def joined_sound(pieces: dict[int, Path]) -> Array:
    """What one decoder hears that is given the packets of all pieces, as a player's is; mono."""
    decoder = None
    heard = []
    for _, path in sorted(pieces.items()):
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            decoder = decoder or stream.codec_context
            for packet in container.demux(stream):
                if packet.size:
                    # Without the side data by which this demuxer skips the start of each file:
                    # a page's player skips nothing where a piece follows another.
                    frames = decoder.decode(av.Packet(bytes(packet)))
                    heard += [frame.to_ndarray() for frame in frames]
    sound = np.concatenate([np.mean(block, axis=0) for block in heard])
    return sound[DELAY:]


def test_the_pieces_are_the_film_in_whatever_order_they_were_made(
    tmp_path: Path, make: Callable[[Path, Iterable[int]], dict[int, Path]]
) -> None:
    film = write_whole(tmp_path / "film.mp4", 7)
    pieces = make(film, [2, 3, 0, 1])
    seen = pictures(pieces)
    times = [time for time, _ in seen]
    assert times == sorted(times) and len(times) == look(film).frames
    lit = [
        time
        for (time, luma), before in zip(seen, [0.0, *(v for _, v in seen)], strict=False)
        if luma > 170 >= before
    ]
    assert lit == pytest.approx([0, 1, 2, 3, 4, 5, 6], abs=0.002)
    sound = np.abs(joined_sound(pieces))
    loud = np.flatnonzero(sound > 0.08)
    onsets = [loud[0], *loud[1:][np.diff(loud) > 16_000]]
    assert [onset / 48_000 for onset in onsets] == pytest.approx([0, 1, 2, 3, 4, 5, 6], abs=0.01)
    assert len(sound) + DELAY == pytest.approx(7 * 48_000, abs=960)


def test_no_click_is_heard_where_pieces_meet(
    tmp_path: Path, make: Callable[[Path, Iterable[int]], dict[int, Path]]
) -> None:
    film = tmp_path / "film.wav"
    wave = 0.5 * np.sin(2 * np.pi * 331 * np.arange(6 * 48_000) / 48_000)
    with av.open(str(film), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48_000, layout="mono")
        samples = (wave * 32767).astype(np.int16)[None, :]
        frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
        frame.sample_rate, frame.pts = 48_000, 0
        container.mux(stream.encode(frame))
    sound = joined_sound(make(film, [1, 0, 2]))
    # The difference of a sine's neighbours is bounded; a click is a step beyond that.
    steps = np.abs(np.diff(sound[4800:-4800]))
    assert steps.max() < 1.2 * 0.5 * 2 * np.pi * 331 / 48_000
    around = [sound[n * 96_000 - 2400 : n * 96_000 + 2400] for n in (1, 2)]
    away = sound[48_000 - 2400 : 48_000 + 2400]
    for join in around:
        assert np.std(join) == pytest.approx(np.std(away), rel=0.02)


def test_a_picture_that_stands_is_there_in_every_piece(
    tmp_path: Path, make: Callable[[Path, Iterable[int]], dict[int, Path]]
) -> None:
    film = tmp_path / "film.mp4"
    with av.open(str(film), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for time, luma in ((0, 50), (7, 200), (7.9, 50)):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), luma, np.uint8), "rgb24")
            frame.pts, frame.time_base = round(time * 10), Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    pieces = make(film, [1, 3, 0])
    assert [round(time, 2) for time, _ in pictures({1: pieces[1]})] == [2.0, 3.96]
    assert all(luma < 100 for _, luma in pictures({0: pieces[0], 1: pieces[1]}))
    last = [(round(time, 2), luma > 100) for time, luma in pictures({3: pieces[3]})]
    assert last[:3] == [(6.0, False), (7.0, True), (7.9, False)]


def test_sound_alone_and_picture_alone(
    tmp_path: Path, make: Callable[[Path, Iterable[int]], dict[int, Path]]
) -> None:
    heard = make(write_sound(tmp_path / "film.m4a", 3), [1])[1]
    with av.open(str(heard)) as container:
        assert [stream.type for stream in container.streams] == ["audio"]
    seen = make(write_video(tmp_path / "film.mp4", 3), [1])[1]
    with av.open(str(seen)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
    film = {"duration": 2.5, "video_codec": None, "audio_codec": "aac"}
    told = rendition_of(film)
    assert told is not None and (told.type, told.pieces) == ('audio/webm; codecs="opus"', 2)
    assert rendition_of({"duration": 2.5}) is None


def test_large_pictures_become_smaller_and_keep_their_shape(
    tmp_path: Path, make: Callable[[Path, Iterable[int]], dict[int, Path]]
) -> None:
    film = write_video(tmp_path / "film.mp4", 1, size=(1920, 1440), rate=5)
    with av.open(str(make(film, [0])[0])) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (960, TALLEST)


@pytest.mark.skipif(not SHARED.is_dir(), reason="there is no ../shared/media beside the project")
def test_a_turned_picture_is_turned(
    make: Callable[[Path, Iterable[int]], dict[int, Path]],
) -> None:
    film = SHARED / "camera" / "phone_portrait_4k60_rotated.mp4"

    def first(path: Path, turns: int) -> Array:
        """The first picture in colours as they are seen, small enough to compare."""
        with av.open(str(path)) as container:
            frame = next(container.decode(video=0))
            size = (360, 640) if turns == 0 else (640, 360)
            shown = frame.reformat(*size, format="rgb24", interpolation="AREA")
        return np.rot90(shown.to_ndarray(), turns).astype(float)

    seen, meant = first(make(film, [0])[0], 0), first(film, -1)
    wrong = np.abs(seen - first(film, 1)).mean()
    assert np.abs(seen - meant).mean() < 6
    assert wrong > 20
    # The film's range is full, the rendition's limited: told wrongly, its contrast would change.
    assert np.std(seen) == pytest.approx(np.std(meant), rel=0.05)


def test_a_piece_that_was_given_up_is_whole_the_next_time(tmp_path: Path) -> None:
    maker = PieceMaker(write_whole(tmp_path / "film.mp4", 5))
    left = 30

    def soon() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Stopped

    with pytest.raises(Stopped):
        maker.make(0, tmp_path / "a.part.webm", soon)
    maker.make(0, tmp_path / "b.part.webm", never)
    assert len(pictures({0: tmp_path / "b.part.webm"})) == 40


def test_a_film_that_is_gone_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(FaultError) as refused:
        PieceMaker(tmp_path / "gone.mp4")
    assert refused.value.fault.category is Category.MISSING
