"""The value in force: a setting's text may be given at several layers, and the first that has it wins.

A topic's own value stands before the broker's dynamic one, that before the cluster's dynamic default, that before
`server.properties`, and the default is last. Kafka gives some broker settings in several units (`log.retention.ms`,
`.minutes`, `.hours`): such names are one family, and inside a layer the finest unit wins.

`Settings` is the view of one resource at one moment. It never changes, so it can be handed around and keeps what it has
parsed: a lookup on the hot path is one dict access. `LiveSettings` replaces views as changes become durable.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import dropwhile
from types import MappingProxyType
from typing import Any, Final, TypeVar

from headwater.kernel.catalogue import AnySetting, Catalogue
from headwater.kernel.errors import UnknownSetting
from headwater.kernel.settings import Scope, Setting, Source
from headwater.kernel.units import HOUR_MS, MINUTE_MS

Value = TypeVar("Value")
Texts = Mapping[str, str]

FAMILIES: Final[Mapping[str, tuple[tuple[str, int], ...]]] = MappingProxyType(
    {
        family[0][0]: family
        for family in (
            (("log.roll.ms", 1), ("log.roll.hours", HOUR_MS)),
            (("log.roll.jitter.ms", 1), ("log.roll.jitter.hours", HOUR_MS)),
            (("log.retention.ms", 1), ("log.retention.minutes", MINUTE_MS), ("log.retention.hours", HOUR_MS)),
            (("log.flush.interval.ms", 1), ("log.flush.scheduler.interval.ms", 1)),
        )
    }
)
"""Names of one thing in several units, finest first, each with its unit in milliseconds."""

_FAMILY_OF: Final = {name: family for family in FAMILIES.values() for name, _ in family}
_OWN_SOURCE: Final = {
    Scope.TOPIC: Source.TOPIC,
    Scope.GROUP: Source.GROUP,
    Scope.CLIENT_METRICS: Source.CLIENT_METRICS,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokerLayers:
    """What was given for brokers, as text: for this one, for all of them, and in the file it started with."""

    broker: Texts = field(default_factory=dict)
    cluster: Texts = field(default_factory=dict)
    static: Texts = field(default_factory=dict)

    def in_order(self) -> Iterator[tuple[Source, Texts]]:
        yield Source.DYNAMIC_BROKER, self.broker
        yield Source.DYNAMIC_DEFAULT_BROKER, self.cluster
        yield Source.STATIC_BROKER, self.static


@dataclass(frozen=True, kw_only=True, slots=True)
class Synonym:
    """One place where a value was found. `factor` turns its unit into the asked setting's."""

    name: str
    text: str
    source: Source
    factor: int = 1

    def converted(self) -> str:
        """-1 means the same in every unit."""
        return self.text if self.factor == 1 or int(self.text) < 0 else str(int(self.text) * self.factor)


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """A value with all the places it could have come from, the one in force first."""

    setting: AnySetting
    text: str | None
    source: Source
    synonyms: tuple[Synonym, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What holds for one topic, group or broker."""

    catalogue: Catalogue
    scope: Scope
    own: Texts = field(default_factory=dict)
    layers: BrokerLayers = field(default_factory=BrokerLayers)
    base: "Settings | None" = None
    """The view of all that have nothing of their own: what is not in `own` is parsed there, once for all of them."""
    _parsed: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __getitem__(self, setting: Setting[Value]) -> Value:
        try:
            return self._parsed[setting.name]  # type: ignore[no-any-return] # `_parse` put it there
        except KeyError:
            return self._parse(setting)

    def _parse(self, setting: Setting[Value]) -> Value:
        if setting.scope is not self.scope:
            raise UnknownSetting(setting.name)
        if self.base is not None and setting.name not in self.own:
            value = self.base[setting]
        else:
            found = next(self._synonyms(setting), None)
            value = setting.default if found is None else setting.parse(found.converted())
            value = self._bounded(setting, value)
        self._parsed[setting.name] = value
        return value

    def _bounded(self, setting: Setting[Value], value: Value) -> Value:
        least, most = setting.broker_bounds
        nearest: Any = value
        if least is not None:
            nearest = max(nearest, self.of_broker(least))
        if most is not None:
            nearest = min(nearest, self.of_broker(most))
        bounded: Value = nearest
        return bounded

    def of_broker(self, name: str) -> Any:
        """The value of the broker's setting of this name, whatever resource this is the view of."""
        found = next(self._of_broker(name))
        return self.catalogue.find(Scope.BROKER, name).parse(found.converted())

    def resolved(self, resolve: Callable[["Settings"], Value]) -> Value:
        """What `resolve` makes of this view, made once: a room's own frozen value of all the settings it looks at."""
        try:
            return self._parsed[resolve]  # type: ignore[no-any-return] # put there below
        except KeyError:
            return self._parsed.setdefault(resolve, resolve(self))  # type: ignore[no-any-return]

    def of_listener(self, listener: str, setting: Setting[Value]) -> Value | None:
        """What is set for this listener alone, as `listener.name.<listener>.<setting>`."""
        name = f"listener.name.{listener.lower()}.{setting.name}"
        texts = (texts[name] for _, texts in self.layers.in_order() if name in texts)
        text = next(texts, None)
        return None if text is None else setting.parse(text)

    def explain(self, name: str) -> Explained:
        """For DescribeConfigs, as Apache Kafka 4.4 answers it: a broker's `log.retention.ms` stays unset where only
        `log.retention.hours` is given, and of a topic only what follows a broker's setting has its default as a synonym.
        In one thing we tell more: that a topic's `retention.ms` comes from `log.retention.hours`. Raises UnknownSetting.
        """
        setting = self.catalogue.find(self.scope, name)
        found = self._synonyms(setting, name)
        if self.scope is Scope.BROKER:
            found = dropwhile(lambda synonym: synonym.name != name, found)
        synonyms = tuple(found)
        if not synonyms:
            return Explained(setting=setting, text=setting.default_text, source=Source.DEFAULT, synonyms=())
        first = synonyms[0]
        return Explained(setting=setting, text=first.converted(), source=first.source, synonyms=synonyms)

    def _synonyms(self, setting: AnySetting, name: str | None = None) -> Iterator[Synonym]:
        """In order of precedence, defaults last. `name` may be that of one listener's override."""
        if self.scope is Scope.BROKER:
            yield from self._of_broker(name or setting.name)
            return
        if (text := self.own.get(setting.name)) is not None:
            yield Synonym(name=setting.name, text=text, source=_OWN_SOURCE[self.scope])
        if setting.broker_default is not None:
            yield from self._of_broker(setting.broker_default)
        elif self.scope is Scope.GROUP and setting.default_text is not None:
            yield Synonym(name=setting.name, text=setting.default_text, source=Source.DEFAULT)

    def _of_broker(self, name: str) -> Iterator[Synonym]:
        family = _family(self.catalogue, name)
        for source, texts in self.layers.in_order():
            for member, factor in family:
                if (text := texts.get(member)) is not None:
                    yield Synonym(name=member, text=text, source=source, factor=factor)
        for member, factor in family:
            if (default := self.catalogue.find(Scope.BROKER, member).default_text) is not None:
                yield Synonym(name=member, text=default, source=Source.DEFAULT, factor=factor)


class LiveSettings:
    """The views in force, replaced one by one as config records become durable. Only one node's: `node_id`'s."""

    def __init__(self, catalogue: Catalogue, *, node_id: int, static: Texts) -> None:
        self._node = str(node_id)
        self._plain = {
            scope: Settings(catalogue=catalogue, scope=scope, layers=BrokerLayers(static=static)) for scope in Scope
        }
        self._own: dict[Scope, dict[str, Settings]] = {scope: {} for scope in Scope if scope is not Scope.BROKER}

    @property
    def broker(self) -> Settings:
        return self._plain[Scope.BROKER]

    def topic(self, name: str) -> Settings:
        """On the hot path: two dict lookups. A topic without settings of its own shares one view with all others."""
        return self._own[Scope.TOPIC].get(name, self._plain[Scope.TOPIC])

    def group(self, group_id: str) -> Settings:
        return self._own[Scope.GROUP].get(group_id, self._plain[Scope.GROUP])

    def subscription(self, name: str) -> Settings:
        """Of client metrics."""
        return self._own[Scope.CLIENT_METRICS].get(name, self._plain[Scope.CLIENT_METRICS])

    def change(self, scope: Scope, resource: str, name: str, text: str | None) -> None:
        """Set one setting of one resource, or take it away. A broker's resource is its node id, or '' for all."""
        if scope is Scope.BROKER:
            self._change_broker(resource, name, text)
            return
        views = self._own[scope]
        own = _with(views.get(resource, self._plain[scope]).own, name, text)
        if own:
            views[resource] = replace(self._plain[scope], own=own, base=self._plain[scope])
        else:
            views.pop(resource, None)

    def forget(self, scope: Scope, resource: str) -> None:
        """The resource is gone, and its settings with it."""
        self._own[scope].pop(resource, None)

    def _change_broker(self, resource: str, name: str, text: str | None) -> None:
        layers = self.broker.layers
        if resource == "":
            layers = replace(layers, cluster=_with(layers.cluster, name, text))
        elif resource == self._node:
            layers = replace(layers, broker=_with(layers.broker, name, text))
        else:
            return
        self._plain = {scope: replace(view, layers=layers) for scope, view in self._plain.items()}
        for scope, views in self._own.items():
            base = self._plain[scope]
            views.update({each: replace(view, layers=layers, base=base) for each, view in views.items()})


def _with(texts: Texts, name: str, text: str | None) -> Texts:
    others = {each: value for each, value in texts.items() if each != name}
    return others if text is None else {**others, name: text}


def _family(catalogue: Catalogue, name: str) -> tuple[tuple[str, int], ...]:
    """A listener's override is followed by the setting it overrides; a coarse unit by what is coarser still."""
    base = catalogue.find(Scope.BROKER, name).name
    if base != name:
        return (name, 1), (base, 1)
    family = _FAMILY_OF.get(name, ((name, 1),))
    start = [member for member, _ in family].index(name)
    unit = family[start][1]
    return tuple((member, factor // unit) for member, factor in family[start:])
