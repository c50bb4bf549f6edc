"""A film becomes a smaller film that looks the same, or stays as it is.

The sound is copied, the picture encoded again (`shrink`). Before that a few places tell what is
shown and whether there is anything to gain; after it a few places of the result are compared with
the film. What would be hardly smaller, or visibly worse, is thrown away: the film is the best one
there is then, and that is what the owner is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from statistics import fmean

from backend.core.chapter import Chapter
from backend.core.context import Context
from backend.core.progress import Stage
from backend.core.session import Quality
from backend.media import hardware
from backend.media.film import Damaged, Film, read_film
from backend.media.glance import GLANCE, compared, look, places, weighed
from backend.media.quality import TARGETS, Target
from backend.media.rewrite import rewrite
from backend.media.shrink import STAGE, Larger, Made, Shrinker, Worse
from backend.media.source import identify, require_unchanged
from backend.media.verify import FilmFacts, Spoiled, verify

OPTIMISE_ENGINE = 1
"""Version of what `optimise` makes; raise it when that changes."""

GAIN = Fraction(1, 10)
"""Share of a film that must be expected to go, or it is not encoded at all."""
LARGEST = Fraction(95, 100)
"""Share of the film's size that the result may have."""

_HARDLY = "encoded again, it came out hardly smaller"
_MARGIN = 0.01
"""Of SSIM, by which these places may be below the floor: each chunk was held against it already,
at other places. What this look finds is a film that was put together wrongly."""
_TELLING = 16 * GLANCE
"""Seconds of a film from which on a few glances tell how small it would get: each begins with a
frame of its own, which weighs more in less."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a film."""

    smaller: bool
    """Whether a smaller one was written."""
    said: str
    """That in words for its owner."""
    facts: dict[str, object] = field(default_factory=dict)
    """JSON values: sizes in bytes, SSIM, settings."""
    film: dict[str, object] = field(default_factory=dict)
    """What of the film's own facts is other than it was: size and number of frames."""


class _Kept(Exception):
    """The film stays as it is. Says why, as the end of a sentence."""


def optimise(
    path: Path,
    key: str,
    output: Path,
    ctx: Context,
    quality: Quality = Quality.MEDIUM,
    *,
    use_hardware: bool = False,
    chapters: Sequence[Chapter] | None = None,
) -> Outcome:
    """Write a smaller version of the film at `path` to `output`, verified and on the disk.

    `key` is the film's artifact; `chapters` None: those that it has. Raises FaultError or
    `Stopped`; an unfinished `output` is left to the caller, and so is one that is not wanted in
    the end.
    """
    ctx.plan(_stages())
    source = identify(path)
    facts: dict[str, object] = {"quality": str(quality), "size_before": source.size}
    try:
        film = read_film(path, ctx)
        if film is None:
            raise _Kept("it has no picture that could get smaller")
        smaller = _Smaller(film, key, output, ctx, quality, facts, chapters)
        written = smaller.make(use_hardware)
    except _Kept as kept:
        return Outcome(False, f"Your film stays as it is: {kept}.", facts)
    except Larger:
        return Outcome(False, f"Your film stays as it is: {_HARDLY}.", facts)
    except Worse:
        return Outcome(False, "Your film stays as it is: smaller, it would look worse.", facts)
    except Damaged:
        said = "Your film stays as it is: parts of its picture are damaged."
        return Outcome(False, said, facts)
    finally:
        require_unchanged(source)
    gone = 1 - output.stat().st_size / source.size
    said = f"Your film is {gone * 100:.0f} % smaller."
    return Outcome(True, said, facts, {"size": written.size, "frames": written.frames})


def _stages() -> list[Stage]:
    return [
        Stage("looking", "Looking at the picture", 0.05),
        Stage(STAGE, "Shrinking", 0.86),
        Stage("film", "Writing the smaller film", 0.04),
        Stage("comparing", "Comparing it with the film", 0.03),
        Stage("checking", "Checking the smaller film", 0.02),
    ]


class _Smaller:
    """One film on its way to a smaller one."""

    def __init__(
        self,
        film: Film,
        key: str,
        output: Path,
        ctx: Context,
        quality: Quality,
        facts: dict[str, object],
        chapters: Sequence[Chapter] | None,
    ) -> None:
        self._chapters = chapters
        self._film, self._key, self._output = film, key, output
        self._ctx, self._quality, self._facts = ctx, quality, facts

    def make(self, use_hardware: bool) -> FilmFacts:
        looked = look(self._film, self._ctx)
        target = TARGETS[self._quality, looked.material]
        self._facts |= {
            "material": str(looked.material),
            "repeated_share": round(looked.repeated, 4),
            "flat_share": round(looked.flat, 4),
        }
        if self._film.seconds(self._film.end - self._film.start) >= _TELLING:
            self._require_gain(target)
        self._ctx.progress("looking", 1.0)
        chunks = self._shrunk(target, use_hardware)
        expected = rewrite(self._film, chunks, self._output, self._ctx, self._chapters)
        self._ctx.reach("smaller-film-written")
        size = self._output.stat().st_size
        self._facts["size"] = size
        if size > self._film.size * LARGEST:
            raise _Kept(_HARDLY)
        self._compare(target)
        return verify(self._output, expected, self._ctx)

    def _require_gain(self, target: Target) -> None:
        """Encode a few glances, and see what they weigh against what they weigh now."""
        now = then = 0
        glances = places(self._film)
        for number, (start, end) in enumerate(glances):
            now += self._film.weight(start, end)
            then += weighed(self._film, start, end, target, self._ctx.check)
            self._ctx.progress("looking", 0.5 + 0.5 * (number + 1) / len(glances))
        share = self._film.picture_size / self._film.size
        gain = share * (1 - then / max(now, 1))
        self._facts["expected_gain"] = round(gain, 4)
        if gain < GAIN:
            raise _Kept("it is about as small as it can be without looking worse")

    def _shrunk(self, target: Target, use_hardware: bool) -> list[Made]:
        encoder = hardware.usable() if use_hardware else None
        if encoder is not None:
            try:
                return self._chunks(target, encoder)
            except hardware.LeftAlone as left:
                self._facts["hardware_left"] = str(left)
        return self._chunks(target, hardware.SOFTWARE)

    def _chunks(self, target: Target, encoder: hardware.Encoder) -> list[Made]:
        shrinker = Shrinker(self._film, self._key, target, self._ctx, encoder)
        chunks = shrinker.run()
        met = shrinker.facts
        self._facts |= {
            "encoder": encoder.codec,
            "preset": target.preset,
            "crf": target.crf,
            "chunks": len(chunks),
            "bettered": met.bettered,
            "repeated": met.repeated,
        }
        return chunks

    def _compare(self, target: Target) -> None:
        """Hold some places of the result against the film; its times are looked at with it."""
        result = read_film(self._output, self._ctx)
        if result is None:
            raise Spoiled("it has no picture")
        figures: list[float] = []
        glances = places(self._film)
        for number, (start, end) in enumerate(glances):
            figures += compared(self._film, result, start, end, self._ctx.check)
            self._ctx.progress("comparing", (number + 1) / len(glances))
        self._facts |= {
            "ssim": round(fmean(figures), 5),
            "ssim_lowest": round(min(figures), 5),
            "floor": target.floor,
        }
        if fmean(figures) < target.floor - _MARGIN:
            raise Worse(f"{fmean(figures):.4f}")
