"""JAAS configurations of Java: one login module in a setting, or a file of named sections.

org.apache.kafka.common.security.plain.PlainLoginModule required username="ada" password="s";

SchemaRegistry-Props { org.eclipse.jetty.security.jaas.spi.PropertyFileLoginModule required file="/etc/users"; };
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from headwater.security.errors import InvalidJaas

_TOKEN: Final = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)|"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<mark>[{};=])|(?P<word>[^\s{};="]+)""",
    re.DOTALL,
)
_FLAGS: Final = ("required", "requisite", "sufficient", "optional")


@dataclass(frozen=True, kw_only=True, slots=True)
class LoginModule:
    name: str
    options: Mapping[str, str]

    @property
    def simple_name(self) -> str:
        """Without its package: the same module has had several."""
        return self.name.rpartition(".")[2]


def login_module(text: str) -> LoginModule:
    """What `sasl.jaas.config` says. Raises InvalidJaas."""
    tokens = _Tokens(text)
    module = _module(tokens)
    if tokens.has_more:
        raise InvalidJaas("there is more than one login module")
    return module


def sections(text: str) -> dict[str, LoginModule]:
    """The first login module of each section of a file. Raises InvalidJaas."""
    tokens, found = _Tokens(text), {}
    while tokens.has_more:
        name = tokens.take()
        tokens.expect("{")
        modules = [_module(tokens)]
        while tokens.next != "}":
            modules.append(_module(tokens))
        tokens.expect("}")
        tokens.expect(";")
        found[name] = modules[0]
    return found


def _module(tokens: "_Tokens") -> LoginModule:
    name, flag = tokens.take(), tokens.take()
    if flag.lower() not in _FLAGS:
        raise InvalidJaas(f"after {name} comes one of {', '.join(_FLAGS)}")
    options = {}
    while tokens.next != ";":
        key = tokens.take()
        tokens.expect("=")
        options[key] = tokens.take()
    tokens.expect(";")
    return LoginModule(name=name, options=options)


class _Tokens:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0

    @property
    def has_more(self) -> bool:
        return self._at < len(self._tokens)

    @property
    def next(self) -> str | None:
        """The mark that comes next, if it is one."""
        if not self.has_more:
            raise InvalidJaas("it ends too early: a login module ends with a semicolon")
        text, is_mark = self._tokens[self._at]
        return text if is_mark else None

    def take(self) -> str:
        if (mark := self.next) is not None:
            raise InvalidJaas(f"there is {mark!r} where a word must be")
        text, _ = self._tokens[self._at]
        self._at += 1
        return text

    def expect(self, mark: str) -> None:
        if self.next != mark:
            raise InvalidJaas(f"there is no {mark!r} where one must be")
        self._at += 1


def _tokens(text: str) -> list[tuple[str, bool]]:
    """Each with whether it is a mark. No error shows what stands there: it may be a password."""
    found, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise InvalidJaas("a quotation does not end")
        at = match.end()
        if match["mark"] is not None:
            found.append((match["mark"], True))
        elif match["word"] is not None:
            found.append((match["word"], False))
        elif match["quoted"] is not None:
            found.append((re.sub(r"\\(.)", r"\1", match["quoted"], flags=re.DOTALL), False))
    return found
