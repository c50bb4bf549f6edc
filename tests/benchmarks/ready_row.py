"""Rows ready, ready-aac, join, ready-live, throughput: from a session's files to one that plays."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from backend.client import Address, Client, segment_path
from tests.benchmarks.harness import (
    OUT,
    SHARED,
    Seconds,
    compare,
    ffmpegs,
    input_of,
    peer_python,
    timed,
)

MINUTES = int(os.environ.get("MINUTES", "30"))
BIT_RATE = "96k"
CODER = "fast"
"""FFmpeg's AAC coder, the same on both sides."""
RUSHES = [sys.executable, "-m", "backend"]
ALONE = ["--no-optimise", "--no-enrich"]
"""What follows a film by itself would run for minutes beside the next pair."""
PIECE = 8 << 20
SESSIONS = 10


def session(kind: str) -> Path | None:
    """The session that the recordings' own script builds; `kind`: its segments as m4a or as wav."""
    maker = SHARED / "make_session.py"
    if not maker.exists() or shutil.which("ffmpeg") is None:
        return None
    made = {ending: input_of("session", MINUTES, f"-{ending}") for ending in ("m4a", "wav")}
    marker = input_of("session", MINUTES, ".done")
    if not marker.exists():
        python = peer_python("maker", "numpy", "soundfile")
        whole = input_of("session", MINUTES)
        for folder in (whole, *made.values()):
            shutil.rmtree(folder, ignore_errors=True)
        timed([python, maker, whole, str(MINUTES)])
        for ending, folder in made.items():
            (folder / "audio").mkdir(parents=True)
            shutil.copy(whole / "video.mp4", folder / "video.mp4")
            for piece in sorted((whole / "audio").iterdir()):
                target = folder / "audio" / f"{piece.stem}.{ending}"
                if ending == "m4a":
                    shutil.copy(piece, target)
                else:
                    timed(["ffmpeg", "-v", "error", "-y", "-i", piece, target])
        shutil.rmtree(whole)
        marker.touch()
    return made[kind]


class Backend:
    """A backend over an empty library of its own."""

    def __init__(self, settings: str = "") -> None:
        """`settings`: what is chosen for it, as RUSHES_SETTINGS has it."""
        self.data = OUT / "ready-library"
        shutil.rmtree(self.data, ignore_errors=True)
        command = [*RUSHES, "serve", "--data-dir", str(self.data), "--json"]
        environment = {**os.environ, **({"RUSHES_SETTINGS": settings} if settings else {})}
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        assert self._process.stdout is not None
        self.client = Client(Address.from_dict(json.loads(self._process.stdout.readline())))

    def processor(self) -> float:
        """Seconds that it and the processes it has waited for computed."""
        return sum(psutil.Process(self._process.pid).cpu_times()[:4])

    def films(self) -> list[Path]:
        return sorted(self.data.glob("films/*/*.mp4"))

    def process(self, *folders: Path, asked: Sequence[str] = ()) -> Seconds:
        """A new session of each of these folders, until their films play; `asked`: further words
        of the command."""
        for film in self.films():
            film.unlink()
        arguments = ["--data-dir", str(self.data), "--again", "--wait", "ready", *ALONE, *asked]
        before = self.processor()
        taken = timed([*RUSHES, "process", *arguments, *folders], stderr=subprocess.DEVNULL)
        assert taken.processor is not None
        # The film plays; its process is on its way out, and not counted before. The previews, which
        # have begun, are counted when they end.
        time.sleep(0.3)
        computed = taken.processor + self.processor() - before
        self.rest()
        return Seconds.of(taken, computed)

    def rest(self) -> None:
        """Return when nothing is left to do: previews must not share the machine with a run."""
        quiet, before = 0, self._helping()
        while quiet < 5:
            time.sleep(0.1)
            computed = self._helping()
            quiet = 0 if self._jobs() or computed != before else quiet + 1
            before = computed

    def _jobs(self) -> int:
        counts = self.client.get("/api/queue")["counts"]
        return sum(counts[status] for status in ("pending", "queued", "delayed", "running"))

    def _helping(self) -> float:
        """Seconds that its processes have computed; one that stands ready computes nothing."""
        seconds = 0.0
        for child in self._helpers():
            with contextlib.suppress(psutil.NoSuchProcess):
                seconds += sum(child.cpu_times()[:2])
        return seconds

    def held(self) -> int:
        """Bytes of memory that the processes of its jobs hold."""
        held = 0
        for child in self._helpers():
            with contextlib.suppress(psutil.NoSuchProcess):
                held += child.memory_info().rss
        return held

    def _helpers(self) -> list[psutil.Process]:
        return psutil.Process(self._process.pid).children(recursive=True)

    def close(self) -> None:
        self.client.close()
        self._process.terminate()
        self._process.wait()


@contextmanager
def backend(settings: str = "") -> Iterator[Backend]:
    running = Backend(settings)
    try:
        yield running
    finally:
        running.close()
        os.sync()


def by_ffmpeg(ffmpeg: Path, folder: Path, video: Path | None, codec: str = "aac") -> Seconds:
    """FFmpeg's one command: segments joined and encoded (or copied), picture copied."""
    listing = OUT / "ready.txt"
    pieces = sorted((folder / "audio").iterdir())
    listing.write_text("".join(f"file '{piece}'\n" for piece in pieces))
    encoder = ["-aac_coder", CODER, "-b:a", BIT_RATE] if codec == "aac" else []
    picture = ["-i", str(video), "-map", "1:v", "-c:v", "copy"] if video else []
    return timed(
        [
            *(ffmpeg, "-v", "error", "-nostdin", "-y"),
            *("-f", "concat", "-safe", "0", "-i", listing),
            *picture,
            *("-map", "0:a", "-c:a", codec, *encoder),
            *("-movflags", "+faststart", OUT / "ready-theirs.mp4"),
        ]
    )


def _missing(row: str) -> None:
    print(f"\n{row}: skipped, since there is no ../shared/media/make_session.py or no ffmpeg")


def _ready(row: str, kind: str, codecs: tuple[str, ...] = ("aac",)) -> None:
    folder = session(kind)
    if folder is None:
        _missing(row)
        return
    count = len(list((folder / "audio").iterdir()))
    with backend() as ours:
        for version, ffmpeg in ffmpegs().items():
            for codec in codecs:
                compare(
                    f"{row}: {MINUTES} minutes, {count} {kind} segments",
                    version if codec == "aac" else f"{version}, which copies the sound too",
                    0.5,
                    lambda: ours.process(folder),
                    lambda ffmpeg=ffmpeg, codec=codec: by_ffmpeg(
                        ffmpeg, folder, folder / "video.mp4", codec
                    ),
                )


def ready() -> None:
    _ready("ready", "wav")


def ready_aac() -> None:
    _ready("ready-aac", "m4a", ("aac", "copy"))


def join() -> None:
    folder = session("wav")
    if folder is None:
        _missing("join")
        return
    alone = input_of("session", MINUTES, "-join")
    if not alone.exists():
        shutil.copytree(folder / "audio", alone / "audio")
    with backend() as ours:
        for version, ffmpeg in ffmpegs().items():
            compare(
                f"join: {MINUTES} minutes of WAV segments, no picture",
                version,
                0.5,
                lambda: ours.process(alone),
                lambda ffmpeg=ffmpeg: by_ffmpeg(ffmpeg, alone, None),
            )


def _send(client: Client, number: str, file: Path) -> None:
    total = file.stat().st_size
    with file.open("rb") as source:
        first = 0
        while piece := source.read(PIECE):
            client.put(segment_path(number, file.name), piece, first, total)
            first += len(piece)


def _live(ours: Backend, folder: Path) -> Seconds:
    """A live session: all but its last segment have come in, and the machine has rested, as it does
    between segments of a real one; the last comes, the recorder ends. Seconds from there."""
    client = ours.client
    body = {"live": True, "options": {"optimise": False, "enrich": False}}
    number = str(client.post("/api/sessions", body)["id"])
    pieces = sorted((folder / "audio").iterdir())
    _send(client, number, folder / "video.mp4")
    for piece in pieces[:-1]:
        _send(client, number, piece)
    ours.rest()
    _send(client, number, pieces[-1])
    start = time.perf_counter()
    client.post(f"/api/sessions/{number}/end", {})
    while client.get(f"/api/sessions/{number}")["status"] != "ready":
        time.sleep(0.01)
    taken = Seconds(time.perf_counter() - start)
    ours.rest()
    client.ask("DELETE", f"/api/sessions/{number}")
    return taken


def ready_live() -> None:
    folder = session("wav")
    if folder is None:
        _missing("ready-live")
        return
    with backend() as ours:
        for version, ffmpeg in ffmpegs().items():
            compare(
                f"ready-live: {MINUTES} minutes, from the end on",
                version,
                0.05,
                lambda: _live(ours, folder),
                lambda ffmpeg=ffmpeg: by_ffmpeg(ffmpeg, folder, folder / "video.mp4"),
            )


def throughput() -> None:
    folder = session("wav")
    if folder is None:
        _missing("throughput")
        return
    with backend() as ours:
        ours.process(folder)
        start = time.perf_counter()
        for _ in range(SESSIONS):
            ours.process(folder)
        taken = time.perf_counter() - start
    rate = SESSIONS * 60 / taken
    met = "met" if rate >= 5 else "MISSED"
    print(f"\nthroughput: {SESSIONS} sessions of {MINUTES} minutes again, previews and all")
    print(f"  {taken:.1f} s: {rate:.1f} a minute, goal ≥ 5: {met}")
