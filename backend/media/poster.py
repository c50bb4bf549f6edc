"""A canvas as one picture (PNG), laid out as its page is."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from PIL import Image, ImageDraw, ImageOps

from backend.core.canvas import TURNING, Canvas, Shot, is_speech
from backend.core.canvas_html import abreast, beside, day, maker, numbers
from backend.core.chapter import Chapter, clock_title
from backend.media.typeface import Style, lines, measure, runs_leftwards, write

WIDTH = 1200
"""Units of the layout; each is `SCALE` pixels."""
SCALE = 1.5
_MARGIN, _GAP = 64, 20
_MOST_CARDS, _MOST_ROWS = 60, 40
"""Chapters, and rows of a list, that are drawn; how many more there are is said."""


@dataclass(frozen=True, slots=True)
class Colours:
    surface: str
    sunk: str
    line: str
    ink: str
    ink_2: str
    ink_3: str
    wave: str
    speech: str


LIGHT = Colours(
    "#ffffff", "#e8e8e8", "#dcdcdc", "#171717", "#474747", "#5f5f5f", "#b4b4b4", "#3d3d3d"
)
DARK = Colours(
    "#1b1b1b", "#0c0c0c", "#2d2d2d", "#ededed", "#b8b8b8", "#9c9c9c", "#4c4c4c", "#c4c4c4"
)


def poster(canvas: Canvas, pictures: Mapping[str, bytes], colours: Colours = LIGHT) -> bytes:
    """The PNG. `pictures` are JPEGs by the keys of the shots; what is missing is left out."""
    opened = {key: image for key, data in pictures.items() if (image := _opened(data)) is not None}
    height = _Sheet(canvas, opened, colours, Image.new("RGB", (1, 1))).draw()
    image = Image.new("RGB", (round(WIDTH * SCALE), round(height * SCALE)), colours.surface)
    _Sheet(canvas, opened, colours, image).draw()
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def _opened(data: bytes) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError):
        return None


class _Sheet:
    """One pass over the page, from its top to its end. Numbers are units of the layout."""

    def __init__(
        self,
        canvas: Canvas,
        pictures: Mapping[str, Image.Image],
        colours: Colours,
        image: Image.Image,
    ) -> None:
        self._canvas, self._pictures, self._c, self._image = canvas, pictures, colours, image
        self._pen = ImageDraw.Draw(image)
        self._y = float(_MARGIN - 12)

    def draw(self) -> float:
        """Draw it all; the height."""
        canvas, wide = self._canvas, WIDTH - 2 * _MARGIN
        self._text(day(canvas.recorded), 13, 20, self._c.ink_3)
        self._text(canvas.title or "Untitled", 32, 42, self._c.ink, strong=True, most=3)
        self._text(canvas.about, 18, 28, self._c.ink_2, most=2)
        self._figures()
        self._y += 28
        self._line(wide)
        if canvas.abstract:
            self._y += 24
            self._text(canvas.abstract, 17, 28, self._c.ink, wide=820, most=12)
        self._cards(wide)
        self._columns(wide)
        self._foot(wide)
        return self._y + 36

    def _text(
        self,
        text: str,
        size: int,
        leading: int,
        colour: str,
        *,
        x: float = _MARGIN,
        wide: float = WIDTH - 2 * _MARGIN,
        strong: bool = False,
        most: int = 1,
    ) -> None:
        """Lines from `y` on, which moves below them."""
        style = Style(round(size * SCALE), strong)
        for line in lines(text.translate(TURNING), style, wide * SCALE, most):
            left = x * SCALE
            if runs_leftwards(line):
                left += wide * SCALE - measure(line, style)
            base = self._y + leading / 2 + size * 0.36
            write(self._pen, (left, base * SCALE), line, style, colour)
            self._y += leading

    def _box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        right, low = (x + width) * SCALE - 1, (y + height) * SCALE - 1
        self._pen.rectangle(
            (x * SCALE, y * SCALE, max(x * SCALE, right), max(y * SCALE, low)), fill=colour
        )

    def _figures(self) -> None:
        self._y += 20
        x, top = float(_MARGIN), self._y
        for name, value in numbers(self._canvas):
            value_style, name_style = Style(round(20 * SCALE), True), Style(round(12 * SCALE))
            width = max(measure(value, value_style), measure(name, name_style)) / SCALE
            if x + width > WIDTH - _MARGIN:
                x, top = float(_MARGIN), top + 52
            self._y = top
            self._text(value, 20, 28, self._c.ink, x=x, wide=width + 1, strong=True)
            self._text(name, 12, 16, self._c.ink_3, x=x, wide=width + 1)
            x += width + 36
        self._y = top + 44

    def _line(self, wide: float) -> None:
        canvas = self._canvas
        if canvas.wave:
            self._wave(wide)
        if len(canvas.chapters) > 1:
            self._parts(wide)
        if canvas.wave or len(canvas.chapters) > 1:
            top, end = self._y, clock_title(canvas.duration)
            self._text("0:00", 12, 16, self._c.ink_3)
            width = measure(end, Style(round(12 * SCALE))) / SCALE
            self._y = top
            self._text(end, 12, 16, self._c.ink_3, x=WIDTH - _MARGIN - width, wide=width + 1)
            if canvas.wave and canvas.speech:
                self._y = top
                self._key(wide)

    def _key(self, wide: float) -> None:
        x, top = _MARGIN + wide / 2 - 90, self._y
        for name, colour in (("speech", self._c.speech), ("other sound", self._c.wave)):
            self._box(x, top + 3, 10, 10, colour)
            self._y = top
            self._text(name, 12, 16, self._c.ink_3, x=x + 15, wide=100)
            x += 80

    def _wave(self, wide: float) -> None:
        canvas, high = self._canvas, 88
        step = wide / len(canvas.wave)
        for n, column in enumerate(canvas.wave):
            tall = max(1.0, high * column / 100)
            colour = self._c.speech if is_speech(canvas, n) else self._c.wave
            x, y = _MARGIN + n * step, self._y + (high - tall) / 2
            self._box(x, y, step * 0.7, tall, colour)
        self._y += high + 4

    def _parts(self, wide: float) -> None:
        canvas, top = self._canvas, self._y
        for n, one in enumerate(canvas.chapters, 1):
            x = _MARGIN + wide * float(one.start / canvas.duration)
            width = max(1.0, wide * float((one.end - one.start) / canvas.duration) - 2)
            self._box(x, top, width, 3, self._c.speech)
            number = Style(round(12 * SCALE), True)
            taken = measure(str(n), number) / SCALE + 5
            if width < taken + 6:
                continue
            self._y = top + 6
            self._text(str(n), 12, 18, self._c.ink, x=x, wide=taken, strong=True)
            if width > taken + 40:
                self._y = top + 6
                self._text(one.title, 12, 18, self._c.ink_2, x=x + taken, wide=width - taken - 6)
        self._y = top + 27

    def _heading(self, text: str, x: float = _MARGIN) -> None:
        self._text(text, 13, 20, self._c.ink_3, x=x, strong=True)
        self._y += 12

    def _cards(self, wide: float) -> None:
        canvas = self._canvas
        shots = [shot for shot in canvas.shots if shot.key in self._pictures]
        cards: list[tuple[int, Chapter | None, Sequence[Shot]]]
        if len(canvas.chapters) > 1:
            cards = [
                (n, one, [shot for shot in shots if one.start <= shot.at < one.end])
                for n, one in enumerate(canvas.chapters, 1)
            ]
        else:
            cards = [(n, None, [shot]) for n, shot in enumerate(shots, 1)]
        if not cards:
            return
        self._y += 32
        self._heading("Chapters" if len(canvas.chapters) > 1 else "Pictures")
        across = abreast(len(cards))
        width = (wide - _GAP * (across - 1)) / across
        shown, rest = cards[:_MOST_CARDS], len(cards) - _MOST_CARDS
        for row in range(0, len(shown), across):
            top = low = self._y
            for place, card in enumerate(shown[row : row + across]):
                self._y = top
                self._card(_MARGIN + place * (width + _GAP), width, *card)
                low = max(low, self._y)
            self._y = low + 24
        self._y -= 24
        if rest > 0:
            self._text(f"and {rest} more", 13, 24, self._c.ink_3)

    def _card(
        self, x: float, width: float, n: int, chapter: Chapter | None, shots: Sequence[Shot]
    ) -> None:
        if shots:
            self._shot(x, self._y, width, shots[0])
            self._y += width * 9 / 16
        small = (width - 6) / 2
        for place, shot in enumerate(shots[1:3]):
            self._shot(x + place * (small + 6), self._y + 6, small, shot)
        if shots[1:]:
            self._y += small * 9 / 16 + 6
        if chapter is not None:
            self._y += 8
            span = f"{n} · {clock_title(chapter.start)} – {clock_title(chapter.end)}"
            self._text(span, 12, 16, self._c.ink_3, x=x, wide=width)
            self._text(chapter.title, 15, 20, self._c.ink, x=x, wide=width, strong=True, most=3)

    def _shot(self, x: float, y: float, width: float, shot: Shot) -> None:
        box = (round(width * SCALE), round(width * SCALE * 9 / 16))
        left, top = round(x * SCALE), round(y * SCALE)
        corner = (left + box[0] - 1, top + box[1] - 1)
        self._pen.rectangle((left, top, *corner), fill=self._c.sunk)
        picture = ImageOps.contain(self._pictures[shot.key], box, Image.Resampling.LANCZOS)
        place = (left + (box[0] - picture.width) // 2, top + (box[1] - picture.height) // 2)
        self._image.paste(picture, place)
        self._pen.rectangle((left, top, *corner), outline=self._c.line)
        at, style = clock_title(shot.at), Style(round(11 * SCALE))
        long = measure(at, style) / SCALE + 12
        right, low = x + width - 6, y + width * 9 / 16 - 6
        corners = [(right - long) * SCALE, (low - 18) * SCALE, right * SCALE, low * SCALE]
        self._pen.rounded_rectangle(corners, 4 * SCALE, fill="#333333")
        write(self._pen, ((right - long + 6) * SCALE, (low - 5) * SCALE), at, style, "#ffffff")

    def _columns(self, wide: float) -> None:
        canvas, half = self._canvas, (wide - 48) / 2
        points = [(one.at, one.text, "") for one in canvas.points]
        actions = [(one.at, one.text, beside((one.who, one.when))) for one in canvas.actions]
        top = self._y
        self._list("Key points", points, _MARGIN, half)
        low, self._y = self._y, top
        right = _MARGIN + half + 48
        self._list("To do", actions, right, half)
        self._quotes(right, half)
        self._y = max(low, self._y)

    def _list(
        self, heading: str, rows: Sequence[tuple[Fraction, str, str]], x: float, width: float
    ) -> None:
        if not rows:
            return
        self._y += 32
        self._heading(heading, x)
        for at, text, more in rows[:_MOST_ROWS]:
            self._box(x, self._y, width, 1, self._c.line)
            self._y += 8
            top = self._y
            self._text(clock_title(at), 12, 24, self._c.ink_3, x=x, wide=52)
            self._y = top
            self._text(text, 15, 24, self._c.ink, x=x + 56, wide=width - 56, most=8)
            self._text(more, 13, 20, self._c.ink_3, x=x + 56, wide=width - 56)
            self._y += 7
        if len(rows) > _MOST_ROWS:
            self._text(f"and {len(rows) - _MOST_ROWS} more", 13, 24, self._c.ink_3, x=x)

    def _quotes(self, x: float, width: float) -> None:
        if not self._canvas.quotes:
            return
        self._y += 32
        self._heading("In their words", x)
        for one in self._canvas.quotes:
            top = self._y
            self._y += 10
            self._text(f"“{one.text}”", 16, 26, self._c.ink, x=x + 19, wide=width - 19, most=8)
            said = f"{clock_title(one.at)}{f' · {one.who}' if one.who else ''}"
            self._text(said, 13, 20, self._c.ink_3, x=x + 19, wide=width - 19)
            self._y += 10
            self._box(x, top, 3, self._y - top, self._c.line)
            self._y += 12

    def _foot(self, wide: float) -> None:
        self._y += 36
        self._box(_MARGIN, self._y, wide, 1, self._c.line)
        self._y += 16
        for note in (*self._canvas.notes, maker(self._canvas)):
            self._text(note, 12, 18, self._c.ink_3, most=3)
