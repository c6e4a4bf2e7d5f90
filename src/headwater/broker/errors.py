"""What can go wrong between a socket and a handler.

BrokerError
  ConnectionRefused            the connection is closed, without an answer; the client's fault unless said otherwise
    FrameTooLarge              a length below zero or above socket.request.max.bytes
    UnknownApi                 an API that this broker does not have
    UnsupportedApiVersion      a version outside of what ApiVersions lists
    NotAnswered                a request that wants no answer is refused (Produce with acks=0)
    HandlerFailed              ours: not even the refusal of a request could be made
    BrokerStops                ours: the broker ends while the request waits
    TooManyConnections         max.connections, or those of one address
    TooManyNewConnections      faster than a quota or max.connection.creation.rate allows; the socket closes a little later
    Idle                       connections.max.idle.ms
    SlowReader                 answers pile up that the client does not read
  Refused                      carries the code that the client is told; a handler raises it for the whole request
    InvalidExpression          INVALID_REGULAR_EXPRESSION
  DeadLettersRefused           a topic may not take the dead letters of a share group, now or later
  UnsupportedProtocol          a listener asks for a security protocol that is not built yet
  CannotListen                 an address or a port that can't be had
"""

from headwater.kernel.errors import HeadwaterError
from headwater.wire.error_codes import ErrorCode


class BrokerError(HeadwaterError):
    """The root of this room."""


class ConnectionRefused(BrokerError):
    """Kafka's protocol has no answer for this; the connection is closed and a line is logged."""


class FrameTooLarge(ConnectionRefused):
    def __init__(self, length: int, bytes_max: int) -> None:
        super().__init__(f"a request claims {length} bytes; socket.request.max.bytes allows 0 to {bytes_max}")


class UnknownApi(ConnectionRefused):
    def __init__(self, api_key: int) -> None:
        super().__init__(f"there is no API with the key {api_key} here")


class UnsupportedApiVersion(ConnectionRefused):
    def __init__(self, api: str, version: int, supported: str) -> None:
        super().__init__(f"{api} has no version {version} here; ApiVersions lists {supported}")


class NotAnswered(ConnectionRefused):
    def __init__(self, code: ErrorCode) -> None:
        super().__init__(f"a request that wants no answer failed with {code.name}")


class HandlerFailed(ConnectionRefused):
    def __init__(self, api: str) -> None:
        super().__init__(f"{api} could not be answered; the log has the reason")


class BrokerStops(ConnectionRefused):
    def __init__(self) -> None:
        super().__init__("the broker stops")


class TooManyConnections(ConnectionRefused):
    def __init__(self, host: str, connections_max: int, setting: str) -> None:
        super().__init__(f"{host} may not connect: {setting} is {connections_max}")


class TooManyNewConnections(ConnectionRefused):
    """A client that is closed at once comes again at once, so that waits for `close_after_ms`."""

    def __init__(self, host: str, setting: str, close_after_ms: int) -> None:
        super().__init__(f"{host} connects faster than {setting} allows")
        self.close_after_ms = close_after_ms


class Idle(ConnectionRefused):
    def __init__(self, host: str, idle_ms: int) -> None:
        super().__init__(f"{host} sent nothing for {idle_ms} ms, which is connections.max.idle.ms")


class SlowReader(ConnectionRefused):
    def __init__(self, host: str, bytes_waiting: int) -> None:
        super().__init__(f"{host} has {bytes_waiting} bytes of answers waiting that it does not read")


class Refused(BrokerError):
    """The whole request is refused: the dispatcher answers it by the API's `refuse`."""

    def __init__(self, code: ErrorCode, message: str = "") -> None:
        super().__init__(message or code.name)
        self.code = code


class InvalidExpression(Refused):
    def __init__(self, expression: str, reason: str) -> None:
        super().__init__(
            ErrorCode.INVALID_REGULAR_EXPRESSION, f"`{expression}` is not a valid regular expression: {reason}."
        )


class DeadLettersRefused(BrokerError):
    """Says what is wrong with the topic that the group has chosen."""


class UnsupportedProtocol(BrokerError):
    def __init__(self, listener: str, protocol: str) -> None:
        super().__init__(f"listener {listener} asks for {protocol}, which is not built yet: only PLAINTEXT is served")


class CannotListen(BrokerError):
    def __init__(self, host: str, port: int, problem: OSError) -> None:
        reason = (problem.strerror or str(problem)).rpartition(": ")[2]  # the event loop puts the address before it
        super().__init__(f"can't listen on port {port} of {host or 'any address'}: {reason}; choose another")
