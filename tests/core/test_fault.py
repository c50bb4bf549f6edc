from __future__ import annotations

import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.core.fault import RETRIED, Category, Fault, FaultError, explain, refuse

TABLE: list[tuple[BaseException, Category]] = [
    (OSError(errno.ENOSPC, "No space", "/f/a.mp4"), Category.STORAGE),
    (OSError(errno.EDQUOT, "Quota"), Category.STORAGE),
    (OSError(errno.EFBIG, "Too big"), Category.STORAGE),
    (FileNotFoundError(errno.ENOENT, "No such file", "/f/a.mp4"), Category.MISSING),
    (PermissionError(errno.EACCES, "Denied", "/f/a.mp4"), Category.PERMISSION),
    (OSError(errno.EROFS, "Read-only", "/f/a.mp4"), Category.PERMISSION),
    (MemoryError(), Category.MEMORY),
    (OSError(errno.ENOMEM, "No memory"), Category.MEMORY),
    (TimeoutError(), Category.TIMEOUT),
    (ConnectionResetError(), Category.NETWORK),
    (ZeroDivisionError("by zero"), Category.UNKNOWN),
    (OSError(errno.EIO, "Input/output error"), Category.UNKNOWN),
]


@pytest.mark.parametrize(("error", "category"), TABLE, ids=lambda v: repr(v)[:40])
def test_an_error_becomes_words_that_say_what_why_and_what_to_do(
    error: BaseException, category: Category
) -> None:
    fault = explain(error, "write the film")
    assert fault.category is category
    assert fault.message.startswith("Rushes could not write the film")
    assert fault.hint
    if isinstance(error, OSError) and error.filename and category is not Category.MEMORY:
        assert "/f/a.mp4" in fault.message


def test_storage_says_so_in_the_words_that_were_promised() -> None:
    assert "not enough storage" in explain(OSError(errno.ENOSPC, ""), "x").message


def test_a_fault_that_was_met_knowingly_is_passed_on_as_it_is() -> None:
    error = refuse(Category.INPUT, "That is no film.", "Choose another.")
    assert isinstance(error, FaultError)
    assert explain(error, "anything") is error.fault
    assert str(error.fault) == "That is no film. Choose another."
    assert str(Fault(Category.INPUT, "Bare.")) == "Bare."


def test_only_what_may_pass_by_itself_is_tried_again() -> None:
    for category in Category:
        assert Fault(category, "").can_retry == (category in RETRIED)
    wanting_a_hand = {Category.INPUT, Category.MISSING, Category.STORAGE, Category.PERMISSION}
    assert not RETRIED & (wanting_a_hand | {Category.CORRUPT, Category.CANCELLED})


@given(st.sampled_from(Category), st.text(), st.text())
def test_a_fault_survives_being_written_down(category: Category, message: str, hint: str) -> None:
    fault = Fault(category, message, hint)
    assert Fault.from_dict(fault.as_dict()) == fault


def test_an_older_record_without_a_hint_is_read() -> None:
    assert Fault.from_dict({"category": "input", "message": "m"}) == Fault(Category.INPUT, "m")
