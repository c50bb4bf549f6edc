"""Chapters in films that leave the library: read back by a demuxer, and not a sample is touched."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.core import chaptered
from backend.core.chapter import Chapter
from backend.store.chaptered import open_chaptered
from tests.media.studio import Audio, Video, record, steady

TITLES = ("Grüße <b> “x” 👋", "y" * 400, "Ende")


def tiled(titles: Sequence[str], seconds: int = 6) -> list[Chapter]:
    part = Fraction(seconds, len(titles))
    return [Chapter(n * part, (n + 1) * part, title) for n, title in enumerate(titles)]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """With the index in front, at the end, in fragments; and of sound alone."""
    place = tmp_path_factory.mktemp("films")
    picture = Video(steady(6, 10), size=(64, 64))
    return {
        name: record(
            place / f"{name}.{'m4a' if name == 'sound' else 'mp4'}",
            None if name == "sound" else picture,
            Audio(np.zeros((1, 6 * 48_000), np.float32)),
            "mp4",
            options,
        )
        for name, options in {
            "front": {"movflags": "+faststart"},
            "end": {},
            "sound": {"movflags": "+faststart"},
            "fragments": {"movflags": "frag_keyframe+empty_moov"},
        }.items()
    }


def written(film: Path, chapters: Sequence[Chapter]) -> Path:
    out = film.with_name(f"{film.stem}-{random.getrandbits(40):x}{film.suffix}")
    with open_chaptered(film, chapters) as opened:
        out.write_bytes(opened.read())
    return out


def chapters_of(film: Path) -> list[tuple[float, float, str]]:
    with av.open(str(film)) as container:
        return [
            (
                float(one["start"] * one["time_base"]),
                float(one["end"] * one["time_base"]),
                one["metadata"]["title"],
            )
            for one in container.chapters()
        ]


def samples(film: Path) -> list[tuple[str, object, object, bytes]]:
    """What is seen and heard, with its times."""
    with av.open(str(film)) as container:
        streams = [*container.streams.video, *container.streams.audio]
        return [
            (packet.stream.type, packet.pts, packet.dts, bytes(packet))
            for packet in container.demux(streams)
        ]


@pytest.mark.parametrize("kind", ["front", "end", "sound"])
def test_a_player_finds_the_chapters_and_every_sample(films: dict[str, Path], kind: str) -> None:
    film = films[kind]
    before = film.read_bytes()
    out = written(film, tiled(TITLES))
    assert chapters_of(out) == [(0, 2, TITLES[0]), (2, 4, TITLES[1]), (4, 6, TITLES[2])]
    assert samples(out) == samples(film)
    # Others in their place, and none at all; the first ones leave nothing behind.
    again = written(out, tiled(["One", "Two"]))
    assert chapters_of(again) == [(0, 3, "One"), (3, 6, "Two")]
    none = written(again, [])
    assert chapters_of(none) == [] and samples(none) == samples(film)
    assert b"chpl" not in none.read_bytes() and film.read_bytes() == before


def test_more_than_the_list_of_titles_holds(films: dict[str, Path]) -> None:
    titles = [f"Part {n}" for n in range(300)]
    assert [title for *_, title in chapters_of(written(films["front"], tiled(titles)))] == titles


def test_films_that_need_eight_bytes_for_a_place(
    films: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chaptered, "_SHORT", 1000)
    out = written(films["front"], tiled(TITLES))
    data = out.read_bytes()
    assert b"stco" not in data and b"co64" in data
    assert len(chapters_of(out)) == 3 and samples(out) == samples(films["front"])


def test_it_is_read_from_any_place(films: dict[str, Path]) -> None:
    chance = random.Random(5)
    with open_chaptered(films["front"], tiled(TITLES)) as opened:
        whole = opened.read()
        assert opened.seek(0, 2) == len(whole)
        for _ in range(300):
            start, length = chance.randrange(len(whole)), chance.randrange(1, 5000)
            opened.seek(start)
            assert opened.read(length) == whole[start : start + length]


def test_what_holds_none_stays_as_it_is(films: dict[str, Path], tmp_path: Path) -> None:
    whole = films["front"].read_bytes()
    index = whole.index(b"moov")
    stts = whole.index(b"stts") - 4
    strange = {
        "fragments": films["fragments"].read_bytes(),
        "cut in the index": whole[: index + 200],
        "no index": whole[: index - 4],
        "a box too long": whole[:stts] + struct.pack(">I", 1 << 30) + whole[stts + 4 :],
        "nothing": b"",
        "no film": b"ID3" + bytes(3000),
    }
    for name, data in strange.items():
        file = tmp_path / "strange.mp4"
        file.write_bytes(data)
        with open_chaptered(file, tiled(TITLES)) as opened:
            assert opened.read() == data, name
