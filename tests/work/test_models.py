"""Models are tried apart: what is not waited for ends, and what crashes costs nothing."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from backend.core.context import Stopped
from backend.core.fault import Category, FaultError
from backend.enrich.catalogue import BUNDLED
from backend.work import models
from backend.work.models import check_model, try_model

MODELS = {model.name: model for model in BUNDLED}


def stop() -> None:
    raise Stopped


def test_a_trial_that_nobody_waits_for_ends_at_once(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        try_model(MODELS["whisper-tiny.en"], tmp_path, stop)
    assert multiprocessing.active_children() == []
    with pytest.raises(Stopped):
        check_model(MODELS["whisper-tiny.en"], tmp_path, check=stop)
    assert list(tmp_path.iterdir()) == []


def test_weights_that_crash_their_process_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "_trial", _die)
    with pytest.raises(FaultError) as refused:
        try_model(MODELS["minilm"], tmp_path, lambda: None)
    assert refused.value.fault.category is Category.MODEL
    assert "MiniLM L6 made the process crash" in refused.value.fault.message


def _die(*_: object) -> None:
    import os

    os.abort()
