"""Text as pixels, in whichever scripts the fonts of this machine know.

Nothing is installed or fetched. The first font of a list that is there is used for everything that
it has signs for, further ones for the rest; without any, the one that comes with Pillow writes
Latin. Letters are shaped and ordered by Raqm (HarfBuzz, FriBidi), which Pillow's wheels carry.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path

from PIL import ImageDraw, ImageFont

_TEXT = (
    ("inter-regular", "inter-semibold"),
    ("segoeui", "seguisb"),
    ("sfns", "sfns"),
    ("helveticaneue", "helveticaneue"),
    ("roboto-regular", "roboto-medium"),
    ("notosans-regular", "notosans-semibold"),
    ("notosans-regular", "notosans-bold"),
    ("cantarell-regular", "cantarell-bold"),
    ("liberationsans-regular", "liberationsans-bold"),
    ("arial", "arialbd"),
    ("dejavusans", "dejavusans-bold"),
)
"""Names of the files of text fonts, regular and strong, the most wanted first."""
_FURTHER = (
    *("dejavusans", "arial unicode", "arialuni", "notosanscjk-regular", "pingfang", "msyh"),
    *("yugothm", "meiryo", "malgun", "hiragino sans gb", "applesdgothicneo", "stheiti light"),
    *("wqy-microhei", "wqy-zenhei", "droidsansfallbackfull", "droidsansfallback"),
    *("notosansarabic-regular", "notosanshebrew-regular", "notosansdevanagari-regular"),
    *("notosansthai-regular", "notosansbengali-regular", "notosanstamil-regular", "nirmala"),
    *("leelawui", "freesans", "gulim", "notosanssymbols2-regular", "seguisym", "unifont"),
)
"""Names of the files of fonts that know further scripts."""
_ENDINGS = (".ttf", ".otf", ".ttc")
_NO_SIGN = "\U0010fffd"
"""Never assigned: a font draws for it what it draws for all that it does not know."""
_MOST_FILES = 20_000

Font = ImageFont.FreeTypeFont


@dataclass(frozen=True, slots=True)
class Style:
    size: int
    """Pixels."""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """Signs that stand beside each other and are drawn with one font."""

    text: str
    font: Font

    @property
    def width(self) -> float:
        return _width(self.font, self.text)


def lines(text: str, style: Style, width: float, most: int) -> list[str]:
    """A text broken into lines of at most `width` pixels; what is behind the last of `most` lines
    is told by an ellipsis. Words that are too long are broken anywhere."""
    found: list[str] = []
    line = ""
    for piece in _pieces(" ".join(text.split())):
        whole = line + piece
        if measure(whole.rstrip(), style) <= width:
            line = whole
            continue
        if line.strip():
            found.append(line.rstrip())
        line = piece.lstrip()
        while line and measure(line.rstrip(), style) > width:
            cut = _fitting(line, style, width)
            found.append(line[:cut])
            line = line[cut:]
        if len(found) > most:
            break
    if line.strip():
        found.append(line.rstrip())
    if len(found) > most:
        found = found[:most]
        last = found[-1]
        while last and measure(last + "…", style) > width:
            last = last[:-1]
        found[-1] = last.rstrip() + "…"
    return found


def measure(text: str, style: Style) -> float:
    """Width of one line in pixels."""
    return sum(run.width for run in _runs(text, style))


def write(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, style: Style, colour: str
) -> float:
    """Draw one line with its baseline at `at`; its width."""
    x, y = at
    runs = _runs(text, style)
    for run in reversed(runs) if runs_leftwards(text) else runs:
        draw.text((x, y), run.text, fill=colour, font=run.font, anchor="ls")
        x += run.width
    return x - at[0]


def runs_leftwards(text: str) -> bool:
    """Whether a text is written from right to left, by its first letter that has a direction."""
    for sign in text:
        direction = unicodedata.bidirectional(sign)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


def _pieces(text: str) -> Iterator[str]:
    """Where a line may end: behind each space, and between signs of scripts without spaces."""
    piece = ""
    for sign in text:
        if _stands_alone(sign):
            if piece:
                yield piece
            piece = ""
            yield sign
        else:
            piece += sign
            if sign == " ":
                yield piece
                piece = ""
    if piece:
        yield piece


def _stands_alone(sign: str) -> bool:
    return unicodedata.east_asian_width(sign) == "W" and unicodedata.category(sign) == "Lo"


def _fitting(text: str, style: Style, width: float) -> int:
    """How many signs fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle], style) <= width:
            low = middle
        else:
            high = middle - 1
    return low


@lru_cache(maxsize=4096)
def _runs(text: str, style: Style) -> list[Run]:
    """What each font draws of a line. Signs that none of them knows are drawn as the first one
    draws the unknown; pictographs that none knows are left out."""
    fonts = _fonts(style)
    chosen: list[tuple[str, Font]] = []
    for sign in text.strip():
        last = chosen[-1][1] if chosen else fonts[0]
        if _leans(sign):
            if (chosen and not (_is_joiner(sign) and not _knows(last, sign))) or sign == " ":
                chosen.append((sign, last))
            continue
        font = next((font for font in (last, *fonts) if _knows(font, sign)), None)
        if font is not None:
            # Back to the first as soon as it will do: letters of one word look alike.
            font = fonts[0] if _knows(fonts[0], sign) and not _leftwards(sign) else font
            chosen.append((sign, font))
        elif unicodedata.category(sign) not in ("So", "Cf", "Co", "Cn"):
            chosen.append((sign, fonts[0]))
    return [
        Run("".join(sign for sign, _ in run), font)
        for font, run in groupby(chosen, key=lambda one: one[1])
    ]


def _leftwards(sign: str) -> bool:
    return unicodedata.bidirectional(sign) in ("R", "AL", "AN")


def _leans(sign: str) -> bool:
    """Whether a sign is drawn with the font of the one before: spaces and combining marks."""
    return sign == " " or unicodedata.category(sign)[0] == "M" or _is_joiner(sign)


def _is_joiner(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf"


@cache
def _fonts(style: Style) -> list[Font]:
    files = _files()
    first = next((pair for pair in _TEXT if all(name in files for name in pair)), None)
    names = [] if first is None else [first[1 if style.strong else 0]]
    found = [_opened(files[name], style.size) for name in (*names, *_FURTHER) if name in files]
    fonts = [font for font in found if font is not None]
    if first is None or not fonts:
        plain = ImageFont.load_default(style.size)
        assert isinstance(plain, ImageFont.FreeTypeFont)
        fonts.insert(0, plain)
    return fonts


def _opened(path: Path, size: int) -> Font | None:
    try:
        return ImageFont.truetype(str(path), size)
    except (OSError, ValueError):
        return None


@cache
def _files() -> dict[str, Path]:
    """The font files of this machine, by their names without ending, in lower case."""
    found: dict[str, Path] = {}
    seen = 0
    for folder in _folders():
        for place, _, names in os.walk(folder):
            for name in names:
                seen += 1
                path = Path(place) / name
                if path.suffix.lower() in _ENDINGS:
                    found.setdefault(path.stem.lower(), path)
            if seen > _MOST_FILES:
                return found
    return found


def _folders() -> list[Path]:
    home = Path.home()
    if sys.platform == "win32":
        own = Path(os.environ.get("LOCALAPPDATA", home)) / "Microsoft" / "Windows" / "Fonts"
        return [Path(os.environ.get("WINDIR", "C:/Windows")) / "Fonts", own]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    shared = os.environ.get("XDG_DATA_DIRS", "/usr/local/share:/usr/share").split(":")
    own = [home / ".local" / "share" / "fonts", home / ".fonts"]
    return [*own, *(Path(folder) / "fonts" for folder in shared if folder)]


@lru_cache(maxsize=65536)
def _knows(font: Font, sign: str) -> bool:
    """Whether a font has a sign: it is not drawn as the unknown one is."""
    mask, unknown = font.getmask(sign), font.getmask(_NO_SIGN)
    return mask.size != unknown.size or bytes(mask) != bytes(unknown)


@lru_cache(maxsize=65536)
def _width(font: Font, text: str) -> float:
    return font.getlength(text)
