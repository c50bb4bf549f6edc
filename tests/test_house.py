"""The arrows of the house: which room may know which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BACKEND = ROOT / "backend"
SIDECAR = ROOT / "sidecar"

SHARED = (
    "backend.__version__",
    "backend.bus",
    "backend.client",
    "backend.points",
    "backend.settings",
    "backend.services",
)
"""Leaves outside the rooms that several of them are handed."""

ARROWS: dict[str, set[str]] = {
    "core": set(),
    "store": {"core"},
    "media": {"core"},
    "enrich": {"core", "media"},
    "work": {"core", "store", "media", "enrich"},
    "api": {"core", "store"},
    # The command reaches a running backend over HTTP; `work` is for looking at a file apart.
    "cli": {"core", "store", "work", "enrich"},
}
"""Rooms, and the rooms each may import."""

OWNED = {
    "av": {"media"},
    "PIL": {"media"},
    "numpy": {"media", "enrich"},
    "faster_whisper": {"enrich"},
    "onnxruntime": {"enrich"},
    "rapidocr": {"enrich"},
    "tokenizers": {"enrich"},
    "apsw": {"store"},
    "peewee": {"store"},
    "playhouse": {"store"},
    "flask": {"api"},
    "waitress": {"api"},
    "click": {"cli"},
    "rich": {"cli"},
    "psutil": {"work", "cli"},
    "send2trash": {"work"},
    "plyer": set[str](),
    "jeepney": set[str](),
    "webview": {"sidecar"},
    "PySide6": {"sidecar"},
    "PyQt6": {"sidecar"},
    "qtpy": {"sidecar"},
}
"""Third-party packages, and the rooms whose types they are; those of none are the desktop's."""

BESIDE = (
    "backend.client",
    "backend.core.fault",
    "backend.instance",
    "backend.launch",
    "backend.points",
    "backend.settings",
)
"""What the shell may know of the backend: how to start it, find it and speak to it."""

NAMES_VERSIONS = "doctor.py"
"""Says which versions of them are installed, and so may import any."""


def imports_of(file: Path) -> Iterator[str]:
    """Every module that a file imports, at the top or inside a function."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide where an arrow points"
            assert node.module is not None
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "backend" and parts[1] in ARROWS else None


def wrong_arrows(file: Path, room: str) -> list[str]:
    wrong = []
    for module in imports_of(file):
        target = room_of(module)
        if target is not None and target != room and target not in ARROWS[room]:
            wrong.append(f"{room} must not know {target}: {file.name} imports {module}")
        owners = OWNED.get(module.split(".")[0])
        if owners is not None and room not in owners and file.name != NAMES_VERSIONS:
            wrong.append(f"{module} belongs to {sorted(owners)}: {file.name} is in {room}")
        if (
            module.startswith("backend.")
            and target is None
            and room not in ("cli",)
            and not module.startswith(SHARED)
        ):
            wrong.append(f"{file.name} in {room} imports {module}, which is outside the rooms")
    return wrong


@pytest.mark.parametrize("room", ARROWS)
def test_no_arrow_points_the_wrong_way(room: str) -> None:
    files = sorted((BACKEND / room).rglob("*.py"))
    assert files, f"there is no room called {room}"
    assert [line for file in files for line in wrong_arrows(file, room)] == []


def test_the_shell_speaks_to_the_backend_like_any_client() -> None:
    files = sorted(SIDECAR.rglob("*.py"))
    assert files
    wrong = [
        f"{file.name} imports {module}"
        for file in files
        for module in imports_of(file)
        if module.startswith("backend") and not module.startswith(BESIDE)
    ]
    assert wrong == []
    only = {file.name for file in files if "webview" in {m.split(".")[0] for m in imports_of(file)}}
    assert only <= {"window.py", "shell.py"}


def test_only_the_command_opens_the_window() -> None:
    knowing = {
        file.name
        for file in BACKEND.rglob("*.py")
        if any(module.split(".")[0] == "sidecar" for module in imports_of(file))
    }
    assert knowing == {"window.py"}


def test_core_knows_only_the_standard_library() -> None:
    import sys

    for file in (BACKEND / "core").rglob("*.py"):
        for module in imports_of(file):
            top = module.split(".")[0]
            assert top == "backend" or top in sys.stdlib_module_names, f"{file.name}: {module}"


def test_only_the_app_sees_every_room() -> None:
    for file in BACKEND.glob("*.py"):
        rooms = {room for module in imports_of(file) if (room := room_of(module))}
        if file.name not in ("app.py", "__main__.py"):
            assert not {"api", "work", "cli"} & rooms, f"{file.name} knows {rooms}"


def test_a_wrong_arrow_would_be_seen(tmp_path: Path) -> None:
    """The walk itself must be able to fail."""
    file = tmp_path / "wrong.py"
    file.write_text("def f():\n    from backend.work import worker\n    import av\n")
    found = wrong_arrows(file, "api")
    assert any("must not know work" in line for line in found)
    assert any("belongs to" in line for line in found)


def test_files_fit_in_the_head() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for folder in (BACKEND, SIDECAR)
        for file in folder.rglob("*.py")
        if (lines := len(file.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}, "split these by idea"
