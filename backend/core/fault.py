"""What went wrong, in words for the person whose recording it is."""

from __future__ import annotations

import contextlib
import errno
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """Why something failed; decides whether trying again can help."""

    INPUT = "input"
    MISSING = "missing"
    PERMISSION = "permission"
    MEMORY = "memory"
    STORAGE = "storage"
    NETWORK = "network"
    CORRUPT = "corrupt"
    MODEL = "model"
    TIMEOUT = "timeout"
    CRASH = "crash"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


RETRIED = frozenset(
    {Category.MEMORY, Category.NETWORK, Category.TIMEOUT, Category.CRASH, Category.UNKNOWN}
)
"""Categories that may pass by themselves. The others want a person's hand first."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure: `message` says what and why, `hint` what to do about it."""

    category: Category
    message: str
    hint: str = ""

    @property
    def can_retry(self) -> bool:
        """Whether the same work may succeed without anybody doing anything."""
        return self.category in RETRIED

    def as_dict(self) -> dict[str, object]:
        return {
            "category": str(self.category),
            "message": self.message,
            "hint": self.hint,
            "can_retry": self.can_retry,
        }

    @staticmethod
    def from_dict(fields: Mapping[str, object]) -> Fault:
        return Fault(
            Category(str(fields["category"])), str(fields["message"]), str(fields.get("hint", ""))
        )

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class FaultError(Exception):
    """Carries a `Fault` to whoever can show it."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


class Unusable(FaultError):
    """What was named, a file or a folder, cannot be used."""


def refuse(category: Category, message: str, hint: str = "") -> FaultError:
    """The error to raise for a fault that the code met knowingly."""
    return FaultError(Fault(category, message, hint))


_STORAGE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def explain(error: BaseException, doing: str) -> Fault:
    """The fault that an exception amounts to.

    `doing` completes "Rushes could not …", e.g. "write the film".
    """
    if isinstance(error, FaultError):
        return error.fault
    what = f"Rushes could not {doing}"
    where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    if isinstance(error, OSError) and error.errno in _STORAGE:
        return Fault(
            Category.STORAGE,
            f"{what}: there is not enough storage left{where}.",
            "Free some space on that disk, then retry.",
        )
    if isinstance(error, FileNotFoundError):
        return Fault(
            Category.MISSING,
            f"{what}: a file it needs is gone{where}.",
            "Put the file back, or connect its drive, then retry.",
        )
    if isinstance(error, PermissionError) or (
        isinstance(error, OSError) and error.errno == errno.EROFS
    ):
        return Fault(
            Category.PERMISSION,
            f"{what}: the system does not allow it{where}.",
            "Change the permissions of the file or its folder, then retry.",
        )
    if isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno == errno.ENOMEM
    ):
        return Fault(
            Category.MEMORY,
            f"{what}: the memory ran out.",
            "Close other programs; Rushes tries again by itself.",
        )
    if isinstance(error, TimeoutError):
        return Fault(Category.TIMEOUT, f"{what} in time.", "Retry when the machine is less busy.")
    if isinstance(error, ConnectionError):
        return Fault(Category.NETWORK, f"{what}: the connection broke.", "Retry.")
    return Fault(
        Category.UNKNOWN,
        f"{what}: {type(error).__name__}: {error}",
        "Retry. If it happens again, `rushes doctor` says where the log is.",
    )


def cause_of_death(code: int | None) -> str:
    """How a process ended by its exit code: the signal's name, where one killed it."""
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
