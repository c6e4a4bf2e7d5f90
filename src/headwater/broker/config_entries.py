"""Settings as DescribeConfigs and CreateTopics show them: the value in Kafka's own text, and where it comes from.

Values stand in the layers as somebody wrote them (`TRUE`, `a, b`); shown is what Kafka makes of them. A secret is
never shown, neither itself nor in its synonyms.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from headwater.kernel.catalogue import AnySetting
from headwater.kernel.errors import SettingError
from headwater.kernel.layers import Settings
from headwater.kernel.settings import Source

TYPES: Final[Mapping[str, int]] = {
    "BOOLEAN": 1,
    "STRING": 2,
    "INT": 3,
    "SHORT": 4,
    "LONG": 5,
    "DOUBLE": 6,
    "LIST": 7,
    "CLASS": 8,
    "PASSWORD": 9,
}
"""Kafka's `DescribeConfigsResponse.ConfigType`; 0 is unknown."""


class EntrySynonym(Struct, frozen=True, kw_only=True):
    name: str
    text: str | None
    source: Source


class Entry(Struct, frozen=True, kw_only=True):
    setting: AnySetting
    name: str
    """The setting's own, or that of one listener's override."""
    text: str | None
    source: Source
    synonyms: tuple[EntrySynonym, ...]


def entries(view: Settings) -> Iterator[Entry]:
    """All that the view's resource can have, by name."""
    return (entry(view, each.name) for each in view.catalogue.of(view.scope))


def entry(view: Settings, name: str) -> Entry:
    """Raises UnknownSetting."""
    explained = view.explain(name)
    setting = explained.setting
    return Entry(
        setting=setting,
        name=name,
        text=_shown(setting, explained.text),
        source=explained.source,
        synonyms=tuple(
            EntrySynonym(name=each.name, text=None if setting.sensitive else each.text, source=each.source)
            for each in explained.synonyms
        ),
    )


def _shown(setting: AnySetting, text: str | None) -> str | None:
    if text is None or setting.sensitive:
        return None
    try:
        return setting.text(setting.parse(text))
    except SettingError:
        return text
