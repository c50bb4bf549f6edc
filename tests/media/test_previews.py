"""Waveform peaks and thumbnails of a film."""

from __future__ import annotations

import json
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.core.context import Stopped
from backend.core.fault import Category, FaultError
from backend.media.hearing import hear
from backend.media.sight import see
from backend.media.waveform import FINEST, PIXELS

from .studio import BITS, BLOCK, Audio, Ctx, Video, beeps, record, steady, uneven


def peaks(film: Path, output: Path, ctx: Ctx) -> dict[str, object]:
    return hear(film, ctx).peaks.write_whole(output)


def strip(film: Path, output: Path, ctx: Ctx) -> dict[str, object]:
    return see(film, ctx).strip.write(output)


def test_peaks_show_where_the_beeps_are(tmp_path: Path, ctx: Ctx) -> None:
    film = record(tmp_path / "f.mp4", audio=Audio(beeps(4, [1, 3])))
    output = tmp_path / "peaks.part"
    facts = peaks(film, output, ctx)
    data = json.loads(output.read_text())
    assert {k: v for k, v in data.items() if k != "data"} == facts
    assert (data["version"], data["bits"], data["channels"]) == (2, 8, 1)
    assert len(data["data"]) == 2 * data["length"]
    low, high = np.array(data["data"]).reshape(-1, 2).T
    loud = np.flatnonzero(high > 60) * data["samples_per_pixel"] / data["sample_rate"]
    assert sorted({round(float(t)) for t in loud}) == [1, 3]
    assert low.min() < -60
    assert data["length"] * data["samples_per_pixel"] / data["sample_rate"] == pytest.approx(
        4, abs=0.05
    )
    assert ctx.done["waveform"][-1] == 1


def test_peaks_stay_bounded_however_long_the_film_is(tmp_path: Path, ctx: Ctx) -> None:
    film = record(tmp_path / "f.mp4", audio=Audio(beeps(1500, [700], 8000), rate=8000))
    facts = peaks(film, tmp_path / "p.part", ctx)
    assert 0.5 * PIXELS < int(str(facts["length"])) <= PIXELS


def test_the_fine_waveform_is_the_whole_seen_closer(tmp_path: Path, ctx: Ctx) -> None:
    film = record(tmp_path / "f.mp4", audio=Audio(beeps(700, [3, 600.5], 8000), rate=8000))
    heard = hear(film, ctx).peaks
    whole, fine = tmp_path / "w.part", tmp_path / "f.part"
    facts, close = heard.write_whole(whole), heard.write_fine(fine)
    raw = fine.read_bytes()
    version, flags, rate, per_pixel, length, channels = struct.unpack("<iIiiIi", raw[:24])
    assert (version, flags, rate, per_pixel, channels) == (2, 1, 8000, FINEST, 1)
    assert len(raw) == 24 + 2 * length and close["length"] == length
    times = int(str(facts["samples_per_pixel"])) // FINEST
    assert times > 1
    pairs = np.frombuffer(raw, np.int8, offset=24).reshape(-1, 2)
    coarse = np.array(json.loads(whole.read_text())["data"]).reshape(-1, 2)
    for i, (low, high) in enumerate(coarse):
        part = pairs[i * times : (i + 1) * times]
        assert (low, high) == (part[:, 0].min(), part[:, 1].max())
    # What is on the screen is a range of bytes: two for each pixel, behind the header.
    at = 24 + 2 * int(600.5 * rate / FINEST)
    assert np.abs(np.frombuffer(raw[at : at + 6], np.int8).astype(int)).max() > 60


def test_either_channel_counts(tmp_path: Path, ctx: Ctx) -> None:
    sound = beeps(1, [0.5], channels=2)
    sound[0] = 0
    film = record(tmp_path / "f.mp4", audio=Audio(sound, layout="stereo"))
    peaks(film, tmp_path / "p.part", ctx)
    assert max(json.loads((tmp_path / "p.part").read_text())["data"]) > 60


def tiles(path: Path, facts: dict[str, object]) -> list[np.ndarray]:
    with av.open(str(path), format="jpeg_pipe") as container:
        sheet = next(container.decode(video=0)).to_ndarray(format="gray")
    width, height = int(str(facts["tile_width"])), int(str(facts["tile_height"]))
    columns, rows = int(str(facts["columns"])), int(str(facts["rows"]))
    assert sheet.shape == (rows * height, columns * width)
    return [
        sheet[
            i // columns * height : (i // columns + 1) * height,
            i % columns * width : (i % columns + 1) * width,
        ]
        for i in range(int(str(facts["count"])))
    ]


def number_on(tile: np.ndarray) -> int:
    """The number of a picture that was shrunk by half."""
    half = BLOCK // 2
    code = 0
    for bit in range(BITS):
        x = half * (bit + 1)
        if tile[half + 2 : 2 * half - 2, x + 2 : x + half - 2].mean() > 128:
            code |= 1 << bit
    number = 0
    while code:
        number ^= code
        code >>= 1
    return number


@pytest.mark.parametrize("gop", ["30", "1000"])
def test_every_tile_shows_its_moment(tmp_path: Path, ctx: Ctx, gop: str) -> None:
    film = record(tmp_path / "f.mp4", Video(steady(12), options={"g": gop, "bf": "2"}))
    output = tmp_path / "s.part"
    facts = strip(film, output, ctx)
    assert facts["count"] == 12
    assert facts["interval"] == pytest.approx(1, abs=0.01)
    shown = [number_on(tile) for tile in tiles(output, facts)]
    wanted = [30 * i for i in range(12)]
    assert shown == sorted(shown)
    assert all(w - 30 <= s <= w + 1 for s, w in zip(shown, wanted, strict=True))
    assert ctx.done["thumbnails"][-1] == 1


def test_a_picture_that_stands_still_fills_its_tiles(tmp_path: Path, ctx: Ctx) -> None:
    film = record(tmp_path / "f.mp4", Video([Fraction(0), Fraction(1), Fraction(8), Fraction(9)]))
    facts = strip(film, tmp_path / "s.part", ctx)
    shown = [number_on(tile) for tile in tiles(tmp_path / "s.part", facts)]
    assert shown[:2] == [0, 1]
    assert set(shown[2:8]) == {1}


def test_no_more_than_a_hundred_tiles(tmp_path: Path, ctx: Ctx) -> None:
    film = record(tmp_path / "f.mp4", Video(uneven(150)))
    facts = strip(film, tmp_path / "s.part", ctx)
    assert (facts["count"], facts["columns"], facts["rows"]) == (100, 10, 10)


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_tiles_stand_as_a_player_turns_the_film(tmp_path: Path, ctx: Ctx, rotation: int) -> None:
    upright = record(tmp_path / "a.mp4", Video(steady(1)))
    turned = record(tmp_path / "b.mp4", Video(steady(1), rotation=rotation))
    plain = tiles(tmp_path / "a.part", strip(upright, tmp_path / "a.part", ctx))[0]
    facts = strip(turned, tmp_path / "b.part", ctx)
    tile = tiles(tmp_path / "b.part", facts)[0]
    if rotation == 180:
        assert np.abs(np.rot90(plain, 2).astype(int) - tile).mean() < 8
    else:
        assert (facts["tile_width"], facts["tile_height"]) == (160, 284)
        back = np.rot90(tile, rotation // 90).astype(int)
        assert number_of_large(back) == 0
        top, bottom = back[: back.shape[0] // 8].mean(), back[back.shape[0] * 3 // 4 :].mean()
        assert abs(top - plain[: plain.shape[0] // 8].mean()) < 12
        assert abs(bottom - plain[plain.shape[0] * 3 // 4 :].mean()) < 12


def number_of_large(picture: np.ndarray) -> int:
    size = picture.shape[1] / 320
    code = 0
    for bit in range(BITS):
        x, y = int(BLOCK * (bit + 1.5) * size), int(BLOCK * 1.5 * size)
        if picture[y - 2 : y + 2, x - 2 : x + 2].mean() > 128:
            code |= 1 << bit
    return code


def test_previews_of_what_is_not_there_are_refused(tmp_path: Path, ctx: Ctx) -> None:
    silent = record(tmp_path / "v.mp4", Video(steady(1)))
    blind = record(tmp_path / "a.m4a", audio=Audio(beeps(1, [])))
    for make, film in ((peaks, silent), (strip, blind)):
        with pytest.raises(FaultError) as caught:
            make(film, tmp_path / "x.part", ctx)
        assert caught.value.fault.category is Category.INPUT


def test_previews_can_be_stopped(tmp_path: Path, ctx: Ctx) -> None:
    film = record(tmp_path / "f.mp4", Video(steady(1)), Audio(beeps(1, [0.5])))

    def stop() -> None:
        raise Stopped

    ctx.on_check = stop
    for make in (peaks, strip):
        with pytest.raises(Stopped):
            make(film, tmp_path / "x.part", ctx)
