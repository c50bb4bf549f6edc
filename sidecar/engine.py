"""Which web view shows the page, and whether there is a display to show it on.

Qt aborts the process when there is none, or when a library of the system is missing; that cannot
be caught. So both are looked at before it is loaded.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from backend.core.fault import Category, refuse
from backend.launch import is_frozen

IN_BROWSER = "`rushes serve --open` shows the same in your browser."
DISTRIBUTION = Path("/usr/lib/python3/dist-packages")
"""Where Debian and its kin put Python packages: their Qt and WebKit play H.264."""
OFF_SCREEN = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")
"""Qt's platforms that need no display."""

LIBRARIES: Mapping[str, str] = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbfile.so.1": "libxkbfile1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libnss3.so": "libnss3",
    "libasound.so.2": "libasound2",
    "libgbm.so.1": "libgbm1",
    "libXcomposite.so.1": "libxcomposite1",
    "libXdamage.so.1": "libxdamage1",
    "libXrandr.so.2": "libxrandr2",
    "libXtst.so.6": "libxtst6",
}
"""What Qt from PyPI takes from the system, and Debian's packages that bring it."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A web view that can be loaded here."""

    gui: str | None
    """pywebview's name of it; None for the system's own."""
    name: str
    plays_h264: bool
    folder: Path | None = None
    """To be added to where Python looks for packages."""
    qt: str = ""
    """The binding of Qt, by qtpy's name."""


def require_display(environment: Mapping[str, str] = os.environ) -> None:
    """Raises a fault where no window can be shown."""
    if sys.platform in ("win32", "darwin"):
        return
    if environment.get("QT_QPA_PLATFORM", "").split(":")[0] in OFF_SCREEN:
        return
    named = environment.get("WAYLAND_DISPLAY") or environment.get("DISPLAY")
    if not named:
        raise refuse(Category.MISSING, "There is no display here to open a window on.", IN_BROWSER)
    if not any(_listens(place) for place in _displays(environment)):
        raise refuse(Category.MISSING, f"The display {named} does not answer.", IN_BROWSER)


Where = tuple[str, int] | str


def _displays(environment: Mapping[str, str]) -> Iterator[Where]:
    """The sockets of the displays that the environment names."""
    if wayland := environment.get("WAYLAND_DISPLAY"):
        yield str(Path(environment.get("XDG_RUNTIME_DIR", "/")) / wayland)
    host, colon, rest = environment.get("DISPLAY", "").rpartition(":")
    number = rest.split(".")[0]
    if not colon or not number.isdecimal():
        return
    if host in ("", "unix"):
        yield f"/tmp/.X11-unix/X{number}"
        yield f"\0/tmp/.X11-unix/X{number}"
    else:
        yield host.strip("[]"), 6000 + int(number)


def _listens(place: Where) -> bool:
    try:
        if isinstance(place, str):
            with socket.socket(socket.AF_UNIX) as unix:
                unix.settimeout(2)
                unix.connect(place)
        else:
            socket.create_connection(place, 2).close()
    except OSError:
        return False
    return True


def choose() -> Engine:
    """The web view to use: one that plays H.264 before one that does not.

    Raises a fault where none is installed, or where the system lacks what it needs.
    """
    if find_spec("webview") is None:
        raise refuse(
            Category.MODEL,
            "The window is not installed here.",
            f"Add it with: pip install 'rushes[desktop]'. {IN_BROWSER}",
        )
    if sys.platform == "darwin":
        return Engine(None, "WebKit", True)
    if sys.platform == "win32":
        return Engine("edgechromium", "WebView2", True)
    # A frozen app's loader would give the distribution's the libraries that came with our own.
    looks = [_installed_qt] if is_frozen() else [_distribution_qt, _distribution_gtk, _installed_qt]
    chosen: Engine | None = None
    for look in looks:
        found = look()
        chosen = chosen or found
        if found is not None and _is_wanted(found):
            chosen = found
            break
    if chosen is None:
        raise refuse(
            Category.MODEL,
            "There is no web view here for the window.",
            f"Add one with: pip install 'rushes[desktop]'. {IN_BROWSER}",
        )
    if chosen.folder is None:
        require_libraries()
    return chosen


def _is_wanted(engine: Engine) -> bool:
    """Whether the owner asked for no other, in the ways that pywebview and qtpy have for that."""
    gui, binding = os.environ.get("PYWEBVIEW_GUI"), os.environ.get("QT_API", "").lower()
    return gui in (None, "", engine.gui) and binding in ("", engine.qt)


def missing_libraries() -> list[str]:
    """Debian's names of the packages that Qt from PyPI lacks on this system."""
    return [package for name, package in LIBRARIES.items() if not _loads(name)]


def require_libraries() -> None:
    if missing := missing_libraries():
        raise refuse(
            Category.MISSING,
            f"The window lacks libraries of the system: {', '.join(missing)}.",
            f"Install them, on Debian with: apt install {' '.join(missing)}. {IN_BROWSER}",
        )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _built_for_us(folder: Path, pattern: str) -> bool:
    """Whether a package's compiled part there is one that this Python loads."""
    tag = f"cpython-{sys.version_info.major}{sys.version_info.minor}-"
    return any(tag in file.name or ".abi3." in file.name for file in folder.glob(pattern))


def _distribution_qt() -> Engine | None:
    """The distribution's Qt, whose FFmpeg knows H.264; PyPI's does not."""
    folder = DISTRIBUTION / "PyQt6"
    if not _built_for_us(folder, "QtWebEngineWidgets*.so") or not _built_for_us(folder, "sip*.so"):
        return None
    if find_spec("qtpy") is None:
        return None
    return Engine("qt", "Qt WebEngine (the system's)", True, DISTRIBUTION, "pyqt6")


def _installed_qt() -> Engine | None:
    """Qt from PyPI."""
    for binding, package in (("pyside6", "PySide6"), ("pyqt6", "PyQt6")):
        if find_spec(package) and find_spec(f"{package}.QtWebEngineWidgets") and find_spec("qtpy"):
            return Engine("qt", f"Qt WebEngine ({package})", False, qt=binding)
    return None


def _distribution_gtk() -> Engine | None:
    """WebKitGTK, where GStreamer has a decoder for H.264."""
    if not _built_for_us(DISTRIBUTION / "gi", "_gi.*.so"):
        return None
    libraries = ("libwebkit2gtk-4.1.so.0", "libgtk-3.so.0", "libgstreamer-1.0.so.0")
    if not all(_loads(library) for library in libraries):
        return None
    plugins = Path("/usr/lib").glob("*/gstreamer-1.0/libgstlibav.so")
    typelibs = Path("/usr/lib").glob("*/girepository-1.0/WebKit2-4.1.typelib")
    if not any(plugins) or not any(typelibs):
        return None
    return Engine("gtk", "WebKitGTK", True, DISTRIBUTION)


def prepare(engine: Engine) -> None:
    """Set the process up for it. Before anything of it is imported."""
    if engine.folder is not None and str(engine.folder) not in sys.path:
        # Last: nothing of the system's goes before what Rushes was installed with.
        sys.path.append(str(engine.folder))
        importlib.invalidate_caches()
    if engine.gui is not None:
        os.environ["PYWEBVIEW_GUI"] = engine.gui  # asked for the screens, it looks here only
    if engine.gui == "gtk":
        # Without it, windows stay blank on many drivers.
        os.environ.setdefault("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
    if engine.gui != "qt":
        return
    os.environ["QT_API"] = engine.qt
    # A package that is kept in its own folder brings its own Qt; others' plugins do not fit it.
    os.environ.pop("QT_PLUGIN_PATH", None)
    if _is_root() or not _has_namespaces():
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")


def _is_root() -> bool:
    return sys.platform != "win32" and os.getuid() == 0


def _has_namespaces() -> bool:
    """Whether an ordinary user may make the namespaces that Chromium's sandbox is built of."""
    wanted = {
        "/proc/sys/kernel/unprivileged_userns_clone": "1",
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "0",
    }
    for path, value in wanted.items():
        try:
            if Path(path).read_text("ascii").strip() != value:
                return False
        except OSError:
            continue  # this kernel has no such restriction
    try:
        return int(Path("/proc/sys/user/max_user_namespaces").read_text("ascii")) > 0
    except (OSError, ValueError):
        return True


if __name__ == "__main__":
    sys.stdout.write(" ".join(missing_libraries()))
