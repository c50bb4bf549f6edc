from __future__ import annotations

from datetime import time
from pathlib import Path

import platformdirs
import pytest

from backend.core.job import LIMITS, Lane
from backend.core.notice import Choice, QuietHours
from backend.settings import PREFERENCES, Choices, settings_for


def test_the_owners_library_keeps_its_films_among_the_videos(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("RUSHES_DATA_DIR", raising=False)
    settings = settings_for()
    assert settings.films == Path(platformdirs.user_videos_dir()) / "Rushes"
    # A command hands the folder on to the backend that it starts: it must be the same library.
    assert settings_for(settings.data) == settings


def test_another_library_keeps_everything_inside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RUSHES_DATA_DIR", str(tmp_path / "named"))
    assert settings_for().data == tmp_path / "named"
    settings = settings_for(tmp_path / "given")
    assert settings.data == tmp_path / "given"
    for place in (settings.films, settings.work, settings.live, settings.log, settings.lock):
        assert tmp_path / "given" in place.parents


def test_every_preference_has_a_default_that_parses_and_words() -> None:
    for preference in PREFERENCES.values():
        preference.parse(preference.default)
        assert preference.help.endswith(".")
        with pytest.raises(ValueError, match=r"\w"):
            preference.parse("nonsense \0")


def test_the_environment_counts_before_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSHES_SETTINGS", "enrich=off, bin.days=3,nonsense,what=ever,notify=loud")
    chosen = Choices({"enrich": "on", "bin.days": "9", "merge": "off"})
    assert chosen.session_options.enrich is False
    assert (chosen.bin_days, chosen.merge, chosen.notify) == (3, False, Choice.ALL)


def test_what_is_kept_counts_unless_it_no_longer_parses() -> None:
    assert Choices({}).limits() == dict(LIMITS)
    assert Choices({"limit.enrich": "2"}).limits()[Lane.ENRICH] == 2
    assert Choices({"limit.enrich": "many"}).limits()[Lane.ENRICH] == LIMITS[Lane.ENRICH]
    assert Choices({"bin.days": "0"}).bin_days == 0
    assert Choices({"merge": "off"}).merge is False
    assert Choices({}).notify is Choice.ALL
    assert Choices({"notify": "failures"}).notify is Choice.FAILURES
    assert Choices({}).quiet is None
    assert Choices({"notify.quiet": "late"}).quiet is None
    assert Choices({"notify.quiet": "22:00-07:00"}).quiet == QuietHours(time(22), time(7))
