"""Row speech: read speech with transcripts, written down by us and by the engine that we use."""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from backend.enrich.catalogue import BUNDLED
from backend.enrich.models import Purpose, choose, folder_of
from tests.benchmarks.harness import OUT, PLACE, SHARED, Seconds, compare, input_of, timed
from tests.enrich.conftest import RATE, Line, lines, talk_of, word_errors

MODEL = os.environ.get("MODEL", "whisper-tiny.en")
LINES = int(os.environ.get("LINES", "1000"))
"""Utterances of the shared recordings at most."""
THEIRS = """
import json, sys
from faster_whisper import WhisperModel
folder, source, target = sys.argv[1:]
model = WhisperModel(folder, device="cpu", compute_type="int8")
segments, _ = model.transcribe(source, beam_size=5, word_timestamps=True, vad_filter=True)
found = list(segments)
words = [[word.start, word.end] for segment in found for word in segment.words]
told = {"text": " ".join(segment.text for segment in found), "words": words}
open(target, "w", encoding="utf-8").write(json.dumps(told))
"""
"""As the engine's own instructions have it, with its own filter for silence."""


def ours(talk: Path) -> Seconds:
    """In a library without what an earlier run understood."""
    data, target = OUT / "speech-library", OUT / "speech.json"
    shutil.rmtree(data, ignore_errors=True)
    (data / "models").mkdir(parents=True)
    models = PLACE / "models"
    if models.exists():  # put together once, as on anybody's machine
        shutil.copytree(models, data / "models", dirs_exist_ok=True)
    return timed(
        [
            *(sys.executable, "-m", "backend", "transcribe", talk, "--data-dir", data),
            *("--model", MODEL, "-o", target, "--force"),
        ],
        stderr=subprocess.DEVNULL,
    )


def run() -> None:
    model = choose(Purpose.SPEECH, BUNDLED, MODEL)
    if model is None or not (SHARED / "speech").exists():
        print("\nspeech: skipped, since there is no model of speech or no ../shared/media/speech")
        return
    folder = folder_of(model, PLACE / "models")
    said = lines(SHARED, LINES)
    talk = input_of("speech", len(said), ".flac")
    rng = random.Random(1)
    spans = talk_of(talk, said, [rng.uniform(0.5, 2) for _ in said])
    begun = [float(start) + onset(line) for (start, _), line in zip(spans, said, strict=True)]
    true = " ".join(line.text for line in said)
    minutes = sum(line.seconds for line in said) / 60
    theirs = OUT / "theirs.json"
    compare(
        f"speech: {len(said)} utterances, {minutes:.1f} minutes of speech, {model.title}",
        "faster-whisper itself",
        0.6 if (os.cpu_count() or 1) > 1 else 1.0,
        partial(ours, talk),
        lambda: timed([sys.executable, "-c", THEIRS, folder, talk, theirs]),
    )
    ours_told = json.loads((OUT / "speech.json").read_text("utf-8"))
    ours_told["words"] = [
        [word["start"], word["end"]] for one in ours_told["segments"] for word in one["words"]
    ]
    theirs_told = json.loads(theirs.read_text("utf-8"))
    for name, told in (("ours", ours_told), ("faster-whisper", theirs_told)):
        wrong, words = word_errors(true, told["text"])
        early = [abs(first_word(told["words"], time) - time) for time in begun]
        print(f"  {name:15} {wrong} of {words} words wrong: {100 * wrong / words:.1f} %,", end="")
        print(f" first words {1000 * statistics.median(early):.0f} ms off in the median")


def onset(line: Line) -> float:
    """Seconds of an utterance until somebody speaks: 10 ms within 20 dB of its loudest."""
    step = RATE // 100
    frames = line.samples[: len(line.samples) // step * step].reshape(-1, step)
    levels = np.sqrt((frames**2).mean(axis=1))
    return float(np.argmax(levels > levels.max() * 10 ** (-20 / 20))) / 100


def first_word(words: Sequence[Sequence[float]], time: float) -> float:
    """When the first word begins that ends after `time`."""
    return next((start for start, end in words if end > time), float("inf"))
