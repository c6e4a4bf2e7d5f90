"""A file of users, as Jetty's PropertyFileLoginModule reads it: `ada: password,developer,admin` in each line.

A password stands there as it is, as `MD5:` and its digest, or as `OBF:`, which only keeps it from being read in passing.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from headwater.kernel.kinds import Secret
from headwater.kernel.properties import parse
from headwater.security.errors import InvalidUsers

_MD5: Final = "MD5:"
_OBF: Final = "OBF:"
_CRYPT: Final = "CRYPT:"


@dataclass(frozen=True, kw_only=True, slots=True)
class User:
    name: str
    roles: frozenset[str]
    secret: Secret
    """The password, or the hexadecimal digest of it."""
    is_digest: bool = False

    def knows(self, password: str) -> bool:
        """As long for a wrong password as for the right one."""
        shown = hashlib.md5(password.encode(), usedforsecurity=False).hexdigest() if self.is_digest else password
        return hmac.compare_digest(shown.encode(), self.secret.reveal().encode())


_NOBODY: Final = User(name="", roles=frozenset(), secret=Secret("nobody"))


class Users:
    def __init__(self, users: Mapping[str, User]) -> None:
        self._users = dict(users)

    def who(self, name: str, password: str) -> User | None:
        """None unless name and password are right; a name that nobody has takes as long as one that somebody has."""
        user = self._users.get(name)
        knows = (user or _NOBODY).knows(password)
        return user if knows else None


def users_in(text: str) -> Users:
    """Raises InvalidUsers."""
    return Users({name: _user(name, value) for name, value in parse(text).items()})


def _user(name: str, value: str) -> User:
    shown, *roles = (each.strip() for each in value.split(","))
    if shown.startswith(_CRYPT):
        raise InvalidUsers(f"the password of {name} is {_CRYPT}..., which is not read: write {_MD5}... or the password")
    is_digest = shown.startswith(_MD5)
    secret = shown.removeprefix(_MD5).lower() if is_digest else shown
    if shown.startswith(_OBF):
        secret = _clear(name, shown.removeprefix(_OBF))
    return User(name=name, roles=frozenset(roles), secret=Secret(secret), is_digest=is_digest)


def _clear(name: str, obfuscated: str) -> str:
    """Four digits of base 36 for each byte, together with its mirror in the password; after a U, for the bytes that are not ASCII."""
    found, at = bytearray(), 0
    try:
        while at < len(obfuscated):
            if obfuscated[at] == "U":
                found.append(int(obfuscated[at + 1 : at + 5], 36) >> 8)
                at += 5
            else:
                one, other = divmod(int(obfuscated[at : at + 4], 36), 256)
                found.append((one + other - 254) // 2)
                at += 4
        return found.decode()
    except ValueError:
        raise InvalidUsers(f"the password of {name} is {_OBF}..., and can't be read") from None
