"""Progress of a command's own work, which no queue knows of."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING

from backend.cli.output import Output, console
from backend.work.messages import Advance, Plan

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Stages:
    """Progress of one piece of work: a bar a stage in a terminal, a line a stage elsewhere."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._labels: dict[str, str] = {}
        self._tasks: dict[str, TaskID] = {}
        self._begun: set[str] = set()
        self._bars: Progress | None = None

    def __enter__(self) -> Stages:
        if not self._out.json and (terminal := console(errors=True)).is_terminal:
            from rich.progress import BarColumn, Progress, TextColumn

            columns = ("[progress.percentage]{task.percentage:>3.0f} %", "{task.description}")
            self._bars = Progress(
                BarColumn(30),
                *(TextColumn(column, markup=False) for column in columns[1:]),
                TextColumn(columns[0]),
                console=terminal,
                transient=True,
            )
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def tell(self, told: Plan | Advance) -> None:
        """Take note of what the work says."""
        if isinstance(told, Plan):
            self._labels = {stage.name: stage.label for stage in told.stages}
            if self._bars is not None:
                for task in self._tasks.values():
                    self._bars.remove_task(task)
                self._tasks = {
                    stage.name: self._bars.add_task(stage.label, total=1.0) for stage in told.stages
                }
            return
        self._out.line({"event": "progress", "stage": told.stage, "progress": told.fraction})
        if self._bars is not None:
            self._bars.update(self._tasks[told.stage], completed=told.fraction)
        elif told.stage not in self._begun:
            self._begun.add(told.stage)
            self._out.note(f"{self._labels.get(told.stage, told.stage)} …")
