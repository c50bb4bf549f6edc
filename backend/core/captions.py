"""A transcript as other programs take it: captions (SRT, WebVTT), text, Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from backend.core.time import stamp, timecode
from backend.core.transcript import Transcript, Utterance, Word

LINE = 42
"""Characters of a line of captions, as broadcasters have it."""
LINES = 2
LONGEST = Fraction(7)
"""Seconds that a caption stands."""
SHORTEST = Fraction(1)
"""Seconds that one stands at least, where the next leaves it the time."""
_PARAGRAPH = Fraction(2)
"""Seconds of silence after which a paragraph begins."""


@dataclass(frozen=True, slots=True)
class Cue:
    start: Fraction
    end: Fraction
    lines: tuple[str, ...]
    speaker: str | None = None


def cues(transcript: Transcript, line: int = LINE, named: bool = False) -> tuple[Cue, ...]:
    """Captions of at most two lines of `line` characters; one longer word stands alone.

    They break where a sentence does, and stay within what is said. `named`: the lines begin with
    the speaker where that is another one than before.
    """
    found: list[Cue] = []
    speaker: str | None = None
    for one in transcript.utterances:
        found += _cues(one, line, one.speaker if named and one.speaker != speaker else None)
        speaker = one.speaker
    held = []
    for n, cue in enumerate(found):
        free = found[n + 1].start if n + 1 < len(found) else cue.end + SHORTEST
        held.append(replace(cue, end=max(cue.end, min(free, cue.start + SHORTEST))))
    return tuple(held)


def srt(transcript: Transcript, line: int = LINE) -> str:
    """SubRip; a speaker is named in the first lines of a turn."""
    return "\n".join(
        f"{n}\n{_comma(cue.start)} --> {_comma(cue.end)}\n" + "\n".join(cue.lines) + "\n"
        for n, cue in enumerate(cues(transcript, line, named=True), 1)
    )


def vtt(transcript: Transcript, line: int = LINE) -> str:
    """WebVTT, with the voice of each cue; what would be taken for markup is written as text."""
    return "WEBVTT\n" + "".join(
        f"\n{stamp(cue.start)} --> {stamp(cue.end)}\n"
        + (f"<v {_plain(cue.speaker)}>" if cue.speaker else "")
        + "".join(f"{_plain(text)}\n" for text in cue.lines)
        for cue in cues(transcript, line)
    )


def text(transcript: Transcript, line: int = 0) -> str:
    """Paragraphs, each with its speaker, wrapped at `line` characters where that is not 0."""
    return "\n\n".join(
        "\n".join(_wrapped(_named(paragraph), line or 1 << 30))
        for paragraph in paragraphs(transcript)
    ) + ("\n" if transcript.utterances else "")


def markdown(transcript: Transcript, line: int = 0, title: str = "Transcript") -> str:
    """A heading, and each paragraph with its time and speaker; signs that mean something are
    escaped."""
    found = [f"# {_escaped(title)}\n"]
    for paragraph in paragraphs(transcript):
        words = [_escaped(word) for word in _named(paragraph)]
        said = "\n".join(_wrapped(words, line or 1 << 30))
        found.append(f"**{timecode(paragraph[0].start).rsplit('.', 1)[0]}** {said}\n")
    return "\n".join(found)


WRITERS: Mapping[str, Callable[[Transcript, int], str]] = {
    "srt": srt,
    "vtt": vtt,
    "txt": text,
    "md": markdown,
}
"""By the suffix of a file's name; JSON is what `Transcript.told` tells."""


def paragraphs(transcript: Transcript) -> tuple[tuple[Utterance, ...], ...]:
    """Utterances between two long pauses, or of one speaker."""
    found: list[list[Utterance]] = []
    for one in transcript.utterances:
        last = found[-1][-1] if found else None
        if last and one.start - last.end < _PARAGRAPH and one.speaker == last.speaker:
            found[-1].append(one)
        else:
            found.append([one])
    return tuple(tuple(paragraph) for paragraph in found)


def _named(paragraph: Sequence[Utterance]) -> list[str]:
    """The words of a paragraph, behind the name of who says them."""
    speaker = paragraph[0].speaker
    said = " ".join(one.text for one in paragraph).split()
    return [*f"{speaker}:".split(), *said] if speaker else said


def _cues(utterance: Utterance, line: int, name: str | None) -> Iterator[Cue]:
    """`name` stands before what is said."""
    words = utterance.words or _spread(utterance)
    if name is not None:
        at = utterance.start
        words = (*(Word(at, at, part) for part in f"{name}:".split()), *words)
    speaker = utterance.speaker
    held: list[Word] = []
    for word in words:
        if held and (
            len(_lines([*held, word], line)) > LINES or word.end - held[0].start > LONGEST
        ):
            yield Cue(held[0].start, held[-1].end, _lines(held, line), speaker)
            held = []
        held.append(word)
    if held:
        yield Cue(held[0].start, held[-1].end, _lines(held, line), speaker)


def _spread(utterance: Utterance) -> tuple[Word, ...]:
    """The words of a text without times, each as long as it is written."""
    texts = utterance.text.split()
    letters = sum(len(one) for one in texts) or 1
    found, before = [], 0
    for one in texts:
        start = utterance.start + (utterance.end - utterance.start) * before / letters
        before += len(one)
        end = utterance.start + (utterance.end - utterance.start) * before / letters
        found.append(Word(start, end, one))
    return tuple(found)


def _lines(words: Sequence[Word], line: int) -> tuple[str, ...]:
    texts: list[str] = []
    for word in words:
        if word.joined and texts:
            texts[-1] += word.text
        else:
            texts.append(word.text)
    return _wrapped(texts, line)


def _wrapped(words: Sequence[str], line: int) -> tuple[str, ...]:
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= line:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def _comma(time: Fraction) -> str:
    return stamp(time).replace(".", ",")


def _plain(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _escaped(line: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|" else c for c in line)
