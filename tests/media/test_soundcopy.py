"""One stream that a recorder cut is put together again; what was encoded apart is not."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.media.plan import plan

from .studio import (
    Audio,
    Ctx,
    Take,
    Video,
    beep_times,
    beeps,
    noise,
    record,
    sound_of,
    steady,
    take,
)
from .test_sound import cut


def packets_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(audio=0) if p.size]


def merged(session: Take, tmp_path: Path, ctx: Ctx) -> tuple[Path, dict[str, object]]:
    film = tmp_path / "film.part"
    return film, session.merge(film, ctx)


@pytest.mark.parametrize("layout", ["mono", "stereo"])
@pytest.mark.parametrize("rate", [44100, 48000])
def test_pieces_of_one_stream_are_copied(tmp_path: Path, ctx: Ctx, rate: int, layout: str) -> None:
    sound = noise(9, rate, 1 if layout == "mono" else 2)
    whole = record(tmp_path / "whole.m4a", audio=Audio(sound, "aac", rate, layout))
    pieces = cut(whole, tmp_path, 100)
    session = take(None, pieces)
    made = plan(session.timeline, session.infos)
    assert made.sound
    assert made.sound.copied
    assert "copy" in str(made)
    film, facts = merged(session, tmp_path, ctx)
    assert facts["sound"] == "copied"
    assert facts["joined"] == len(pieces) - 1
    assert packets_of(film) == packets_of(whole)
    heard, reference = sound_of(film)[0], sound_of(whole)[0]
    count = min(heard.shape[1], reference.shape[1])
    assert abs(heard.shape[1] - reference.shape[1]) <= 1024, "padding at most"
    assert np.array_equal(heard[:, :count], reference[:, :count]), "not one sample differs"
    assert not ctx.kept, "nothing was encoded"


def test_the_sound_of_a_video_is_copied_with_its_place(tmp_path: Path, ctx: Ctx) -> None:
    sound = Audio(beeps(3, [0.5, 2]), start=Fraction(1, 4))
    path = record(tmp_path / "v.mp4", Video(steady(3), options={"bf": "2"}), sound)
    film, facts = merged(take(path), tmp_path, ctx)
    assert (facts["picture"], facts["sound"]) == ("copied", "copied")
    assert packets_of(film) == packets_of(path)
    assert beep_times(sound_of(film)[0]) == pytest.approx([0.75, 2.25], abs=0.003)


def test_pieces_with_a_picture_beside_them(tmp_path: Path, ctx: Ctx) -> None:
    video = record(tmp_path / "v.mp4", Video(steady(6)))
    whole = record(tmp_path / "whole.m4a", audio=Audio(beeps(6, [0.5, 3, 5.5])))
    film, facts = merged(take(video, cut(whole, tmp_path, 60)), tmp_path, ctx)
    assert facts["sound"] == "copied"
    assert beep_times(sound_of(film)[0]) == pytest.approx([0.5, 3, 5.5], abs=0.003)


def tone(start: float, seconds: float) -> np.ndarray:
    t = (np.arange(round(seconds * 48000)) + start * 48000) / 48000
    return (0.5 * np.sin(2 * np.pi * 300 * t))[None].astype(np.float32)


@pytest.mark.parametrize("clock", ["begins anew", "goes on"])
def test_pieces_encoded_apart_are_encoded_together(tmp_path: Path, ctx: Ctx, clock: str) -> None:
    pieces = [
        record(
            tmp_path / f"s{i}.mp4",
            audio=Audio(tone(2 * i, 2), start=Fraction(2 * i if clock == "goes on" else 0)),
        )
        for i in range(4)
    ]
    film, facts = merged(take(None, pieces), tmp_path, ctx)
    assert facts["sound"] == "encoded"
    heard = sound_of(film)[0][0, : 8 * 48000]
    assert np.abs(np.diff(heard)).max() < 0.03, "a tone of 300 Hz climbs by 0.02 a sample: no click"


def test_a_piece_that_is_missing_leaves_its_time(tmp_path: Path, ctx: Ctx) -> None:
    whole = record(tmp_path / "whole.m4a", audio=Audio(beeps(8, [0.5, 7])))
    pieces = cut(whole, tmp_path, 90)
    del pieces[1]
    film, facts = merged(take(None, pieces), tmp_path, ctx)
    assert facts["sound"] == "encoded"
    assert len(beep_times(sound_of(film)[0])) == 2


def test_packets_that_are_not_where_they_should_be(tmp_path: Path, ctx: Ctx) -> None:
    whole = record(tmp_path / "whole.m4a", audio=Audio(beeps(8, [0.5, 7])))
    holed = tmp_path / "holed.mkv"
    with av.open(str(whole)) as source, av.open(str(holed), "w") as out:
        stream = source.streams.audio[0]
        target = out.add_stream_from_template(stream, opaque=True)
        for packet in source.demux(stream):
            if packet.size and not 2.0 < packet.pts * packet.time_base < 4.0:
                packet.stream = target
                out.mux(packet)
    film, facts = merged(take(None, [holed]), tmp_path, ctx)
    assert facts["sound"] == "encoded"
    first, second = beep_times(sound_of(film)[0])
    assert second - first == pytest.approx(6.5, abs=0.005)


def test_a_beginning_that_was_cut_off_stays_off(tmp_path: Path, ctx: Ctx) -> None:
    whole = record(tmp_path / "whole.m4a", audio=Audio(beeps(6, [1, 4.5])))
    trimmed = tmp_path / "trimmed.m4a"
    with av.open(str(whole)) as source, av.open(str(trimmed), "w", format="mp4") as out:
        stream = source.streams.audio[0]
        target = out.add_stream_from_template(stream, opaque=True)
        for packet in source.demux(stream):
            if packet.size:
                packet.pts = packet.dts = packet.pts - 2 * 48000  # what is before nought is hidden
                packet.stream = target
                out.mux(packet)
    film, facts = merged(take(None, [trimmed]), tmp_path, ctx)
    assert facts["sound"] == "encoded"
    assert beep_times(sound_of(film)[0]) == pytest.approx([2.5], abs=0.005)
