"""Live progress in a terminal: a bar for each stage, a check mark when it is done."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from backend.cli.output import Output, console, plain, remaining
from backend.client import Json
from backend.core.fault import Fault

if TYPE_CHECKING:
    from rich.console import RenderableType

LABELS = {
    "merge": "Film",
    "waveform": "Waveform",
    "thumbnails": "Thumbnails",
    "optimise": "Smaller film",
    "review": "Transcript",
    "chapters": "Chapters",
    "summary": "Summary",
    "canvas": "Canvas",
}
WAITS = {
    "pending": "waits for the film",
    "queued": "waits for its turn",
    "delayed": "tries again soon",
    "paused": "is paused",
}


DRAWN = 8
"""Sessions that are drawn; the others are counted."""


def _at_work(session: Json) -> bool:
    return any(job["status"] == "running" for job in session["jobs"])


class Progress:
    """Shows sessions as they come along: drawn in a terminal, line by line elsewhere."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._sessions: dict[str, Json] = {}
        self._stages: dict[int, str] = {}
        self._console = None if out.json else console(errors=True)
        self._live: Any = None
        self._trouble: Fault | None = None

    def __enter__(self) -> Progress:
        if self._console is not None and self._console.is_terminal:
            from rich.live import Live

            self._live = Live(
                get_renderable=self._drawn,
                console=self._console,
                refresh_per_second=8,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, session: Json, event: Json | None) -> None:
        """Take note of a session's state; pass the event on to a program that reads along."""
        if event and str(event.get("event", "")).startswith("job-"):
            self._out.line(event)
        if "title" not in session:
            return
        self._sessions[session["id"]] = session
        if self._live is None and not self._out.json:
            self._tell_stages(session)

    def warn(self, fault: Fault | None) -> None:
        """Say once why nothing goes on."""
        if fault is not None and self._trouble is None:
            self._out.line({"event": "waiting", "fault": fault.as_dict()})
            if self._live is None:
                self._out.note(f"! {plain(fault.message)}")
                self._out.note(f"  {plain(fault.hint)}")
        self._trouble = fault

    def _tell_stages(self, session: Json) -> None:
        for job in session["jobs"]:
            if job["status"] == "running" and job["stage"]:
                labels = {stage["name"]: stage["label"] for stage in job["stages"]}
                label = labels.get(job["stage"])
                if label and self._stages.get(job["id"]) != label:
                    self._stages[job["id"]] = label
                    self._out.note(f"{plain(session['title'])}: {plain(label)} …")

    def _drawn(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        parts: list[RenderableType] = []
        # At work first; a stable sort keeps the order in which they were named.
        sessions = sorted(self._sessions.values(), key=lambda session: not _at_work(session))
        for session in sessions[:DRAWN]:
            parts.append(Text(plain(session["title"]), style="bold"))
            parts += [self._job(job) for job in session["jobs"]]
        if self._trouble is not None:
            parts.append(Text(f"! {plain(str(self._trouble))}", style="yellow"))
        if len(sessions) > DRAWN:
            parts.append(Text(f"and {len(sessions) - DRAWN} more sessions", "dim"))
        parts.append(Text("You can leave (Ctrl-C); it goes on.", style="dim"))
        return Group(*parts)

    def _job(self, job: Json) -> RenderableType:
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        rows = Table.grid(padding=(0, 1))
        for width in (2, 40, 30, 6):
            rows.add_column(width=width)
        label = LABELS.get(job["kind"], job["kind"])
        if job["status"] == "completed":
            rows.add_row(Text("✓", "green"), label)
            return rows
        if job["status"] != "running":
            words = WAITS.get(job["status"], job["status"])
            rows.add_row(Text("◌", "dim"), Text(f"{label} {words}", "dim"))
            return rows
        if not job["stages"]:
            rows.add_row(Text("●", "yellow"), f"{label} begins")
            return rows
        for stage in job["stages"]:
            done = float(stage["progress"])
            current = stage["name"] == job["stage"]
            mark = Text("✓", "green") if done >= 1 else Text("●" if current else "◌", "yellow")
            bar = ProgressBar(total=1.0, completed=done, complete_style="yellow", width=30)
            rows.add_row(mark, plain(stage["label"]), bar, f"{done * 100:3.0f} %")
        told = [f"{remaining(job['seconds_left'])} left"] if job["seconds_left"] else []
        told += [f"{job['speed']:.0f} × real time"] if job["speed"] else []
        rows.add_row("", Text(" · ".join(told), "dim"))
        return rows
