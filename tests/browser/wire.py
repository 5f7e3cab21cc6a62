"""A wire between pages and Relight that can be cut: connections break off, none is made until it is mended.

It remembers the positions of the change log that came over it. Loaded by path from conftest.py.
"""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
import time

# Changes come without an event's name; what else is streamed has one.
_POSITION = re.compile(rb"(?:^|\n)id: (\d+)\r?\ndata: ")
# Closed with this, a connection is reset, as when the network goes: nobody says good-bye.
_RESET = struct.pack("ii", 1, 0)


class Wire:
    """Carries bytes to a port of this machine and back, until it is cut."""

    def __init__(self, port) -> None:
        """Listen on a free port."""
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._lock = threading.Lock()
        self._is_cut = False
        self._open: set[socket.socket] = set()
        self._came: list[bytearray] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def cut(self) -> None:
        """Break off every connection, and refuse new ones."""
        with self._lock:
            self._is_cut = True
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Carry again."""
        self._is_cut = False

    def positions(self) -> list[int]:
        """Return the positions of the log that came over the wire, in the order in which they came.

        What was on its way when the wire was cut may be lost to the page, which then asks for it again: where
        a connection begins with what the one before ended with, that counts once.
        """
        positions: list[int] = []
        for came in self._came:
            found = [int(one) for one in _POSITION.findall(bytes(came))]
            while found and positions and found[0] == positions[-1]:
                found.pop(0)
            positions += found
        return positions

    def positions_until(self, position) -> list[int]:
        """Return the positions up to one of them, once that has come."""
        gives_up_at = time.monotonic() + 60
        while position not in (came := self.positions()):
            assert time.monotonic() < gives_up_at, f"{position} never comes over the wire"
            time.sleep(0.05)
        return [one for one in came if one <= position]

    def close(self) -> None:
        """Cut it for good."""
        self.cut()
        self._listener.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near) -> None:
        came = bytearray()
        with near, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._server)) as far:
            with self._lock:
                if self._is_cut:
                    return
                self._open |= {near, far}
                self._came.append(came)
            back = threading.Thread(target=self._pump, args=(far, near, came), daemon=True)
            back.start()
            self._pump(near, far, bytearray())
            back.join()
            with self._lock:
                self._open -= {near, far}

    @staticmethod
    def _pump(source, sink, came) -> None:
        with contextlib.suppress(OSError):
            while part := source.recv(65536):
                came += part
                sink.sendall(part)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
