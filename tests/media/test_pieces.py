"""Sound encoded in pieces sounds like sound encoded at one go, and no kill costs more than one."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import psutil
import pytest

from backend.core.context import Stopped
from backend.core.fault import Category, FaultError
from backend.media import crew, pieces
from backend.media.aac import EncodedPiece, add_aac, encode_piece, open_piece, track_packets
from backend.media.crew import Crew, Task
from backend.media.pieces import FRAME, Piece, packets_of, piece_keys
from backend.media.plan import SoundPlan, plan
from backend.media.samples import SoundFacts
from backend.media.sound import film_sound
from backend.media.track import SoundTrack
from backend.media.write import Mp4Writer

from .studio import RATE, Audio, Ctx, Take, noise, record, sound_of, take

PATIENCE = 120.0


def music(seconds: float, rate: int = RATE) -> np.ndarray:
    """Tones that glide, strokes that begin suddenly, noise and rests. Shape (1, samples)."""
    t = np.arange(round(seconds * rate)) / rate
    tone = 0.3 * np.sin(2 * np.pi * (220 * t + 40 * np.sin(2 * np.pi * t / 7)))
    stroke = np.exp(-((t * 3.1) % 1) * 12) * np.sin(2 * np.pi * 1700 * t) * 0.4
    rest = ((t % 11) > 2).astype(np.float32)
    whole = (tone + stroke) * rest + noise(seconds, rate)[0] * 0.2
    return np.clip(whole, -1, 1).astype(np.float32)[None]


def segments(folder: Path, sound: np.ndarray, lengths: list[float], codec: str) -> list[Path]:
    """The sound as a recorder's pieces."""
    made, at = [], 0
    for i, seconds in enumerate(lengths):
        end = at + round(seconds * RATE)
        path = folder / f"{i:03d}.{'wav' if codec.startswith('pcm') else 'flac'}"
        made.append(record(path, audio=Audio(sound[:, at:end], codec)))
        at = end
    return made


def sound_plan(session: Take) -> SoundPlan:
    sound = plan(session.timeline, session.infos).sound
    assert sound
    return sound


def decoded(sound: SoundPlan, made: list[tuple[Piece, EncodedPiece]], path: Path) -> np.ndarray:
    """What a player plays of a film of these pieces. Shape (channels, samples)."""
    with Mp4Writer(path, "write the film", faststart=True, timescale=sound.rate) as writer:
        stream = add_aac(writer, sound)
        for piece, encoded in made:
            for packet in track_packets(sound, piece, encoded, stream):
                writer.write(packet)
    with av.open(str(path)) as film:
        track = film.streams.audio[0]
        assert track.frames == packets_of(sound)
        assert track.duration == sound.samples, "priming and padding are not heard"
    heard, rate = sound_of(path)
    assert rate == sound.rate
    return heard


def never() -> None:
    pass


def encoded(sound: SoundPlan, made: tuple[Piece, ...], folder: Path) -> list[EncodedPiece]:
    files = []
    for i, piece in enumerate(made):
        path = folder / f"piece-{i}.part"
        encode_piece(sound, piece, path, never, lambda _: None)
        files.append(open_piece(path))
    return files


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


@pytest.mark.parametrize("codec", ["pcm_s16le", "flac", "one file"])
def test_joined_pieces_sound_like_one_encode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str
) -> None:
    monkeypatch.setattr(pieces, "PIECE", Fraction(4))
    original = music(37)
    lengths = [37.0] if codec == "one file" else [5.0, 4.5, 3.25, 6.0, 10.0, 8.25]
    files = segments(tmp_path, original, lengths, "pcm_s16le" if codec == "one file" else codec)
    sound = sound_plan(take(None, files))
    made = pieces.pieces(sound)
    assert len(made) >= 6
    assert made[0].first == 0
    assert made[-1].end == packets_of(sound)
    assert all(a.end == b.first for a, b in pairwise(made))
    one = (Piece(0, packets_of(sound), 0),)
    serial = decoded(
        sound, list(zip(one, encoded(sound, one, tmp_path), strict=True)), tmp_path / "1.part"
    )
    joined = decoded(
        sound, list(zip(made, encoded(sound, made, tmp_path), strict=True)), tmp_path / "n.part"
    )
    assert joined.shape == serial.shape
    count = min(original.shape[1], serial.shape[1])
    source, serial, joined = original[:, :count], serial[:, :count], joined[:, :count]
    own = loudness(serial - source)
    assert loudness(joined - serial) <= own, "no further from each other than from the original"
    assert loudness(joined - source) <= own * 1.1
    # At a join the step from sample to sample is no larger than it is for one encoder, and the
    # error no larger than elsewhere.
    for piece in made[1:]:
        here = slice((piece.first - 2) * FRAME, (piece.first + 2) * FRAME)
        assert (
            np.abs(np.diff(joined[0, here])).max() <= np.abs(np.diff(serial[0, here])).max() + 0.02
        )
        windows = np.abs(serial - source)[0, : count // FRAME * FRAME].reshape(-1, FRAME).max(1)
        assert np.abs(joined - source)[0, here].max() <= max(windows.max(), 1e-3)


@pytest.mark.parametrize("ending", ["wav", "mov", "w64"])
def test_the_samples_of_a_stretch_are_those_of_the_whole(tmp_path: Path, ending: str) -> None:
    original = music(8)
    parts = [original[:, :144_000], original[:, 144_000:264_000], original[:, 264_000:]]
    files = [
        record(tmp_path / f"{i}.{ending}", audio=Audio(part, "pcm_s16le"))
        for i, part in enumerate(parts)
    ]
    files.append(record(tmp_path / "x.flac", audio=Audio(noise(2), "flac")))
    sound = sound_plan(take(None, files, [None, None, Fraction(6), Fraction(9)]))
    whole = np.concatenate(list(film_sound(sound, never, SoundFacts())), axis=1)
    for start, end in [(0, 10), (5, 48_000), (140_000, 300_000), (400_000, sound.samples)]:
        part = np.concatenate(list(film_sound(sound, never, SoundFacts(), start, end)), axis=1)
        assert np.array_equal(part, whole[:, start:end])


def test_pieces_stay_the_same_when_more_is_recorded(tmp_path: Path) -> None:
    files = segments(tmp_path, music(100), [10.0] * 10, "pcm_s16le")
    whole, early = take(None, files), take(None, files[:7])
    a, b = sound_plan(whole), sound_plan(early)
    here = {source.path: source for source in whole.sources}
    all_of_it, so_far = pieces.pieces(a), pieces.pieces(b)
    assert len(so_far) == 3
    assert all_of_it[:2] == so_far[:2]
    keys, before = piece_keys(a, all_of_it, here), piece_keys(b, so_far, here)
    assert keys[:2] == before[:2]
    assert len({*keys, *before}) == len(keys) + 1
    os.utime(files[3], ns=(1, 1))
    changed = {s.path: s for s in take(None, files).sources}
    after = piece_keys(a, all_of_it, changed)
    assert [x == y for x, y in zip(keys, after, strict=True)] == [True, False, True, True]


@pytest.fixture
def long(tmp_path: Path) -> Take:
    return take(None, segments(tmp_path, music(150), [30.0] * 5, "pcm_s16le"))


def helped(monkeypatch: pytest.MonkeyPatch, hands: int = 2) -> None:
    monkeypatch.setattr("backend.media.track.helpers", lambda _: hands)


def family() -> list[psutil.Process]:
    """Processes of crews that this one has spawned."""
    found = []
    for child in psutil.Process().children():
        with contextlib.suppress(psutil.NoSuchProcess):  # or it is about to go
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


def until_gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE)
    assert not alive


def test_a_crew_makes_the_very_film_that_one_alone_makes(
    tmp_path: Path, ctx: Ctx, long: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, together = tmp_path / "alone.part", tmp_path / "together.part"
    helped(monkeypatch, 0)
    long.merge(alone, ctx)
    helped(monkeypatch)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    again = Ctx(fresh)
    long.merge(together, again)
    assert alone.read_bytes() == together.read_bytes()
    assert again.kept.keys() == ctx.kept.keys()
    assert family() == []
    for shares in again.done.values():
        assert shares == sorted(shares)


def test_what_was_encoded_is_not_encoded_again(tmp_path: Path, ctx: Ctx, long: Take) -> None:
    def stop_after_two() -> None:
        if ctx.points.count("sound-written") >= 2:  # two may end between two looks
            raise Stopped

    ctx.on_check = stop_after_two
    with pytest.raises(Stopped):
        long.merge(tmp_path / "first.part", ctx)
    first = len(ctx.kept)
    assert first >= 2
    before = {p: (p.stat().st_ino, p.stat().st_mtime_ns) for p in ctx.kept.values()}
    damaged = next(iter(before))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    again = Ctx(ctx.folder, kept=dict(ctx.kept))
    long.merge(tmp_path / "again.part", again)
    whole = len(again.kept)
    written = again.points.count("sound-written")
    assert whole > first and written == whole - first + 1, "all were kept but the damaged one"
    kept = list(before)[1]
    assert (kept.stat().st_ino, kept.stat().st_mtime_ns) == before[kept]


def test_a_crew_leaves_when_the_work_is_cancelled(
    tmp_path: Path, ctx: Ctx, long: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    helped(monkeypatch)
    seen: list[psutil.Process] = []

    def stop() -> None:
        if there := family():
            seen.extend(there)
            raise Stopped

    ctx.on_check = stop
    with pytest.raises(Stopped):
        long.merge(tmp_path / "film.part", ctx)
    assert seen
    assert family() == []


def test_a_source_that_goes_away_is_named_by_the_crew(tmp_path: Path, long: Take) -> None:
    sound = sound_plan(long)
    made = pieces.pieces(sound)
    gone = Path(sound.clips[-2].clip.path)
    gone.unlink()
    tasks = [Task(i, piece, tmp_path / f"{i}.part") for i, piece in enumerate(made)]
    with Crew(sound, tasks, 1) as hands, pytest.raises(FaultError) as raised:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            hands.collect(0.05)
    assert raised.value.fault.category is Category.MISSING
    assert gone.name in raised.value.fault.message
    assert family() == []


def test_a_member_that_crashes_is_told_of(tmp_path: Path, long: Take) -> None:
    sound = sound_plan(long)
    tasks = [Task(i, piece, tmp_path / f"{i}.part") for i, piece in enumerate(pieces.pieces(sound))]
    with Crew(sound, tasks, 1) as hands, pytest.raises(FaultError) as raised:
        (victim,) = family()
        victim.kill()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            hands.collect(0.05)
    assert raised.value.fault.category is Category.CRASH
    assert "SIGKILL" in raised.value.fault.message


_OWNER = """
import pickle, sys, time
from pathlib import Path
from backend.media.crew import Crew, Task
from backend.media.pieces import pieces
if __name__ == "__main__":
    sound = pickle.loads(Path(sys.argv[1]).read_bytes())
    tasks = [Task(i, piece, Path(sys.argv[2]) / f"{i}-{n}.part")
             for n in range(500) for i, piece in enumerate(pieces(sound))]
    with Crew(sound, tasks, 2) as crew:
        while True:
            crew.collect(0.05)
            print(crew.heard, flush=True)
"""


def test_a_crew_leaves_when_its_owner_is_killed(tmp_path: Path, long: Take) -> None:
    import pickle

    script, told = tmp_path / "owner.py", tmp_path / "plan"
    script.write_text(_OWNER)
    told.write_bytes(pickle.dumps(sound_plan(long)))
    owner = subprocess.Popen(
        [sys.executable, script, told, tmp_path],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert owner.stdout
    while int(owner.stdout.readline()) == 0:
        pass
    hands = psutil.Process(owner.pid).children()
    assert len(hands) >= 2
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    until_gone(hands)


def test_no_more_processes_than_cores_and_none_for_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    assert [crew.helpers(s) for s in (0, 30, 100, 10_000)] == [0, 0, 1, 3]
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert crew.helpers(10_000) == 0


def test_a_piece_that_is_cut_short_is_no_piece(tmp_path: Path, ctx: Ctx) -> None:
    session = take(None, segments(tmp_path, music(3), [3.0], "pcm_s16le"))
    sound = sound_plan(session)
    with ExitStack() as stack, Mp4Writer(tmp_path / "f", "write", faststart=True) as writer:
        track = SoundTrack(sound, session.sources, ctx, lambda _: None)
        stream = add_aac(writer, sound)
        for packet in track.packets(stream, stack):
            writer.write(packet)
    (path,) = ctx.kept.values()
    whole = path.read_bytes()
    for broken in (b"", whole[:-1], whole[1:], b"\0" * 100):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match=r"piece|whole"):
            open_piece(path)
