"""The kinds of recordings there are: what each is taken for, and what becomes of it.

One row a kind: how it is made, whether its film's picture is copied or encoded, what is said of it.
Each film is decoded, and shows every picture of the recording, in order, at its time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from backend.media.probe import probe

from .studio import (
    Audio,
    Ctx,
    Video,
    beep_times,
    beeps,
    numbered,
    pictures_of,
    record,
    sound_of,
    steady,
    take,
)

LONG = 2
"""Seconds of each recording."""
SOUND = Audio(beeps(LONG, [0.5, 1.5]))
QUICK = {"preset": "ultrafast"}


@dataclass(frozen=True)
class Kind:
    """How a recording is made, and what is expected of it."""

    file: str
    video: Video | None = None
    audio: Audio | None = None
    picture: str | None = None
    """How the film's picture is made."""
    sound: str | None = None
    reason: str = ""
    """Words of why, as the plan says it."""
    said: str = ""
    """Words of a note, of the recording or of the film."""
    size: tuple[int, int] = (320, 180)
    channels: int = 1
    transfer: str | None = None
    make: Callable[[Path], object] | None = None
    """Where `video` and `audio` do not make it; they say what is in it all the same."""
    options: Mapping[str, str] = field(default_factory=dict)


def hdr(transfer: str, codec: str, **more: str) -> Video:
    tags = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    if codec == "libx264":
        return Video(steady(LONG), options={**QUICK, "x264-params": tags})
    return Video(
        steady(LONG, 10),
        codec,
        pixel_format="yuv420p10le",
        options={**QUICK, "x265-params": f"log-level=none:{tags}", **more},
        rate=10,
    )


def two_sizes(path: Path) -> None:
    """A stream that changes its size, as cameras do which are turned or set anew."""
    parts = []
    for i, size in enumerate(((320, 180), (240, 180))):
        video = Video(steady(1, start=Fraction(i)), options={**QUICK, "bf": "0"}, size=size)
        parts.append(record(path.with_name(f"{i}.ts"), video).read_bytes())
    path.write_bytes(b"".join(parts))


def without_times(path: Path) -> None:
    """A transport stream in which every other picture has no time stamp."""
    video = Video(steady(LONG), options={**QUICK, "bf": "0"})
    raw = bytearray(record(path, video).read_bytes())
    pictures = 0
    for at in range(0, len(raw), 188):
        if not raw[at + 1] & 0x40:
            continue
        start = at + 4 + (raw[at + 4] + 1 if raw[at + 3] & 0x20 else 0)
        if raw[start : start + 3] == b"\0\0\1" and raw[start + 3] & 0xF0 == 0xE0:
            pictures += 1
            if pictures % 2 and pictures > 1:
                raw[start + 7] &= 0x3F
                length = raw[start + 8]
                raw[start + 9 : start + 9 + length] = b"\xff" * length
    assert pictures == LONG * 30
    path.write_bytes(bytes(raw))


def with_cover(path: Path) -> None:
    """Sound with a picture of its cover."""
    with av.open(str(path), "w") as out:
        sound = out.add_stream("aac", rate=48000, layout="mono")
        cover = out.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 320, 180, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(numbered(1), format="rgb24").reformat(format="yuvj420p")
        frame.pts, frame.time_base = 0, Fraction(1, 1)
        out.mux(cover.encode(frame))
        for at in range(0, SOUND.samples.shape[1], 1024):
            piece = np.ascontiguousarray(SOUND.samples[:, at : at + 1024])
            raw = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
            raw.sample_rate, raw.pts, raw.time_base = 48000, at, Fraction(1, 48000)
            out.mux(sound.encode(raw))
        out.mux(sound.encode(None))


KINDS = {
    "ProRes": Kind(
        "v.mov",
        Video(steady(LONG), "prores_ks", pixel_format="yuv422p10le"),
        Audio(SOUND.samples, "pcm_s16le"),
        "encoded",
        "encoded",
        reason="ProRes: browsers want H.264",
    ),
    "ProRes 4444 with alpha": Kind(
        "v.mov",
        Video(steady(LONG, 10), "prores_ks", pixel_format="yuva444p10le", rate=10),
        picture="encoded",
        reason="ProRes",
    ),
    "GIF": Kind(
        "v.gif",
        Video(steady(LONG, 10), "gif", pixel_format="rgb8", time_base=Fraction(1, 100), rate=10),
        picture="encoded",
        reason="GIF: browsers want H.264",
    ),
    "VP9 with alpha": Kind(
        "v.webm",
        Video(
            steady(LONG, 10),
            "libvpx-vp9",
            pixel_format="yuva420p",
            options={"deadline": "realtime", "cpu-used": "8", "auto-alt-ref": "0"},
            rate=10,
        ),
        Audio(SOUND.samples, "libopus"),
        "encoded",
        "encoded",
        reason="VP9",
    ),
    "10-bit H.264": Kind(
        "v.mp4",
        Video(steady(LONG), pixel_format="yuv420p10le", options=QUICK),
        SOUND,
        "encoded",
        "copied",
        reason="H.264 High 10",
    ),
    "10-bit HEVC": Kind(
        "v.mkv",
        Video(
            steady(LONG, 10),
            "libx265",
            pixel_format="yuv420p10le",
            options={**QUICK, "x265-params": "log-level=none"},
            rate=10,
        ),
        SOUND,
        "encoded",
        "copied",
        reason="HEVC",
    ),
    "AV1": Kind(
        "v.mp4",
        Video(
            steady(LONG, 10),
            "libsvtav1",
            options={"preset": "10", "crf": "20", "svtav1-params": "lp=1"},
            rate=10,
        ),
        SOUND,
        "encoded",
        "copied",
        reason="AV1",
    ),
    "MPEG-2 as DVDs have it": Kind(
        "v.mpg",
        Video(steady(LONG, 25), "mpeg2video", time_base=Fraction(1, 25), rate=25),
        Audio(SOUND.samples, "mp2", format="s16p"),
        "encoded",
        "encoded",
        reason="MPEG-2",
    ),
    "Motion JPEG": Kind(
        "v.avi",
        Video(steady(LONG), "mjpeg", pixel_format="yuvj420p", time_base=Fraction(1, 30)),
        picture="encoded",
        reason="Motion JPEG",
    ),
    "5.1": Kind(
        "v.mp4",
        Video(steady(LONG), options=QUICK),
        Audio(beeps(LONG, [0.5, 1.5], channels=6), "ac3", layout="5.1"),
        "copied",
        "encoded",
        channels=2,
    ),
    "mono": Kind("v.mp4", Video(steady(LONG), options=QUICK), SOUND, "copied", "copied"),
    "interlaced H.264": Kind(
        "v.mp4",
        Video(steady(LONG, 25), options={**QUICK, "x264-params": "tff=1"}, rate=25),
        picture="copied",
        said="interlaced",
    ),
    "interlaced MPEG-2": Kind(
        "v.mpg",
        Video(
            steady(LONG, 25),
            "mpeg2video",
            options={"flags": "+ildct+ilme", "field_order": "tt"},
            time_base=Fraction(1, 25),
            rate=25,
        ),
        picture="encoded",
        reason="MPEG-2",
    ),
    "odd size": Kind(
        "v.mkv",
        Video(steady(LONG), "ffv1", size=(321, 181), pixel_format="yuv444p"),
        picture="encoded",
        said="odd picture size",
    ),
    "cover art": Kind("v.mp4", None, SOUND, None, "copied", make=with_cover),
    "another size in mid stream": Kind(
        "v.ts",
        Video(steady(LONG)),
        picture="encoded",
        said="the picture size changes",
        reason="cannot be copied",
        make=two_sizes,
    ),
    "times are missing": Kind(
        "v.ts",
        Video(steady(LONG)),
        picture="encoded",
        reason="frames without times",
        make=without_times,
    ),
    "times before zero": Kind(
        "v.mp4",
        Video(steady(LONG, start=Fraction(-1, 2)), options={**QUICK, "bf": "0"}),
        picture="copied",
        options={"avoid_negative_ts": "disabled", "use_editlist": "0"},
    ),
    "HDR: PQ": Kind(
        "v.mp4",
        hdr("smpte2084", "libx265"),
        picture="encoded",
        said="high dynamic range",
        transfer="bt709",
    ),
    "HDR: HLG": Kind(
        "v.mkv",
        hdr("arib-std-b67", "libx265"),
        picture="encoded",
        said="high dynamic range",
        transfer="bt709",
    ),
    "HDR tags on what is copied": Kind(
        "v.mp4", hdr("smpte2084", "libx264"), picture="copied", transfer="smpte2084"
    ),
    "open groups": Kind(
        "v.mkv",
        Video(steady(LONG), options={"g": "15", "bf": "3", "x264-params": "open-gop=1"}),
        picture="copied",
    ),
    "B-frames in FLV": Kind(
        "v.flv", Video(steady(LONG), options={"g": "15", "bf": "3"}), SOUND, "copied", "copied"
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_recording_becomes_a_film(tmp_path: Path, ctx: Ctx, name: str) -> None:
    kind = KINDS[name]
    path = tmp_path / kind.file
    if kind.make is not None:
        kind.make(path)
    else:
        record(path, kind.video, kind.audio, options=kind.options)
    info = probe(path)
    film = tmp_path / "film.part"
    facts = take(path).merge(film, ctx)
    assert (facts["picture"], facts["sound"]) == (kind.picture, kind.sound), facts["reason"]
    assert kind.reason in str(facts["reason"] or "")
    notes = [*info.notes, *map(str, facts["notes"] if isinstance(facts["notes"], list) else [])]
    assert kind.said in "; ".join(notes), notes
    if kind.video is not None:
        assert (facts["width"], facts["height"]) == kind.size
        assert probe(film).video[0].color_transfer == kind.transfer
        start = min(kind.video.times)
        wanted = [(time - start, number) for number, time in enumerate(kind.video.times)]
        shown = pictures_of(film)
        numbers = [number for _, number in shown]
        per_part = len(wanted) // 2
        expected = list(range(len(wanted)))
        if kind.make is two_sizes:
            expected = [*range(per_part)]  # the second part's pictures have bars beside them
            numbers = numbers[:per_part]
            assert len(shown) == len(wanted)
        assert numbers == expected
        assert [float(at - shown[0][0]) for at, _ in shown] == pytest.approx(
            [float(at) for at, _ in wanted], abs=0.0021
        )
    else:
        assert facts["frames"] is None
        assert info.video == ()
    if kind.audio is not None:
        samples, rate = sound_of(film)
        assert samples.shape[0] == kind.channels
        assert beep_times(samples, rate) == pytest.approx([0.5, 1.5], abs=0.05)
