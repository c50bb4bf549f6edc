"""The window itself, and the only file that knows pywebview."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from backend.core.fault import Category, Fault, refuse
from sidecar.place import SMALLEST, Area, Place, fitted

if TYPE_CHECKING:
    import webview

log = logging.getLogger(__name__)

WALL = "#141414"
"""What is seen before the web view has drawn anything: the page's own dark background."""
PAPER = f"""
:root {{ color-scheme: light dark; }}
body {{ margin: 0; background: #f4f4f3; color: #1a1a1a; }}
@media (prefers-color-scheme: dark) {{ body {{ background: {WALL}; color: #ececec; }} }}
"""
"""The page's own paper, until the page is there."""
FILMS = ("Recordings (*.mp4;*.mkv;*.mov;*.webm;*.avi;*.m4a;*.wav;*.mp3;*.flac;*.ogg;*.opus;*.aac)",)
ANY = "All files (*.*)"


class Window:
    """One native window. `run` shows it, and returns when it is gone.

    Everything else may be called from any thread but its own.
    """

    def __init__(self, place: Place, storage: Path | None, closing: Callable[[], None]) -> None:
        """`closing` is told that its owner closes it; it stays until `hide` or `destroy`.

        `storage` is where the page's own memory is kept; None keeps none.
        """
        self._gui: str | None = None
        self._storage = storage
        self._closing = closing
        self._place = place
        self._asking = threading.Lock()
        self._destroyed = False
        self._window: webview.Window | None = None
        self.hidden = False

    @property
    def place(self) -> Place:
        """Where it is now, to be found there again."""
        return self._place

    def prepare(self, gui: str | None) -> None:
        """Load the web view of that name: the slow part of a start, beside the backend's."""
        self._gui = gui
        self._place = fitted(self._place, [Area(s.x, s.y, s.width, s.height) for s in _screens()])

    def run(self, begun: Callable[[], None]) -> None:
        """Show an empty wall. On the main thread; `begun` is called from another."""
        import webview

        place = self._place
        window = webview.create_window(
            "Rushes",
            html=f"<style>{PAPER}</style>",
            width=place.width,
            height=place.height,
            x=place.x,
            y=place.y,
            maximized=place.maximized,
            min_size=SMALLEST,
            background_color=WALL,
            text_select=True,
            zoomable=True,
        )
        assert window is not None
        self._window = window
        if self._destroyed:
            return  # somebody else's came up first
        window.events.closing += self._on_closing
        window.events.resized += self._on_resized
        window.events.moved += self._on_moved
        window.events.maximized += self._on_maximized
        window.events.restored += self._on_restored
        _collect_dropped_paths()
        storage = _writable(self._storage)
        webview.start(
            begun,
            gui=self._gui,  # type: ignore[arg-type]
            private_mode=storage is None,
            storage_path=storage,
        )

    def load(self, url: str) -> None:
        self._native.load_url(url)

    def address(self) -> str:
        """Of what is shown now; empty where that is nothing of the backend's."""
        return str(self._native.get_current_url() or "")

    def say(self, detail: Mapping[str, object]) -> None:
        """Tell the page something, which it hears as an event called `rushes`."""
        fields = json.dumps(detail)
        self._native.run_js(
            f"window.dispatchEvent(new CustomEvent('rushes', {{detail: {fields}}}))"
        )

    def wake(self) -> None:
        """Make a page that lost its backend look for it now rather than in a few seconds."""
        self._native.run_js("window.dispatchEvent(new Event('online'))")

    def tell(self, fault: Fault) -> None:
        """Show a fault in place of the page."""
        self._native.load_html(trouble_page(fault))

    def front(self) -> None:
        """Show it, before all others as far as the system allows. A new one comes there anyway."""
        if self._window is None:
            return
        self.hidden = False
        self._native.show()
        maximized = self._place.maximized
        self._native.restore()
        if maximized:
            self._native.maximize()

    def hide(self) -> None:
        self.hidden = True
        self._native.hide()

    def destroy(self) -> None:
        """End it, and with it `run`. Idempotent."""
        if not self._destroyed:
            self._destroyed = True
            if self._window is not None:
                self._window.destroy()

    def choose_files(self) -> list[str]:
        """Paths of the files that the owner chose; none when they thought better of it."""
        return self._ask("OPEN", allow_multiple=True, file_types=(*FILMS, ANY))

    def choose_folder(self) -> list[str]:
        return self._ask("FOLDER")

    def choose_target(self, folder: str, name: str) -> str | None:
        """Where something is to be saved; whether it replaces a file was asked."""
        found = self._ask("SAVE", directory=folder, save_filename=name)
        return found[0] if found else None

    def take_dropped(self) -> list[str]:
        """Full paths of what was dropped since this was last asked; none where it is not known."""
        return _taken_paths()

    @property
    def _native(self) -> webview.Window:
        if self._window is None:
            raise refuse(Category.MISSING, "The window is not open yet.", "Try again.")
        return self._window

    def _ask(self, kind: str, **options: Any) -> list[str]:
        import webview

        if not self._asking.acquire(blocking=False):
            raise refuse(Category.INPUT, "Rushes asks for a file already.", "Answer that first.")
        try:
            chosen = self._native.create_file_dialog(getattr(webview.FileDialog, kind), **options)
        finally:
            self._asking.release()
        if chosen is None:
            return []
        return [chosen] if isinstance(chosen, str) else [str(path) for path in chosen]

    def _on_closing(self) -> bool:
        if self._destroyed:
            return True
        # Not here: the window's own thread must not wait for anything.
        threading.Thread(target=self._closing, name="closing", daemon=True).start()
        return False

    def _on_resized(self, width: int, height: int) -> None:
        if not self._place.maximized and not self.hidden:
            self._place = replace(self._place, width=int(width), height=int(height))

    def _on_moved(self, x: int, y: int) -> None:
        if not self._place.maximized and not self.hidden:
            self._place = replace(self._place, x=int(x), y=int(y))

    def _on_maximized(self) -> None:
        self._place = replace(self._place, maximized=True)

    def _on_restored(self) -> None:
        self._place = replace(self._place, maximized=False)


def _writable(folder: Path | None) -> str | None:
    """The folder, if the web view can keep something there; it would not start without."""
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return str(folder) if folder is not None and os.access(folder, os.W_OK) else None


def _screens() -> Sequence[Any]:
    """What pywebview knows of the screens; nothing where it cannot tell."""
    import webview

    try:
        return list(webview.screens)
    except Exception:
        log.exception("the screens are not known")
        return ()


def _drops() -> dict[str, Any]:
    """pywebview's own notes of what is dropped; empty where this version keeps none."""
    try:
        from webview.dom import _dnd_state
    except ImportError:
        return {}
    return cast("dict[str, Any]", _dnd_state)


def _collect_dropped_paths() -> None:
    """Have the web view note the paths of what is dropped on it.

    pywebview does so while the page listens through its bridge, which needs `eval` in the page.
    Ours may not evaluate anything; it listens for itself, and asks for the paths afterwards.
    """
    drops = _drops()
    if "num_listeners" in drops:
        drops["num_listeners"] += 1


def _taken_paths() -> list[str]:
    noted = _drops().get("paths", [])
    paths = [unquote(str(path)) for _, path in noted]
    noted.clear()
    return paths


def trouble_page(fault: Fault) -> str:
    """A document that says what is wrong and what to do, in the page's look."""
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Rushes</title>
<style>{PAPER}
body {{ min-height: 100vh; display: grid; place-items: center;
  font: 15px/1.5 system-ui, sans-serif; }}
main {{ max-width: 34rem; padding: 2rem; overflow-wrap: anywhere; }}
h1 {{ font-size: 20px; font-weight: 600; }}
small {{ font-size: 13px; opacity: .7; }}
</style>
<main role="alert"><h1>{escape(fault.message)}</h1><p>{escape(fault.hint)}</p>
<p><small>Rushes tries again by itself. Close the window to leave it.</small></p></main>"""
