"""The reference page, and that what rooms declare is what Kafka means by the name."""

from headwater.kernel.catalogue import AnySetting, Catalogue, kafka_settings
from headwater.kernel.kinds import Bytes, Int
from headwater.kernel.settings import Scope, Setting, Update
from tools import settings_reference

OURS = Setting("segment.bytes", Bytes, default=7, bounds=(1, None), scope=Scope.TOPIC, doc="When to roll.")
OWN_DEFAULTS = {
    "controller.listener.names": "Kafka wants it given; nobody is a controller for others here",
    "node.id": "Kafka wants it given; a single process is node 1",
    "process.roles": "Kafka wants it given; a process is always both",
}
"""Settings whose default is not Kafka's, each with the reason."""


def all_declared() -> list[AnySetting]:
    return [setting for settings in settings_reference.declared() for setting in settings]


def test_a_setting_stands_in_the_table_of_its_scope_with_all_that_is_declared():
    page = settings_reference.page(Catalogue([OURS]))
    topic = page[page.index("## Topic settings") :]
    assert "| `segment.bytes` | long | `7` | at least 1 | any time | When to roll. |" in topic
    assert topic.index("`segment.bytes`") < topic.index("### Accepted without effect") < topic.index("`retention.ms`")


def test_an_empty_default_and_none_are_told_apart():
    empty = Setting("a", Int, default=None, scope=Scope.BROKER, doc="A.")
    page = settings_reference.page(Catalogue([empty]))
    assert "| `a` | int | none |  | read-only | A. |" in page
    assert "| `sasl.oauthbearer.expected.audience` | list | empty |" in page


def test_the_page_that_is_checked_in_is_what_make_gen_writes():
    now = settings_reference.page(Catalogue(*settings_reference.declared()))
    assert settings_reference.PAGE.read_text(encoding="utf-8") == now, "run `make gen`"


def test_a_setting_of_kafkas_has_its_type_and_default_and_changes_at_most_as_freely():
    rows = {(row.scope, row.name): row for row in kafka_settings()}
    for setting in all_declared():
        row = rows.get((setting.scope, setting.name))
        if row is None:
            continue
        assert setting.type == row.type, setting.name
        assert setting.broker_default == row.broker_default, setting.name
        assert setting.update in (row.update, Update.READ_ONLY), setting.name
        if setting.name not in OWN_DEFAULTS:
            assert setting.default_text == row.default_text, setting.name
