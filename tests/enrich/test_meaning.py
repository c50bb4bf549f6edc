"""Sentences that mean the same lie close, whatever words they use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from backend.enrich.catalogue import BUNDLED
from backend.enrich.meaning import SIZE, Meaning
from backend.enrich.models import Purpose, choose


@pytest.fixture(scope="module")
def meaning(cache: Path) -> Meaning:
    chosen = choose(Purpose.MEANING, BUNDLED)
    assert chosen is not None, "the meaning extra is not installed"
    return Meaning(chosen, cache)


def test_the_same_thing_in_other_words_lies_closest(meaning: Meaning) -> None:
    said = [
        "We are running out of money.",
        "The server crashed last night.",
        "Our new colleague starts on Monday.",
        "Please send me the slides.",
    ]
    meant = [
        "The budget is nearly used up.",
        "The machine went down yesterday evening.",
        "Somebody joins the team next week.",
        "Could you mail the presentation to me?",
    ]
    close = meaning.vectors(said) @ meaning.vectors(meant).T
    assert close.argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_a_text_has_its_vector_whatever_stands_beside_it(meaning: Meaning) -> None:
    texts = ["", "short", "a sentence of some more words, with a comma", "word " * 600] * 12
    together = meaning.vectors(texts)
    assert together.shape == (48, SIZE)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-4)
    alone = np.concatenate([meaning.vectors([text]) for text in texts[:4]])
    # Weights of eight bits round by the batch.
    assert (np.sum(together[:4] * alone, axis=1) > 0.97).all()
    assert meaning.vectors([]).shape == (0, SIZE)
