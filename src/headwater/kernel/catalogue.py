"""All the settings of a process, by scope and name.

Assembly joins the rooms' lists into one; there is no global registry. Behind them stand the rows of
`kafka_settings.json`: every setting that Apache Kafka 4.4 knows. A declared setting takes the place of the row of its name,
and what is left are settings without meaning here, which are accepted, kept and described as Kafka would.
"""

import pkgutil
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final

import msgspec

from headwater.kernel import kinds
from headwater.kernel.errors import UnknownSetting
from headwater.kernel.kinds import Kind
from headwater.kernel.settings import Scope, Setting, Update

AnySetting = Setting[Any]

_OF_ONE_LISTENER = re.compile(r"listener\.name\.[^.]*\.(.+)")
_KINDS: Final[dict[str, Kind[Any]]] = {
    "BOOLEAN": kinds.Boolean,
    "CLASS": kinds.ClassName,
    "DOUBLE": kinds.Double,
    "INT": kinds.Int,
    "LIST": kinds.TextList,
    "LONG": kinds.Long,
    "PASSWORD": kinds.Password,
    "SHORT": kinds.Short,
    "STRING": kinds.Text,
}


class KafkaRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the data file; what is left out is as usual."""

    name: str
    scope: str
    type: str
    default: str | None = None
    least: int | float | None = None
    most: int | float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    update: str = Update.READ_ONLY.value
    broker_default: str | None = None
    internal: bool = False
    doc: str

    def setting(self) -> AnySetting:
        kind = _KINDS[self.type]
        if self.choices:
            kind = (kinds.ListOf if self.type == "LIST" else kinds.Choice)(*self.choices)
        return Setting(
            self.name,
            kind,
            default=None if self.default is None else kind.parse(self.default),
            scope=Scope[self.scope],
            doc=self.doc,
            bounds=(self.least, self.most),
            check=_matching(self.pattern, kind) if self.pattern else None,
            update=Update(self.update),
            broker_default=self.broker_default,
            internal=self.internal,
            meaningful=False,
        )


def _matching(pattern: str, kind: Kind[Any]) -> Callable[[Any], str | None]:
    form = re.compile(pattern)

    def check(value: object) -> str | None:
        return None if form.fullmatch(kind.text(value)) else f"of the form {pattern}"

    return check


@cache
def kafka_settings() -> tuple[AnySetting, ...]:
    """Read when a setting is first asked for that no room declares: it costs a few milliseconds."""
    data = pkgutil.get_data("headwater.kernel", "kafka_settings.json") or b""
    return tuple(row.setting() for row in msgspec.json.decode(data, type=list[KafkaRow]))


class Catalogue:
    """Lookup and listing. Built once, never changed."""

    def __init__(self, *lists: Iterable[AnySetting]) -> None:
        self._declared: dict[tuple[Scope, str], AnySetting] = {}
        self._all: dict[tuple[Scope, str], AnySetting] | None = None
        for setting in (each for declared in lists for each in declared):
            if self._declared.setdefault((setting.scope, setting.name), setting) is not setting:
                raise ValueError(f"{setting.name} is declared twice for {setting.scope.name}")

    def find(self, scope: Scope, name: str) -> AnySetting:
        """Also by the name of one listener's override, `listener.name.<listener>.`, or one mechanism's behind it."""
        key = (scope, name)
        if found := self._declared.get(key) or self._with_kafkas().get(key):
            return found
        if scope is Scope.BROKER and (override := _OF_ONE_LISTENER.fullmatch(name)):
            rest = override[1]
            for candidate in (rest, rest.partition(".")[2]):
                if found := self._with_kafkas().get((scope, candidate)):
                    return found
        raise UnknownSetting(name)

    def of(self, scope: Scope) -> list[AnySetting]:
        """All that can be shown, by name."""
        shown = (each for each in self._with_kafkas().values() if each.scope is scope and not each.internal)
        return sorted(shown, key=lambda each: each.name)

    def validate(self, scope: Scope, name: str, text: str) -> AnySetting:
        """The setting, if `text` is a value for it: else UnknownSetting or InvalidSetting."""
        setting = self.find(scope, name)
        setting.parse(text)
        return setting

    def _with_kafkas(self) -> dict[tuple[Scope, str], AnySetting]:
        if self._all is None:
            self._all = {(each.scope, each.name): each for each in kafka_settings()} | self._declared
        return self._all
