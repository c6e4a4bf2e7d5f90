"""The way of a change to the node that writes: any node takes it, and one decides."""

from typing import Final, Protocol

from fastapi import Request, Response

from headwater.http.endpoints import Guard


class Forwarder(Protocol):
    async def forward(self, request: Request) -> Response | None:
        """The writer's answer, whatever it is; None where this node writes. Raises NotTheWriter where nobody is known to write or the
        request was forwarded already, and ForwardingFailed."""
        ...


class Alone:
    """One node, which writes."""

    async def forward(self, request: Request) -> Response | None:
        del request
        return None


class AnsweredElsewhere(Exception):
    """No error, but the way past the handler."""

    def __init__(self, answer: Response) -> None:
        super().__init__("the writer has answered")
        self.answer: Final = answer


def on_writer(forwarder: Forwarder) -> Guard:
    """Stands before an endpoint that changes something."""

    async def guard(request: Request) -> None:
        answer = await forwarder.forward(request)
        if answer is not None:
            raise AnsweredElsewhere(answer)

    return guard


async def as_answered(request: Request, elsewhere: AnsweredElsewhere) -> Response:
    """As FastAPI calls it for what `on_writer` raises."""
    del request
    return elsewhere.answer
