"""A connection that can't be held for ever: uvicorn bounds only the pause between two requests.

Whoever sends a request byte by byte, or never reads the answer, would keep a place of those that the server has, and with
enough of them nobody else is answered. So a request must have come whole, and what is written be taken, by a deadline.
"""

from asyncio import TimerHandle, Transport
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_UNFINISHED: Final = (h11.IDLE, h11.SEND_BODY)


class Connection(H11Protocol):
    """`patience_s` is how long a request may take to come, and an answer to be taken."""

    patience_s: float = 60

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._reading: TimerHandle | None = None
        self._writing: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._reading = self._deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_reading_clock()
        self._stop_writing_clock()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        if self.conn.their_state not in _UNFINISHED:
            self._stop_reading_clock()
        elif self._reading is None:
            self._reading = self._deadline()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._writing = self._writing or self._deadline()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_writing_clock()

    def timeout_keep_alive_handler(self) -> None:
        """Closing waits for the rest of an answer to be taken, so where there is one, that would be for ever."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def _deadline(self) -> TimerHandle:
        return self.loop.call_later(self.patience_s, self.transport.abort)

    def _stop_reading_clock(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _stop_writing_clock(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _unsupported_upgrade_warning(self) -> None:
        """Some clients ask for HTTP/2 with each first request, and go on without it: that is no trouble."""
