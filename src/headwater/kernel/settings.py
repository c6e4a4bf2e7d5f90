"""Settings: each is declared once, in the room that uses it, and everything else is made from the declaration.

Validation, DescribeConfigs, `--help`, the console's form and the reference page all come from these few fields. A name
is Kafka's own wherever Kafka has it. `catalogue.py` joins the rooms' lists, `layers.py` finds the value in force.
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from headwater.kernel.errors import InvalidSetting
from headwater.kernel.kinds import INT_MAX, Kind

Value_co = TypeVar("Value_co", covariant=True)


class Scope(Enum):
    """What a setting belongs to. The values are Kafka's config resource types; what none of these are has a negative one."""

    TOPIC = 2
    BROKER = 4
    CLIENT_METRICS = 16
    GROUP = 32
    REGISTRY = -1
    CLIENT = -2


class Update(Enum):
    """When a broker setting can change, in the words of Kafka's reference. Those of other scopes always can."""

    READ_ONLY = "read-only"
    PER_BROKER = "per-broker"
    CLUSTER_WIDE = "cluster-wide"


class Source(Enum):
    """Where a value comes from. The values are those of DescribeConfigs; the order here is the order of precedence."""

    TOPIC = 1
    GROUP = 8
    CLIENT_METRICS = 7
    DYNAMIC_BROKER = 2
    DYNAMIC_DEFAULT_BROKER = 3
    STATIC_BROKER = 4
    DEFAULT = 5


@dataclass(frozen=True, slots=True, eq=False)
class Setting(Generic[Value_co]):
    """One setting. `default` None is Kafka's null: not set."""

    name: str
    kind: Kind[Value_co]
    _: KW_ONLY
    default: Value_co
    scope: Scope
    doc: str
    bounds: tuple[float | None, float | None] = (None, None)
    """The least and the most that is allowed, both included; None is whatever the kind can hold."""
    check: Callable[[Any], str | None] | None = None
    """A last look at a value of the right kind and size: what it must be instead, or None where it is fine."""
    broker_default: str | None = None
    """The broker setting that gives a topic's or group's value where it has none of its own."""
    broker_bounds: tuple[str | None, str | None] = (None, None)
    """The broker settings between whose values a group's must lie: one that was set before they changed counts as the nearer."""
    update: Update = Update.READ_ONLY
    internal: bool = False
    """Kafka keeps it out of its reference and of DescribeConfigs."""
    meaningful: bool = True
    """False for a setting of Kafka that is accepted, kept and described, and changes nothing here."""

    @property
    def sensitive(self) -> bool:
        """Never shown, neither by DescribeConfigs nor in an error."""
        return self.kind.type == "PASSWORD"

    @property
    def type(self) -> str:
        """The name of Kafka's type: a number of bytes or milliseconds is an INT where its bounds say so."""
        fits = self.kind.type == "LONG" and self.bounds[1] is not None and self.bounds[1] <= INT_MAX
        return "INT" if fits else self.kind.type

    @property
    def changeable(self) -> bool:
        return self.scope is not Scope.BROKER or self.update is not Update.READ_ONLY

    def parse(self, text: str) -> Value_co:
        """Raises InvalidSetting, which says what would be right."""
        try:
            value = self.kind.parse(text)
        except ValueError:
            raise self._refusal(text, self.kind.wanted) from None
        if not self._within(value):
            raise self._refusal(text, f"{self.kind.wanted}, {self._range()}")
        if self.check is not None and (wanted := self.check(value)) is not None:
            raise self._refusal(text, wanted)
        return value

    def text(self, value: object) -> str:
        """The one text of Kafka's that `parse` reads as `value`."""
        return self.kind.text(value)

    @property
    def default_text(self) -> str | None:
        return None if self.default is None else self.text(self.default)

    @property
    def valid(self) -> str:
        """What can be given, in words for people: empty where that is all of the kind's values."""
        if self.kind.choices:
            return ", ".join(self.kind.choices)
        return "" if self.bounds == (None, None) else self._range()

    def _refusal(self, text: str, wanted: str) -> InvalidSetting:
        return InvalidSetting(self.name, "[hidden]" if self.sensitive else text, wanted)

    def _limits(self) -> tuple[float | None, float | None]:
        least, most = self.bounds
        return self.kind.least if least is None else least, self.kind.most if most is None else most

    def _within(self, value: object) -> bool:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return True
        least, most = self._limits()
        return (least is None or value >= least) and (most is None or value <= most)

    def _range(self) -> str:
        least, most = (None if limit is None else self.text(limit) for limit in self._limits())
        if self.bounds[1] is None and self.bounds[0] is not None:
            return f"at least {least}"
        return f"{least} to {most}" if least is not None else f"at most {most}"
