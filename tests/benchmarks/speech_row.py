"""Row speech: read speech with transcripts, written down by us and by the engine that we use."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

from backend.enrich.catalogue import BUNDLED
from backend.enrich.models import Purpose, choose, folder_of
from tests.benchmarks.harness import OUT, PLACE, SHARED, Seconds, compare, input_of, timed
from tests.enrich.conftest import lines, talk_of, word_errors

MODEL = os.environ.get("MODEL", "whisper-tiny.en")
LINES = int(os.environ.get("LINES", "1000"))
"""Utterances of the shared recordings at most."""
THEIRS = """
import sys
from faster_whisper import WhisperModel
folder, source, target = sys.argv[1:]
model = WhisperModel(folder, device="cpu", compute_type="int8")
segments, _ = model.transcribe(source, beam_size=5, word_timestamps=True, vad_filter=True)
open(target, "w", encoding="utf-8").write(" ".join(segment.text for segment in segments))
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
    if not talk.exists():
        rng = random.Random(1)
        talk_of(talk, said, [rng.uniform(0.5, 2) for _ in said])
    true = " ".join(line.text for line in said)
    minutes = sum(line.seconds for line in said) / 60
    theirs = OUT / "speech.txt"
    compare(
        f"speech: {len(said)} utterances, {minutes:.1f} minutes of speech, {model.title}",
        "faster-whisper itself",
        0.6 if (os.cpu_count() or 1) > 1 else 1.0,
        partial(ours, talk),
        lambda: timed([sys.executable, "-c", THEIRS, folder, talk, theirs]),
        pairs=int(os.environ.get("PAIRS", "3")),
    )
    told = json.loads((OUT / "speech.json").read_text("utf-8"))
    heard = {"ours": told["text"], "faster-whisper": theirs.read_text("utf-8")}
    for name, text in heard.items():
        wrong, words = word_errors(true, text)
        print(f"  {name:15} {wrong} of {words} words wrong: {100 * wrong / words:.1f} %")
