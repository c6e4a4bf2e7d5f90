"""What can go wrong between this program and a Kafka cluster.

ClientError
  Unreachable          no connection could be made                          retriable
  ConnectionLost       it broke before the answer came: whether the
                       request was carried out is not known                 retriable
  NotTrusted           the two sides can't agree on a secured connection:
                       a certificate, a host's name or a version of TLS
  NotAuthenticated     the broker does not believe who this is
  NoCommonVersion      this broker is too old, or too new, for us
  DeadlinePassed       the time that the caller gave is over; says what was tried last
  Refused              the broker said no: carries Kafka's error code       retriable where Kafka's clients think so
  ProducerFenced       another producer has taken the transactional id
  InvalidAddress       not HOST:PORT
  UnexpectedAnswer     an answer that does not fit what was asked
"""

from headwater.kernel.errors import HeadwaterError
from headwater.wire.error_codes import ErrorCode


class ClientError(HeadwaterError):
    """The root of this room. What is retriable may be tried again just as it was."""

    @property
    def retriable(self) -> bool:
        return False


class Unreachable(ClientError):
    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"no connection to {address}: {reason}")
        self.address = address

    @property
    def retriable(self) -> bool:
        return True


class ConnectionLost(ClientError):
    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"the connection to {address} is lost: {reason}")
        self.address = address

    @property
    def retriable(self) -> bool:
        return True


class NotTrusted(ClientError):
    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"no secured connection to {address}: {reason}")
        self.address = address


class NotAuthenticated(ClientError):
    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address} does not let this client in: {reason}")
        self.address = address


class NoCommonVersion(ClientError):
    def __init__(self, api: str, ours: str, theirs: str) -> None:
        super().__init__(f"{api} is spoken here in versions {ours}; the broker has {theirs}")


class DeadlinePassed(ClientError):
    def __init__(self, what: str, deadline_ms: int, last: BaseException | None = None) -> None:
        because = f"; at last: {last}" if last is not None else ""
        super().__init__(f"{what} did not end within {deadline_ms} ms{because}")
        self.last = last


class Refused(ClientError):
    """An error code that is not NONE, with what the broker said to it or, where it said nothing, with the subject."""

    def __init__(self, code: ErrorCode, *, subject: str = "", message: str | None = None) -> None:
        says = message or code.name.lower().replace("_", " ")
        named = not subject or (message is not None and subject.rsplit(maxsplit=1)[-1] in message)
        super().__init__(says if named else f"{subject}: {says}")
        self.code = code
        self.subject = subject

    @property
    def retriable(self) -> bool:
        return self.code.retriable


class ProducerFenced(ClientError):
    def __init__(self, transactional_id: str) -> None:
        super().__init__(f"another producer has taken the transactional id {transactional_id}")


class InvalidAddress(ClientError):
    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no address: write HOST:PORT, or several with commas between them")


class UnexpectedAnswer(ClientError):
    def __init__(self, what: str) -> None:
        super().__init__(f"an answer does not fit the question: {what}")


def check(number: int, *, subject: str = "", message: str | None = None) -> None:
    """Raises `Refused` unless the error code is NONE. A code younger than this program is an unknown server error."""
    if number == ErrorCode.NONE:
        return
    try:
        code = ErrorCode(number)
    except ValueError:
        code, message = ErrorCode.UNKNOWN_SERVER_ERROR, message or f"error code {number}, which is not known here"
    raise Refused(code, subject=subject, message=message)
