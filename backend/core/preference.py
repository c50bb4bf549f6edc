"""What owners can write for a preference; what it means, or in which words it is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.core.notice import Choice, QuietHours
from backend.core.session import Originals, Quality
from backend.core.speakers import MOST_SPEAKERS


@dataclass(frozen=True, slots=True)
class Preference:
    """One thing the owner can choose. `parse` raises ValueError with words for a person."""

    name: str
    default: str
    help: str
    parse: Callable[[str], object]


def parse_limit(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 16:
        return int(text)
    raise ValueError("a whole number from 1 to 16")


def parse_days(text: str) -> int:
    if text.isdecimal() and int(text) <= 3650:
        return int(text)
    raise ValueError("a number of days from 0 to 3650")


def parse_switch(text: str) -> bool:
    if text in ("on", "off"):
        return text == "on"
    raise ValueError("on or off")


def parse_language(text: str) -> str:
    if text == "auto" or (text.isascii() and text.isalpha() and 2 <= len(text) <= 3):
        return text.lower()
    raise ValueError("auto, or the code of a language such as en or de")


def parse_endpoint(text: str) -> tuple[str, str] | None:
    if text == "off":
        return None
    address, _, model = text.strip().partition(" ")
    if address.startswith(("http://", "https://")) and model.strip() and text.isprintable():
        return address, model.strip()
    raise ValueError("off, or an address and a model such as http://localhost:11434 llama3.2")


def parse_name(text: str) -> str:
    if text.strip() and text.isprintable():
        return text
    raise ValueError("a name, or auto")


def parse_speakers(text: str) -> int:
    if text == "off":
        return 0
    try:
        count = int(text)
    except ValueError:
        count = 0
    if not 2 <= count <= MOST_SPEAKERS:
        raise ValueError(f"off, or a number from 2 to {MOST_SPEAKERS}")
    return count


def parse_quality(text: str) -> Quality:
    try:
        return Quality(text)
    except ValueError:
        raise ValueError("low, medium or high") from None


def parse_originals(text: str) -> Originals:
    try:
        return Originals(text)
    except ValueError:
        raise ValueError("keep or bin") from None


def parse_choice(text: str) -> Choice:
    try:
        return Choice(text)
    except ValueError:
        raise ValueError("all, failures or none") from None


def parse_quiet(text: str) -> QuietHours | None:
    if text == "off":
        return None
    try:
        return QuietHours.parse(text)
    except ValueError as error:
        raise ValueError(f"off, or {error}") from None
