"""What enrichment is tested with: the models that the extras bring, and real speech."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from backend.enrich.catalogue import BUNDLED
from backend.enrich.models import Model, Purpose, choose
from tests.media.conftest import ctx, shared
from tests.media.studio import Audio, record

__all__ = ["cache", "ctx", "model", "shared"]

RATE = 16_000


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where weights that come in parts are joined, once for all tests."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def model() -> Model:
    """The smallest model of speech."""
    chosen = choose(Purpose.SPEECH, BUNDLED, "whisper-tiny.en")
    assert chosen is not None, "the speech extra is not installed"
    return chosen


@dataclass(frozen=True)
class Line:
    """An utterance of the shared recordings: its sound, and what is said."""

    samples: np.ndarray
    text: str

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


def lines(shared: Path, count: int, skip: int = 0) -> list[Line]:
    """Utterances with their transcripts, in the order of their names."""
    rows = [row.split("\t") for row in (shared / "MANIFEST.tsv").read_text("utf-8").splitlines()]
    spoken = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
    texts = dict(zip(spoken["file"], spoken["transcript"], strict=True))
    names = sorted(name for name in texts if name.startswith("speech/libri_test_other/"))
    return [Line(samples_of(shared / name), texts[name]) for name in names[skip : skip + count]]


def samples_of(path: Path) -> np.ndarray:
    """A file's sound at 16 kHz. Shape (samples,)."""
    resampler = av.AudioResampler("fltp", "mono", RATE)
    with av.open(str(path)) as container:
        frames = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
    return np.concatenate([frame.to_ndarray()[0] for frame in frames])


def talk_of(
    path: Path, said: Sequence[Line], pauses: Sequence[float]
) -> list[tuple[Fraction, Fraction]]:
    """Write a recording of utterances, each behind a pause of so many seconds, over faint noise.

    Returns when each begins and ends.
    """
    noise = np.random.default_rng(1)
    parts, spans, at = [], [], 0
    for line, pause in zip(said, pauses, strict=True):
        parts += [np.zeros(int(pause * RATE), np.float32), line.samples]
        at += int(pause * RATE)
        spans.append((Fraction(at, RATE), Fraction(at + len(line.samples), RATE)))
        at += len(line.samples)
    parts.append(np.zeros(RATE, np.float32))
    sound = np.concatenate(parts)
    sound = sound + noise.normal(0, 1e-4, len(sound)).astype(np.float32)
    record(path, audio=Audio(sound[None].astype(np.float32), rate=RATE, codec="flac", format="s16"))
    return spans


def word_errors(true: str, heard: str) -> tuple[int, int]:
    """Words that must be put in, left out or changed to get from one to the other, and how many
    there truly are (Levenshtein over words, without case and punctuation)."""
    a, b = _plain(true), _plain(heard)
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1], len(a)


_SPELT = {"mr": "mister", "mrs": "missus", "dr": "doctor"}


def _plain(text: str) -> list[str]:
    letters = "".join(c if c.isalnum() or c == "'" else " " for c in text.casefold())
    return [_SPELT.get(word, word) for word in letters.split()]
