"""What sentences mean: vectors that lie close where they mean the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from backend.core.fault import Category, FaultError, refuse
from backend.enrich.models import Model, folder_of, loading
from backend.enrich.speeds import remember_speed
from backend.enrich.words import Phrase, Vectors

MEANING_ENGINE = 1
"""Version of how vectors are made; raise it when that changes."""

SIZE = 384
_TOKENS = 256
"""Of a text; what its makers trained it on. The rest of a longer text does not count."""
_BATCH = 32


class Meaning:
    """MiniLM (Wang et al., 2020), as trained for sentences by the makers of Sentence-Transformers:
    the mean of its tokens' vectors, of length 1, so that a dot product is a cosine."""

    def __init__(self, model: Model, cache: Path, check: Callable[[], None] = lambda: None) -> None:
        """Raises FaultError (model) where the files are missing, damaged or cannot be loaded."""
        folder = folder_of(model, cache, check)
        self._check = check
        with loading(model, f"{model.main} or tokenizer.json"):
            import onnxruntime
            from tokenizers import Tokenizer

            options = onnxruntime.SessionOptions()
            options.log_severity_level = 4
            self._session: Any = onnxruntime.InferenceSession(
                str(folder / model.main), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.enable_truncation(_TOKENS)
            self._tokenizer.enable_padding()
            self._inputs = {one.name for one in self._session.get_inputs()}

    def measure(self, cache: Path, model: Model) -> None:
        """Let it work for a moment, and remember how fast it is here.

        Raises FaultError (model) where what it tells is not what sentences are compared by.
        """
        texts = [f"This is sentence {n} of a talk about rivers and bridges." for n in range(_BATCH)]
        try:
            self.vectors(texts[:1])  # the first run prepares the engine
            began = time.monotonic()
            self.vectors(texts)
        except FaultError:
            raise
        except Exception as error:
            raise refuse(
                Category.MODEL,
                f"{model.title} does not tell what sentences mean, or not in {SIZE} numbers each:"
                f" {error}",
                "Choose a model of sentences with that many, such as MiniLM or BGE small.",
            ) from error
        remember_speed(cache, model, len(texts) / max(1e-6, time.monotonic() - began))

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """One vector a text, in their order. Shape (texts, 384).

        A text without a word has one of length 1, too.
        """
        found = np.zeros((len(texts), SIZE), np.float32)
        # Those of like length together: a batch is as long as its longest.
        order = sorted(range(len(texts)), key=lambda n: len(texts[n]))
        for at in range(0, len(order), _BATCH):
            self._check()
            batch = order[at : at + _BATCH]
            found[batch] = self._batch([texts[n] for n in batch])
        return found

    def _batch(self, texts: Sequence[str]) -> Vectors:
        encoded = self._tokenizer.encode_batch(list(texts))
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        fed = {
            "input_ids": np.array([one.ids for one in encoded], np.int64),
            "attention_mask": mask,
            "token_type_ids": np.zeros_like(mask),
        }
        tokens = self._session.run(None, {k: v for k, v in fed.items() if k in self._inputs})[0]
        if tokens.ndim == 3:
            weights = mask[:, :, None].astype(np.float32)
            tokens = (tokens * weights).sum(1) / np.maximum(weights.sum(1), 1)
        lengths = np.linalg.norm(tokens, axis=1, keepdims=True)
        made: Vectors = (tokens / np.maximum(lengths, 1e-9)).astype(np.float32)
        return made


def fitting(phrases: Sequence[Phrase], said: Vectors, meaning: Meaning) -> list[Phrase]:
    """Phrases in order of how much they mark and mean what was said (KeyBERT, Grootendorst,
    2020). `said`: the vectors of the sentences that they stand for."""
    close = meaning.vectors([one.text for one in phrases]) @ said.mean(axis=0)
    weights = np.array([one.weight for one in phrases]) * np.maximum(close, 0)
    return [phrases[n] for n in np.argsort(-weights, kind="stable")]
