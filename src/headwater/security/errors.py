"""What can be wrong with proofs of who somebody is.

SecurityError
  UnreadableStore        a key store or trust store can't be read; names it and says how to convert it
  InvalidJaas            a JAAS configuration can't be read, or does not say what is needed
  InvalidUsers           a file of users and passwords can't be read
  ExchangeFailed         what the other side said in a SASL exchange is wrong, or says that we are
"""

from headwater.kernel.errors import HeadwaterError


class SecurityError(HeadwaterError):
    """The root of this room. No message shows a password."""


class UnreadableStore(SecurityError):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} can't be read: {reason}")


class InvalidJaas(SecurityError):
    def __init__(self, reason: str) -> None:
        super().__init__(f"a JAAS configuration can't be used: {reason}")


class InvalidUsers(SecurityError):
    """Says which line."""


class ExchangeFailed(SecurityError):
    """Says what the other side did."""
