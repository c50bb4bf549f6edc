"""A small notification service on a session bus of its own: what a desktop runs, without one."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType

from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    new_method_return,
    new_signal,
)
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, Proxy, open_dbus_connection

PATIENCE = 180.0
_PLACE = DBusAddress("/org/freedesktop/Notifications", interface="org.freedesktop.Notifications")
_HOLDER = (
    "import os, sys; print(os.environ['DBUS_SESSION_BUS_ADDRESS'], flush=True); sys.stdin.read()"
)


class SessionBus:
    """A session bus without any service, as long as the `with` lasts."""

    def __init__(self, **options: object) -> None:
        self._options = options

    def __enter__(self) -> str:
        """The bus's address."""
        self._process = subprocess.Popen(
            ["dbus-run-session", "--", sys.executable, "-c", _HOLDER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **self._options,  # type: ignore[call-overload]
        )
        assert self._process.stdout is not None
        return str(self._process.stdout.readline()).strip()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=PATIENCE)


@dataclass(frozen=True)
class Shown:
    number: int
    title: str
    body: str
    actions: tuple[str, ...]
    sender: str


@dataclass
class Bulletin:
    """Takes notices as a desktop's service does, and clicks on them."""

    address: str
    abilities: Sequence[str] = ("actions", "body", "body-markup")
    answers: bool = True
    shown: list[Shown] = field(default_factory=list)
    asked: int = 0
    """Calls that came in, answered or not."""

    def __enter__(self) -> Bulletin:
        self._connection: DBusConnection = open_dbus_connection(self.address)
        Proxy(message_bus, self._connection).RequestName(_PLACE.interface)
        self._leaving = False
        self._thread = threading.Thread(target=self._serve, name="bulletin")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leaving = True
        self._thread.join()
        self._connection.close()

    def until(self, count: int) -> list[Shown]:
        """Wait until so many notices were shown."""
        until_true(lambda: len(self.shown) >= count, f"{count} notices, not {self.shown}")
        return self.shown

    def click(self, shown: Shown) -> None:
        self._signal(shown, "ActionInvoked", "us", (shown.number, "default"))
        self.dismiss(shown)

    def dismiss(self, shown: Shown) -> None:
        self._signal(shown, "NotificationClosed", "uu", (shown.number, 2))

    def _signal(self, shown: Shown, name: str, signature: str, values: tuple[object, ...]) -> None:
        message = new_signal(_PLACE, name, signature, values)
        message.header.fields[HeaderFields.destination] = shown.sender
        self._connection.send(message)

    def _serve(self) -> None:
        while not self._leaving:
            try:
                message = self._connection.receive(timeout=0.05)
            except TimeoutError:
                continue
            if message.header.message_type is MessageType.method_call:
                self.asked += 1
                if self.answers:
                    self._answer(message)

    def _answer(self, message: Message) -> None:
        fields = message.header.fields
        member = fields[HeaderFields.member]
        if member == "GetCapabilities":
            answer = new_method_return(message, "as", (list(self.abilities),))
        elif member == "GetServerInformation":
            answer = new_method_return(message, "ssss", ("bulletin", "Rushes", "1", "1.2"))
        else:
            _, _, _, title, body, actions, _, _ = message.body
            number = len(self.shown) + 1
            answer = new_method_return(message, "u", (number,))
            sender = str(fields[HeaderFields.sender])
            self.shown.append(Shown(number, title, body, tuple(actions), sender))
        self._connection.send(answer)


def until_true(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.02)
