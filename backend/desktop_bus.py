"""The notification service of a free desktop, spoken to over the session bus (D-Bus).

The service is specified at https://specifications.freedesktop.org/notification-spec/.
"""

from __future__ import annotations

import html
import os
import socket
import time
from collections import deque
from pathlib import Path
from typing import Any, cast

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from backend.core.notice import Notice
from backend.desktop import ANSWER_SECONDS, NAME, CannotShow, NoDesktop

_SERVICE = DBusAddress(
    "/org/freedesktop/Notifications",
    bus_name="org.freedesktop.Notifications",
    interface="org.freedesktop.Notifications",
)


class Bus:
    """A connection to the desktop's own service. Raises `CannotShow`, TimeoutError, OSError."""

    def __init__(self) -> None:
        self._connection = _connect()
        self._early: deque[Message] = deque()
        """Came while something else was waited for."""
        try:
            for signal in ("ActionInvoked", "NotificationClosed"):
                rule = MatchRule(type="signal", interface=_SERVICE.interface, member=signal)
                self._ask(message_bus.AddMatch(rule))
            (able,), self._owner = self._call("GetCapabilities")
        except BaseException:
            self.close()
            raise
        self._able = frozenset(str(word) for word in able)

    @property
    def socket(self) -> socket.socket:
        return cast("socket.socket", self._connection.sock)

    @property
    def clickable(self) -> bool:
        return "actions" in self._able

    def name(self) -> str:
        """What shows the notices here."""
        (name, _, version, _), _ = self._call("GetServerInformation")
        return f"{name} {version}".strip()

    def show(self, notice: Notice) -> int:
        """Show a notice; its number on this connection."""
        title, body = notice.title, notice.body
        if "body" not in self._able:
            title, body = f"{title}: {body}", ""
        elif "body-markup" in self._able:
            body = html.escape(body, quote=False)
        actions = ["default", "Open"] if self.clickable else []
        hints = {"urgency": ("y", 1)}
        arguments = (NAME, 0, "", title, body, actions, hints, -1)
        (number,), self._owner = self._call("Notify", "susssasa{sv}i", arguments)
        return int(number)

    def signals(self) -> list[tuple[str, int]]:
        """What became of notices since the last call: name of the signal, number. Never waits."""
        while True:
            try:
                self._early.append(self._connection.receive(timeout=0))
            except TimeoutError:
                break
        found = []
        while self._early:
            message = self._early.popleft()
            fields = message.header.fields
            if (
                message.header.message_type is MessageType.signal
                and fields.get(HeaderFields.interface) == _SERVICE.interface
                and fields.get(HeaderFields.sender) == self._owner
                and message.body
            ):
                found.append((str(fields.get(HeaderFields.member)), int(message.body[0])))
        return found

    def close(self) -> None:
        self._connection.close()

    def _call(
        self, method: str, signature: str | None = None, arguments: tuple[Any, ...] = ()
    ) -> tuple[Any, str]:
        """The answer's values, and who gave it."""
        answer = self._ask(new_method_call(_SERVICE, method, signature, arguments))
        return answer.body, str(answer.header.fields.get(HeaderFields.sender))

    def _ask(self, message: Message) -> Message:
        until = time.monotonic() + ANSWER_SECONDS
        serial = next(self._connection.outgoing_serial)
        self._connection.send(message, serial=serial)
        while True:
            answer = self._connection.receive(timeout=max(0.0, until - time.monotonic()))
            if answer.header.fields.get(HeaderFields.reply_serial) != serial:
                self._early.append(answer)
            elif answer.header.message_type is MessageType.error:
                raise CannotShow(f"the desktop's bus says: {answer.body[0]}")
            else:
                return answer


def _connect() -> DBusConnection:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    usual = Path(runtime) / "bus" if runtime else None
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS")
    if not address and usual is not None and usual.exists():
        address = f"unix:path={usual}"
    if not address:
        raise NoDesktop("there is no desktop session here")
    try:
        return open_dbus_connection(address, auth_timeout=ANSWER_SECONDS)
    except TimeoutError:
        raise
    except Exception as error:  # an address of another kind, nobody there, or not for this user
        raise CannotShow(f"the desktop's bus cannot be reached: {error}") from error
