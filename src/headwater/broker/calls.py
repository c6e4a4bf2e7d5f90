"""Runs a handler, which is a coroutine, with its first step inside the call that starts it.

What a handler must do in order, above all Produce's place in the append queue, it does before its first `await`; so that step
has to run before the next request of the connection is looked at. An asyncio Task of Python 3.11 runs it only in the
next turn of the loop, and costs two more turns around each answer. A handler mostly waits for one future, so its
coroutine is driven here by the callbacks of the futures that it awaits.

The price: a handler is not in a Task. It awaits futures; `asyncio.timeout`, `TaskGroup` and whatever needs `current_task`
raise RuntimeError in it. Deadlines on this path are swept or are `call_at` on a future, as everywhere on it.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

Finished: TypeAlias = Callable[[Any, BaseException | None], None]
"""Takes what the handler returned, or what it raised. Called once, maybe before `start` returns."""


class Call:
    __slots__ = ("_awaited", "_coroutine", "_finished", "_is_cancelled", "_is_for_client")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], finished: Finished, *, is_for_client: bool) -> None:
        self._coroutine = coroutine
        self._finished = finished
        self._is_for_client = is_for_client
        """Nothing but the answer would come of it: where nobody waits for that, it can end."""
        self._awaited: asyncio.Future[Any] | None = None
        self._is_cancelled = False

    def start(self) -> None:
        self._step()

    def client_left(self) -> None:
        if self._is_for_client:
            self.cancel()

    def cancel(self) -> None:
        """The handler sees a CancelledError where it waits, as a cancelled Task would."""
        self._is_cancelled = True
        if self._awaited is not None:
            self._awaited.cancel()

    def _step(self, _: object = None) -> None:
        self._awaited = None
        try:
            awaited = self._throw_cancelled() if self._is_cancelled else self._coroutine.send(None)
        except StopIteration as end:
            self._finished(end.value, None)
        except (Exception, asyncio.CancelledError) as problem:
            self._finished(None, problem)
        else:
            self._wait_for(awaited)

    def _throw_cancelled(self) -> Any:
        self._is_cancelled = False
        return self._coroutine.throw(asyncio.CancelledError)

    def _wait_for(self, awaited: asyncio.Future[Any] | None) -> None:
        if awaited is None:  # asyncio.sleep(0): a turn for the others
            asyncio.get_running_loop().call_soon(self._step)
            return
        awaited._asyncio_future_blocking = False  # as a Task does: the await has been seen
        self._awaited = awaited
        awaited.add_done_callback(self._step)
