"""Asks a window to close as a window manager does when its cross is clicked."""

from __future__ import annotations

import ctypes

CLIENT_MESSAGE = 33


class ClientMessage(ctypes.Structure):
    """`XClientMessageEvent`, as wide as the union that it is part of."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 16),
    )


def ask_to_close(display: str, window: int) -> None:
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    x11.XInternAtom.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
    x11.XSendEvent.argtypes = (
        ctypes.c_void_p,
        ctypes.c_ulong,
        ctypes.c_int,
        ctypes.c_long,
        ctypes.POINTER(ClientMessage),
    )
    x11.XCloseDisplay.argtypes = (ctypes.c_void_p,)
    server = x11.XOpenDisplay(display.encode())
    assert server, f"there is no display {display}"
    message = ClientMessage(type=CLIENT_MESSAGE, window=window, format=32)
    message.message_type = x11.XInternAtom(server, b"WM_PROTOCOLS", 0)
    message.data[0] = x11.XInternAtom(server, b"WM_DELETE_WINDOW", 0)
    assert x11.XSendEvent(server, window, 0, 0, ctypes.byref(message))
    x11.XCloseDisplay(server)  # which sends what waits
