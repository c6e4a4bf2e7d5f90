"""The table of rules: what each is called, which files it reads, and the function that knows it."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.tidy import order, shape, text, waiting, world
from tools.tidy.source import Finding, Rule, Source


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A rule in the table; `suffixes` says which files it reads, none for all text."""

    name: str
    rule: Rule
    suffixes: tuple[str, ...] = (".py",)

    def check(self, source: Source) -> Iterator[Finding]:
        if not self.suffixes or source.name.suffix in self.suffixes:
            yield from self.rule(source)


RULES = (
    Entry(name="world", rule=world.world_is_injected),
    Entry(name="pure", rule=world.pure_rooms_never_wait),
    Entry(name="needs", rule=world.low_rooms_need_little),
    Entry(name="sets", rule=order.sets_are_not_iterated),
    Entry(name="tasks", rule=waiting.tasks_have_an_owner),
    Entry(name="timers", rule=waiting.hot_path_sets_no_timers),
    Entry(name="sleep", rule=waiting.tests_do_not_sleep),
    Entry(name="file-size", rule=shape.files_are_small),
    Entry(name="function-size", rule=shape.functions_are_small),
    Entry(name="docstring", rule=shape.modules_open_with_why),
    Entry(name="init", rule=shape.init_is_a_docstring),
    Entry(name="stub", rule=shape.nothing_is_a_stub),
    Entry(name="frozen", rule=shape.values_are_frozen),
    Entry(name="by-name", rule=shape.fields_have_names),
    Entry(name="room-readme", rule=shape.rooms_have_a_readme),
    Entry(name="file-name", rule=shape.names_say_something, suffixes=()),
    Entry(name="machine-path", rule=text.paths_of_no_machine, suffixes=()),
    Entry(name="registry-host", rule=text.hosts_of_no_registry, suffixes=()),
    Entry(name="link", rule=text.links_lead_somewhere, suffixes=(".md",)),
)
