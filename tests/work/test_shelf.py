from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.work.shelf import file_name


@given(st.text(max_size=400))
def test_any_title_makes_a_name_that_every_file_system_takes(title: str) -> None:
    name = file_name(title)
    assert 0 < len(name.encode("utf-8")) <= 120
    assert not set(name) & set('<>:"/\\|?*\n\r\t\0')
    assert name[0] not in ".-"
    assert name[-1] not in ". "


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Stand-up, Tuesday", "Stand-up, Tuesday"),
        ("../../etc/passwd", "etc passwd"),
        ("a/b: c?", "a b c"),
        ("CON", "Untitled"),
        ("...", "Untitled"),
        ("", "Untitled"),
        ("-rf", "rf"),
        ("🎬 Dailies", "🎬 Dailies"),
    ],
)
def test_titles_stay_recognisable(title: str, name: str) -> None:
    assert file_name(title) == name
