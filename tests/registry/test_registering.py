"""Between comparing and deciding others may come first."""

from typing import Any

from tests.registry.memory_store import MemoryStore
from tests.registry.registry_client import INT, registry

from headwater.registry.content import Content
from headwater.registry.drafts import Draft
from headwater.registry.store.requests import Register


class Overtaken(MemoryStore):
    """Before a registration of `s` is decided, another has come, and again, so many times."""

    def __init__(self, others: int) -> None:
        super().__init__()
        self.others = others
        self.asked = 0

    async def submit(self, request: object) -> Any:
        if isinstance(request, Register) and request.subject == "s":
            self.asked += 1
            if self.asked <= self.others:
                content = Content(type="AVRO", text=f'{{"type":"string","number":{self.asked}}}')
                versions = tuple(each.version for each in self.registry.state.versions("s"))
                await super().submit(Register(subject="s", content=content, compared=versions))
        return await super().submit(request)


def overtaken(others: int) -> tuple[Overtaken, Any]:
    store = Overtaken(others)
    return store, registry(store=store)


def test_a_registration_that_was_overtaken_is_compared_with_who_came_first():
    store, opened = overtaken(1)
    with opened as api:
        refusal = api.register("s", INT).refusal
    assert refusal[0] == 40901
    assert "{oldSchemaVersion: 1}" in refusal[1]
    assert store.asked == 1


def test_one_that_fits_all_the_same_comes_after_them():
    _, opened = overtaken(3)
    with opened as api:
        assert api.register("s", '"string"').body["version"] == 4


def test_one_that_is_always_overtaken_is_told_to_come_again():
    _, opened = overtaken(1_000)
    with opened as api:
        assert api.register("s", '"string"').refusal == (50002, "Register operation timed out")


def test_what_is_there_is_found_by_any_node_and_nothing_is_decided():
    with registry() as api:
        api.registered("s", INT)
        before = len(api.store.written)
        draft = Draft(subject="s", content=Content(type="AVRO", text=INT))
        found = api.run(api.service.registering.known(draft, normalize=False))
        assert found is not None
        assert (found.version, len(api.store.written)) == (1, before)
