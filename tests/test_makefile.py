"""The README's commands, as far as make itself goes: what is named reaches the scripts unharmed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("name", ["Stand-up", 'it\'s "here" & there', "two  words; and `more`"])
def test_a_session_of_any_name_reaches_the_script(tmp_path: Path, name: str) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    scripts = tmp_path / "scripts"
    scripts.mkdir()
    for script, content in (("setup", ""), ("run", 'printf %s "$SESSION"')):
        (scripts / script).write_text(f"#!/bin/sh\n{content}\n")
        (scripts / script).chmod(0o755)
    ran = subprocess.run(
        ["make", "--no-print-directory", "run", f"SESSION={name}"],
        cwd=tmp_path,
        # The tests may be run by a make themselves, whose own settings are not to be inherited.
        env={key: value for key, value in os.environ.items() if not key.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == name
