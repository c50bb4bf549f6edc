"""Where a library lives, and what its owner can choose."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from backend.core.flow import ENRICHING
from backend.core.form import OWN, parse_height, parse_rate
from backend.core.job import LIMITS, JobKind, Lane
from backend.core.notice import Choice, QuietHours
from backend.core.preference import (
    Preference,
    parse_choice,
    parse_days,
    parse_endpoint,
    parse_language,
    parse_limit,
    parse_name,
    parse_originals,
    parse_quality,
    parse_quiet,
    parse_speakers,
    parse_switch,
)
from backend.core.session import Originals, Quality, SessionOptions

NAME = "Rushes"


@dataclass(frozen=True, slots=True)
class Settings:
    """The places of one library. Folders are made when the backend starts."""

    data: Path
    """Internals: database, lock, logs, unfinished work. Readable by the owner only."""
    films: Path
    """Finished films, a folder a session: what the owner looks for."""

    @property
    def work(self) -> Path:
        """Checkpoints of long jobs. On the films' disk, so that a finished file moves by rename."""
        return self.films / ".work"

    def free(self) -> int | None:
        """Bytes that are free on the films' disk; None where nobody can tell."""
        try:
            return shutil.disk_usage(self.films if self.films.exists() else self.data).free
        except OSError:
            return None

    @property
    def live(self) -> Path:
        """What recorders have handed over of sessions that are being recorded."""
        return self.data / "live"

    @property
    def sample(self) -> Path:
        """The session that newcomers may try; made when it is first asked for."""
        return self.data / "sample"

    @property
    def renditions(self) -> Path:
        """Films for pages without H.264, in pieces. They are made again when they are gone."""
        return self.data / "renditions"

    @property
    def models(self) -> Path:
        """The list of models that the owner added, how fast models were, and weights that came in
        parts, put together: these are made again when they are gone."""
        return self.data / "models"

    @property
    def heard(self) -> Path:
        """What `rushes transcribe` has understood so far of files that are in no session."""
        return self.data / "heard"

    @property
    def log(self) -> Path:
        return self.data / "rushes.log"

    @property
    def lock(self) -> Path:
        return self.data / "backend.lock"

    @property
    def address(self) -> Path:
        """Port, token and pid of the running backend (0600)."""
        return self.data / "backend.json"

    @property
    def window_lock(self) -> Path:
        return self.data / "window.lock"

    @property
    def window_address(self) -> Path:
        """Port, token and pid of the shell, which shows the window of this library (0600)."""
        return self.data / "window.json"


def settings_for(data: Path | None = None) -> Settings:
    """The library in `data`, else in RUSHES_DATA_DIR, else the user's own.

    The user's own library keeps its films among the user's videos; one that was given a folder
    keeps everything inside it.
    """
    own = Path(platformdirs.user_data_dir(NAME, appauthor=False))
    named = os.environ.get("RUSHES_DATA_DIR")
    chosen = data or (Path(named) if named else own)
    folder = Path(os.path.abspath(chosen.expanduser()))  # noqa: PTH100 - resolve() follows links
    if folder == own:
        return Settings(own, Path(platformdirs.user_videos_dir()) / NAME)
    return Settings(folder, folder / "films")


_STEPS = {
    JobKind.REVIEW: "Write down what is said, too. A summary is made of that.",
    JobKind.CHAPTERS: "Find its chapters, and read the text on its screen, too.",
    JobKind.SUMMARY: "Sum up what is said, too.",
    JobKind.CANVAS: "Draw one page to look at instead of it, too.",
}
"""What each step of an enrichment does, where there is more to say than its name."""

PREFERENCES: Mapping[str, Preference] = {
    p.name: p
    for p in (
        *(
            Preference(
                f"limit.{lane}",
                str(limit),
                f"How many jobs of the {lane} lane run at a time.",
                parse_limit,
            )
            for lane, limit in LIMITS.items()
        ),
        Preference("bin.days", "30", "Days that a deleted session stays in the bin.", parse_days),
        Preference(
            "merge",
            "on",
            "Make one film of each session; off keeps its files as they are.",
            parse_switch,
        ),
        Preference(
            "film.height",
            OWN,
            "Rows of pixels of new films, such as 720, where the recording has more; or own.",
            parse_height,
        ),
        Preference(
            "film.rate",
            OWN,
            "Frames a second of new films: own (each at its own time), constant, or such as 25.",
            parse_rate,
        ),
        Preference(
            "originals",
            str(Originals.KEEP),
            "What becomes of new recordings once everything is made of them: keep, or bin (the"
            " system's).",
            parse_originals,
        ),
        Preference(
            "optimise",
            "on",
            "Make each film smaller in the background, once it plays.",
            parse_switch,
        ),
        Preference(
            "optimise.quality",
            str(Quality.MEDIUM),
            "How good the smaller film looks: low, medium (no loss that one sees), or high.",
            parse_quality,
        ),
        Preference(
            "optimise.hardware",
            "off",
            "Encode it with the graphics processor where that works: faster, but larger films.",
            parse_switch,
        ),
        Preference(
            "enrich",
            "on",
            "Find out what is said in each session, and what it is about, once its film plays.",
            parse_switch,
        ),
        *(
            Preference(
                f"enrich.{step}",
                "on",
                _STEPS.get(step, f"Make the {step} of each session, too."),
                parse_switch,
            )
            for step in ENRICHING
        ),
        Preference(
            "enrich.language",
            "auto",
            "The language that is spoken, such as en or de; auto finds out.",
            parse_language,
        ),
        Preference(
            "enrich.model",
            "auto",
            "The model that listens, by its name in `rushes models`; auto takes the best there is.",
            parse_name,
        ),
        Preference(
            "enrich.meaning",
            "auto",
            "The model that tells what sentences mean, by its name in `rushes models`, or auto.",
            parse_name,
        ),
        Preference(
            "enrich.speakers",
            "off",
            "How many people speak, such as 2; what each of them says is marked. off: not told.",
            parse_speakers,
        ),
        Preference(
            "enrich.endpoint",
            "off",
            "A model on your network that writes the summaries: ADDRESS MODEL, such as"
            " http://localhost:11434 llama3.2; what is said is sent there. off: nothing is sent.",
            parse_endpoint,
        ),
        Preference(
            "notify",
            "all",
            "What your desktop tells you: all (what is ready and what failed), failures, or none.",
            parse_choice,
        ),
        Preference(
            "notify.quiet",
            "off",
            "Hours without notifications, such as 22:00-07:00; what happened is told afterwards.",
            parse_quiet,
        ),
    )
}


FOR_THIS_RUN = "RUSHES_SETTINGS"
"""Variable of the environment with preferences that hold while a process runs, whatever its library
keeps: `enrich=off,notify=none`. For scripts, and for machines that are set up by others."""


def _for_this_run() -> dict[str, str]:
    pairs = (pair.split("=", 1) for pair in os.environ.get(FOR_THIS_RUN, "").split(","))
    named = {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2}
    return {name: value for name, value in named.items() if name in PREFERENCES}


class Choices:
    """The preferences as they stand, typed."""

    def __init__(self, kept: Mapping[str, str]) -> None:
        self._kept = {**kept, **_for_this_run()}

    def text(self, name: str) -> str:
        return self._kept.get(name, PREFERENCES[name].default)

    def value(self, name: str) -> object:
        """The parsed value; the default where what is kept no longer parses."""
        preference = PREFERENCES[name]
        try:
            return preference.parse(self.text(name))
        except ValueError:
            return preference.parse(preference.default)

    def limits(self) -> dict[Lane, int]:
        return {lane: int(str(self.value(f"limit.{lane}"))) for lane in Lane}

    @property
    def bin_days(self) -> int:
        return int(str(self.value("bin.days")))

    @property
    def merge(self) -> bool:
        return bool(self.value("merge"))

    @property
    def session_options(self) -> SessionOptions:
        """What is done with a session unless something else is asked for it."""
        return SessionOptions(
            merge=self.merge,
            optimise=bool(self.value("optimise")),
            enrich=bool(self.value("enrich")),
            without=self.left_out,
            quality=Quality(str(self.value("optimise.quality"))),
            height=parse_height(str(self.value("film.height") or OWN)),
            rate=parse_rate(str(self.value("film.rate") or OWN)),
            originals=self.originals,
        )

    @property
    def left_out(self) -> tuple[JobKind, ...]:
        """Steps of the enrichment that are left out unless they are asked for."""
        return tuple(step for step in ENRICHING if not self.value(f"enrich.{step}"))

    @property
    def language(self) -> str | None:
        """None: to be found out."""
        chosen = str(self.value("enrich.language"))
        return None if chosen == "auto" else chosen

    @property
    def endpoint(self) -> tuple[str, str] | None:
        """Address and name of the model that writes summaries; None: none is asked."""
        value = self.value("enrich.endpoint")
        return (str(value[0]), str(value[1])) if isinstance(value, tuple) else None

    @property
    def speech_model(self) -> str | None:
        """None: the best there is."""
        chosen = self.text("enrich.model")
        return None if chosen == "auto" else chosen

    @property
    def meaning_model(self) -> str | None:
        """As `speech_model`, for what sentences mean."""
        chosen = self.text("enrich.meaning")
        return None if chosen == "auto" else chosen

    @property
    def speakers(self) -> int:
        """How many are told apart; 0: nobody is."""
        return int(str(self.value("enrich.speakers")))

    @property
    def originals(self) -> Originals:
        return Originals(str(self.value("originals")))

    @property
    def hardware(self) -> bool:
        return bool(self.value("optimise.hardware"))

    @property
    def notify(self) -> Choice:
        return Choice(str(self.value("notify")))

    @property
    def quiet(self) -> QuietHours | None:
        value = self.value("notify.quiet")
        return value if isinstance(value, QuietHours) else None
