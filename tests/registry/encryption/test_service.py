"""What the DEK registry does with a key management service at hand."""

from base64 import b64decode

import pytest
from tests.registry.encryption.keys import Kept, Turning, dek, kek, new_dek
from tests.registry.looped import looped

from headwater.kernel.real.randomness import SystemRandomness
from headwater.registry.encryption.machine import DekRegistry
from headwater.registry.encryption.records import DekName
from headwater.registry.encryption.requests import DeleteDeks, UpdateKek
from headwater.registry.encryption.service import DekRegistryService
from headwater.registry.errors import (
    DekGenerationDenied,
    DekGenerationFailed,
    InvalidKey,
    KeyExists,
    KeyNotFound,
    SharingFailed,
)
from headwater.registry.store.machine import Registry
from headwater.registry.store.modes import Mode
from headwater.registry.store.requests import SetMode

S = DekName(kek_name="kek", subject="s")


class Rig:
    def __init__(self) -> None:
        self.keys, self.schemas, self.kms = Kept(DekRegistry()), Kept(Registry()), Turning()
        self.service = DekRegistryService(self.keys, self.schemas, kms=self.kms, randomness=SystemRandomness())


@pytest.fixture
def rig() -> Rig:
    return Rig()


@looped
async def test_a_client_wraps_for_itself_and_nobody_asks_the_service(rig: Rig) -> None:
    await rig.service.create_kek(kek(), try_sharing=True)
    made = await rig.service.create_dek(new_dek())
    assert (made.value, made.key_material) == (dek(), None)
    assert (await rig.service.dek(S, 1)).key_material is None
    assert rig.kms.asked == []


class TestSharedKeks:
    @looped
    async def test_material_is_made_wrapped_and_told(self, rig: Rig) -> None:
        await rig.service.create_kek(kek(shared=True), try_sharing=False)
        made = await rig.service.create_dek(new_dek(None))
        assert made.key_material is not None
        material = b64decode(made.key_material)
        assert len(material) == 34
        assert b64decode(made.value.encrypted_key_material or "") == b"key:" + material[::-1]
        assert (await rig.service.dek(S, -1)).key_material == made.key_material

    @looped
    async def test_given_material_must_be_one_that_can_be_unwrapped(self, rig: Rig) -> None:
        await rig.service.create_kek(kek(shared=True), try_sharing=False)
        with pytest.raises(DekGenerationFailed, match="Could not generate raw dek for s: decryption failed"):
            await rig.service.create_dek(new_dek())
        with pytest.raises(InvalidKey, match="encryptedKeyMaterial"):
            await rig.service.create_dek(new_dek("no base64"))
        assert not rig.keys.machine.state.deks

    @looped
    async def test_what_comes_from_another_registry_is_taken_as_it_is(self, rig: Rig) -> None:
        rig.schemas.ask(SetMode(mode=Mode.IMPORT, scope="s"))
        await rig.service.create_kek(kek(shared=True), try_sharing=False)
        made = await rig.service.create_dek(new_dek())
        assert (made.value, made.key_material) == (dek(), None)

    @looped
    async def test_rewrapping_keeps_the_material(self, rig: Rig) -> None:
        await rig.service.create_kek(kek(shared=True), try_sharing=False)
        made = await rig.service.create_dek(new_dek(None))
        with pytest.raises(KeyExists):
            await rig.service.create_dek(new_dek(None))
        again = await rig.service.create_dek(new_dek(None, rewrap=True))
        assert again.key_material == made.key_material

    @looped
    async def test_nothing_is_wrapped_for_what_is_refused(self, rig: Rig) -> None:
        with pytest.raises(KeyNotFound, match="Key 'kek' not found"):
            await rig.service.create_dek(new_dek(None))
        assert rig.kms.asked == []

    @looped
    async def test_a_dek_is_made_anew_where_its_kek_has_changed_meanwhile(self, rig: Rig) -> None:
        await rig.service.create_kek(kek(shared=True), try_sharing=False)
        rig.keys.before_submit = lambda: rig.keys.ask(UpdateKek(name="kek", doc="changed"))
        await rig.service.create_dek(new_dek(None))
        assert rig.kms.asked == ["wrap", "unwrap"] * 2

    @looped
    async def test_a_denial_is_the_callers_and_a_failure_ours(self, rig: Rig) -> None:
        await rig.service.create_kek(kek(shared=True), try_sharing=False)
        await rig.service.create_dek(new_dek(None))
        rig.kms.denies.add("key")
        with pytest.raises(DekGenerationDenied, match="Could not generate raw dek for s: key is not yours"):
            await rig.service.dek(S, 1)
        with pytest.raises(DekGenerationDenied, match="Could not generate encrypted dek for t"):
            await rig.service.create_dek(new_dek(None, subject="t"))

    @looped
    async def test_deleting_asks_no_service(self, rig: Rig) -> None:
        await rig.service.create_kek(kek(shared=True), try_sharing=False)
        await rig.service.create_dek(new_dek(None))
        rig.kms.denies.add("key")
        await rig.service.submit(DeleteDeks(name=S, version=1))
        with pytest.raises(KeyNotFound):
            await rig.service.dek(S, 1)


class TestTrying:
    @looped
    async def test_a_kek_is_tried_before_it_is_made_or_changed(self, rig: Rig) -> None:
        rig.kms.denies.add("key")
        with pytest.raises(
            SharingFailed, match="Error while creating key: Could not generate encrypted dek for __TEST"
        ):
            await rig.service.create_kek(kek(shared=True), try_sharing=True)
        await rig.service.create_kek(kek(), try_sharing=True)
        with pytest.raises(SharingFailed, match="Error while updating key"):
            await rig.service.update_kek(UpdateKek(name="kek", shared=True), try_sharing=True)
        assert (await rig.service.update_kek(UpdateKek(name="kek", shared=True), try_sharing=False)).value.shared

    @looped
    async def test_only_a_shared_one_is_tried(self, rig: Rig) -> None:
        await rig.service.create_kek(kek(), try_sharing=False)
        with pytest.raises(InvalidKey, match="'shared'"):
            await rig.service.try_kek("kek")
        await rig.service.update_kek(UpdateKek(name="kek", shared=True), try_sharing=False)
        assert (await rig.service.try_kek("kek")).value == kek(shared=True)
