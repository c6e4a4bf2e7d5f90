"""What an exporter makes of another registry."""

from typing import Any

from tests.registry.linking.link import Link, linked
from tests.registry.looped import looped

from headwater.registry.linking.records import RunState
from headwater.registry.store.modes import Mode, mode_of
from headwater.registry.store.records import RegistryRecord, SchemaKey

INT, LONG, STRING = '"int"', '"long"', '"string"'
RECORD = '{"type":"record","name":"Order","fields":[{"name":"c","type":"Customer"}]}'
CUSTOMER = '{"type":"record","name":"Customer","fields":[]}'
REFERENCE = {"name": "Customer", "subject": "customer", "version": 1}
REFERRING = {"references": [REFERENCE]}
LENIENT = {"compatibility": "NONE"}


def subjects(link: Link) -> tuple[dict[str, Any], dict[str, Any]]:
    return link.here.state.subjects, link.there.state.subjects


@looped
async def test_ids_versions_soft_deletes_configs_and_references_arrive_as_they_are() -> None:
    async with linked() as link:
        await link.here.ask("PUT", "/config/orders", LENIENT)
        for schema in (INT, LONG, STRING):
            await link.register("orders", schema, metadata={"properties": {"owner": "me"}})
        await link.here.ask("DELETE", "/subjects/orders/versions/2")
        await link.register("customer", CUSTOMER)
        await link.register("order", RECORD, **REFERRING)
        await link.register(":.ctx:order", INT)
        await link.export(subjects=[":*:"])
        await link.settled()
        here, there = subjects(link)
        assert there == here
        assert link.there.state.configs["orders"] == link.here.state.configs["orders"]
        assert link.there.state.ids(".").most == link.here.state.ids(".").most
        assert mode_of(link.there.state, "orders") is Mode.IMPORT
        assert mode_of(link.there.state, "anything else") is Mode.READWRITE
        assert mode_of(link.there.state, ":.ctx:anything") is Mode.IMPORT


@looped
async def test_what_happens_later_happens_there_too() -> None:
    async with linked() as link:
        await link.export()
        await link.until(RunState.RUNNING)
        await link.here.ask("PUT", "/config/a", LENIENT)
        for schema in (INT, LONG):
            await link.register("a", schema)
        await link.settled()
        await link.here.ask("DELETE", "/subjects/a/versions/1")
        await link.here.ask("DELETE", "/subjects/a/versions/1?permanent=true")
        await link.here.ask("DELETE", "/config/a")
        await link.register("b")
        await link.here.ask("DELETE", "/subjects/b")
        await link.settled()
        here, there = subjects(link)
        assert there == here
        assert "a" not in link.there.state.configs


@looped
async def test_another_context_and_other_names_are_put_before_it_all() -> None:
    async with linked() as link:
        await link.register("customer", CUSTOMER)
        await link.register("order", RECORD, **REFERRING)
        await link.here.ask("PUT", "/config", {"compatibility": "FULL"})
        await link.here.ask("PUT", "/config/order", {"alias": "customer"})
        await link.export(contextType="CUSTOM", context="mine", subjectRenameFormat="dc_${subject}")
        await link.settled()
        _, there = subjects(link)
        assert list(there) == [":.mine:dc_customer", ":.mine:dc_order"]
        [reference] = there[":.mine:dc_order"][1].references
        assert reference.subject == ":.mine:dc_customer"
        assert link.there.state.configs[":.mine:"].compatibility_level == "FULL"
        assert link.there.state.configs[":.mine:dc_order"].alias == ":.mine:dc_customer"
        assert None not in link.there.state.configs


@looped
async def test_the_keys_that_rules_name_are_renamed() -> None:
    rule = {
        "name": "r",
        "kind": "TRANSFORM",
        "mode": "WRITEREAD",
        "type": "ENCRYPT",
        "params": {"encrypt.kek.name": "k"},
    }
    async with linked() as link:
        await link.register("a", INT, ruleSet={"domainRules": [rule]})
        await link.export(kekRenameFormat="dc_${kek}")
        await link.settled()
        [renamed] = link.there.state.subjects["a"][1].rule_set.domain_rules
        assert renamed.params == {"encrypt.kek.name": "dc_k"}


@looped
async def test_only_what_is_wanted_goes_and_what_it_refers_to() -> None:
    async with linked() as link:
        await link.register("customer", CUSTOMER)
        await link.register("other")
        await link.register("order", RECORD, **REFERRING)
        await link.export(subjects=["order*"])
        await link.settled()
        assert list(link.there.state.subjects) == ["customer", "order"]


@looped
async def test_what_is_referred_to_goes_first_where_compaction_has_put_it_last() -> None:
    async with linked() as link:
        await link.register("customer", CUSTOMER)
        await link.register("order", RECORD, **REFERRING)
        written = link.here.store.written
        written.append(written.pop(next(i for i, each in enumerate(written) if is_of(each, "customer"))))
        await link.export()
        await link.settled()
        assert subjects(link)[0] == subjects(link)[1]


def is_of(record: RegistryRecord, subject: str) -> bool:
    return isinstance(record.key, SchemaKey) and record.key.subject == subject


@looped
async def test_a_paused_exporter_rests_and_goes_on_where_it_was() -> None:
    async with linked() as link:
        await link.register("a")
        await link.export()
        await link.settled()
        reached = link.progress().offset
        await link.here.ask("PUT", "/exporters/e/pause")
        await link.register("b", LONG)
        await link.ward_is_quiet()
        assert list(link.there.state.subjects) == ["a"]
        link.topic.asked.clear()
        await link.here.ask("PUT", "/exporters/e/resume")
        await link.settled()
        assert link.topic.asked[0] == reached
        assert list(link.there.state.subjects) == ["a", "b"]


@looped
async def test_a_reset_exporter_begins_anew_and_changes_nothing() -> None:
    async with linked() as link:
        await link.register("a")
        await link.here.ask("DELETE", "/subjects/a/versions/1")
        await link.export()
        await link.settled()
        await link.here.ask("PUT", "/exporters/e/pause")
        await link.here.ask("PUT", "/exporters/e/reset")
        assert link.progress().offset == 0
        await link.here.ask("PUT", "/exporters/e/resume")
        await link.settled()
        assert subjects(link)[0] == subjects(link)[1]


@looped
async def test_a_registry_that_is_away_is_told_and_asked_again() -> None:
    async with linked() as link:
        link.there.away = True
        await link.register("a")
        await link.export()
        await link.until(RunState.ERROR)
        assert "nobody is there" in (await link.here.ask("GET", "/exporters/e/status"))["trace"]
        link.there.away = False
        await link.settled()
        assert link.progress().trace == ""
        assert list(link.there.state.subjects) == ["a"]


@looped
async def test_no_trace_has_a_secret_and_a_user_in_an_address_is_told_to_the_other_registry() -> None:
    async with linked() as link:
        link.there.away = True
        await link.register("a")
        await link.export("é", config={"schema.registry.url": "http://me:letmein@there"})
        await link.until(RunState.ERROR, "é")
        assert link.progress("é").trace.startswith("the schema registry does not answer (http://there")
        assert link.there.authorizations == {"Basic bWU6bGV0bWVpbg=="}


@looped
async def test_what_is_there_already_is_not_overwritten() -> None:
    async with linked() as link:
        await link.there.ask("POST", "/subjects/a/versions", {"schema": STRING})
        await link.register("a")
        await link.export()
        await link.until(RunState.ERROR)
        assert "Cannot import since found existing subjects" in link.progress().trace
        assert link.there.state.subjects["a"][1].schema == STRING


@looped
async def test_a_node_that_does_not_write_does_not_export() -> None:
    async with linked() as link:
        link.writes = False
        await link.register("a")
        await link.export()
        await link.ward_is_quiet()
        assert not link.there.asked
        link.writes = True
        link.linking.wake()
        await link.settled()
        assert list(link.there.state.subjects) == ["a"]


@looped
async def test_a_deleted_exporter_stops_and_another_of_its_name_begins_anew() -> None:
    async with linked() as link:
        await link.register("a")
        await link.export()
        await link.settled()
        await link.here.ask("DELETE", "/exporters/e")
        await link.ward_is_quiet()
        link.topic.asked.clear()
        await link.export(contextType="CUSTOM", context=".second")
        await link.settled()
        assert link.topic.asked[0] == 0
        assert list(link.there.state.subjects) == ["a", ":.second:a"]
