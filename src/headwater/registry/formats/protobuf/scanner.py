"""The words of a `.proto` text, one after the other, by the rules of Wire's reader, which is Confluent's.

They are not quite protoc's: a dot and a minus are letters, `010` is ten, and adjacent strings are one string. Comments and blanks
stand between words and mean nothing.
"""

import re
from typing import Final

from headwater.registry.errors import InvalidSchema

_BETWEEN: Final = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*(?s:.*?)\*/)*+")
_WORD: Final = re.compile(r"[A-Za-z0-9_.\-]+")
_PLAIN: Final = re.compile(r"[^'\"\\]+")
_HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]{1,2}")
_OCTAL: Final = re.compile(r"[0-7]{1,3}")
_INTEGER: Final = re.compile(r"(?:0[xX](?P<hexadecimal>-?[0-9a-fA-F]+)|(?P<decimal>-?[0-9]+))")
_ESCAPES: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_INTEGER_DIGITS_MAX: Final = 64
QUOTES: Final = ("'", '"')


class Scanner:
    """Reads on from where it is; raises InvalidSchema with that place's line and column."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def exhausted(self) -> bool:
        self._skip()
        return self._at == len(self._text)

    @property
    def place(self) -> int:
        """To be given back to `unexpected`."""
        return self._at

    def peek(self) -> str:
        """The next character, which stays the next one."""
        self._skip()
        if self._at == len(self._text):
            raise self.unexpected("unexpected end of file")
        return self._text[self._at]

    def take(self) -> str:
        character = self.peek()
        self._at += 1
        return character

    def took(self, character: str) -> bool:
        """Whether it was the next one; then it is read."""
        if self.peek() != character:
            return False
        self._at += 1
        return True

    def require(self, character: str) -> None:
        found = self.take()
        if found != character:
            raise self.unexpected(f"expected '{character}' but was '{found}'")

    def back(self) -> None:
        """The character that was read last is the next one again."""
        self._at -= 1

    def word(self, *, leading_digit: bool = True) -> str:
        self._skip()
        found = _WORD.match(self._text, self._at)
        if found is None:
            raise self.unexpected("expected a word")
        if not leading_digit and found[0][0].isdigit():
            raise self.unexpected("field and constant names cannot start with a digit")
        self._at = found.end()
        return found[0]

    def name(self, *, leading_digit: bool = True, wrapped: bool = False) -> str:
        """A word, that may stand in brackets; `wrapped` keeps them."""
        opening = self.peek()
        closing = {"(": ")", "[": "]"}.get(opening)
        if closing is None:
            return self.word(leading_digit=leading_digit)
        self._at += 1
        word = self.word(leading_digit=leading_digit)
        if self.take() != closing:
            raise self.unexpected(f"expected '{closing}'")
        return f"{opening}{word}{closing}" if wrapped else word

    def type_name(self, first: str | None = None) -> str:
        """`map<a, b>` or a name; `first` is its first word where that was read already."""
        word = self.word() if first is None else first
        if word == "map":
            return self._map_type()
        while self.peek() == ".":
            self._at += 1
            word = f"{word}.{self.word()}"
        return word

    def _map_type(self) -> str:
        self._expect("<")
        key = self.type_name()
        self._expect(",")
        value = self.type_name()
        self._expect(">")
        return f"map<{key}, {value}>"

    def _expect(self, character: str) -> None:
        if self.take() != character:
            raise self.unexpected(f"expected '{character}'")

    def integer(self) -> int:
        word = self.word()
        found = _INTEGER.fullmatch(word)
        if found is None or len(word) > _INTEGER_DIGITS_MAX:
            raise self.unexpected(f"expected an integer but was {word[:_INTEGER_DIGITS_MAX]}")
        value = int(found["hexadecimal"], 16) if found["hexadecimal"] else int(found["decimal"])
        if not -(1 << 31) <= value < 1 << 31:
            raise self.unexpected(f"expected an integer but was {word}")
        return value

    def string(self) -> str:
        """Without its quotes; strings side by side are one."""
        parts: list[str] = []
        while True:
            parts.extend(self._quoted())
            if self.peek() not in QUOTES:
                return "".join(parts)

    def _quoted(self) -> list[str]:
        quote = self.take()
        if quote not in QUOTES:
            raise self.unexpected("expected quoted string")
        parts: list[str] = []
        while self._at < len(self._text):
            if plain := _PLAIN.match(self._text, self._at):
                parts.append(plain[0])
                self._at = plain.end()
                continue
            character = self._text[self._at]
            self._at += 1
            if character == quote:
                return parts
            parts.append(self._escaped() if character == "\\" else character)
        raise self.unexpected("unterminated string")

    def _escaped(self) -> str:
        if self._at == len(self._text):
            raise self.unexpected("unexpected end of file")
        character = self._text[self._at]
        if character in "01234567":
            return self._numbered(_OCTAL, 8)
        self._at += 1
        if character in "xX":
            return self._numbered(_HEXADECIMAL, 16)
        return _ESCAPES.get(character, character)

    def _numbered(self, digits: re.Pattern[str], base: int) -> str:
        found = digits.match(self._text, self._at)
        if found is None:
            raise self.unexpected("expected a digit after \\x or \\X")
        self._at = found.end()
        return chr(int(found[0], base))

    def _skip(self) -> None:
        found = _BETWEEN.match(self._text, self._at)
        self._at = found.end() if found else self._at
        if self._text.startswith("/", self._at):
            comment = self._text.startswith("/*", self._at)
            raise self.unexpected("unterminated comment" if comment else "unexpected '/'")

    def unexpected(self, what: str, at: int | None = None) -> InvalidSchema:
        """The place is the current one unless it is given."""
        place = self.shown(self._at if at is None else at)
        return InvalidSchema(f"Could not parse Protobuf - Syntax error in {place}: {what}")

    def shown(self, place: int) -> str:
        """Lines and columns begin with 1."""
        line = self._text.count("\n", 0, place) + 1
        return f":{line}:{place - self._text.rfind(chr(10), 0, place)}"
