"""`/dek-registry/v1`, as a caller sees it."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.http.http_client import Client, client_of
from tests.registry.encryption.keys import NOON, Kept, Turning
from tests.registry.registry_client import service_over

from headwater.kernel.counters import Counters
from headwater.kernel.real.randomness import SystemRandomness
from headwater.registry.api.app import registry_app
from headwater.registry.api.forwarding import Alone
from headwater.registry.encryption.api.deks import deks_api
from headwater.registry.encryption.api.keks import keks_api
from headwater.registry.encryption.api.limits import UNLIMITED, SearchLimit
from headwater.registry.encryption.machine import DekRegistry
from headwater.registry.encryption.service import DekRegistryService
from headwater.registry.store.machine import Registry
from headwater.registry.store.requests import ChangeConfig

KEKS = "/dek-registry/v1/keks"
DEKS = f"{KEKS}/kek/deks"
S = f"{DEKS}/s"
LOCAL = {"kmsType": "local-kms", "kmsKeyId": "key"}
MATERIAL = "d3JhcHBlZA=="


class Surface:
    def __init__(self, keks_most: SearchLimit = UNLIMITED) -> None:
        self.schemas, self.kms = Kept(Registry()), Turning()
        service = DekRegistryService(Kept(DekRegistry()), self.schemas, kms=self.kms, randomness=SystemRandomness())
        more = (keks_api(service, Alone(), keks_most), deks_api(service, Alone()))
        self.app = registry_app(service_over(self.schemas), counters=Counters(), more=more)


@pytest.fixture
def surface() -> Surface:
    return Surface()


@pytest.fixture
def client(surface: Surface) -> Iterator[Client]:
    with client_of(surface.app) as client:
        yield client


def kek(client: Client, name: str = "kek", **more: Any) -> Any:
    answer = client.post(KEKS, {"name": name, **LOCAL, **more})
    assert answer.status == 200, answer
    return answer.body


def dek(client: Client, path: str = S, **more: Any) -> Any:
    answer = client.post(path, {"encryptedKeyMaterial": MATERIAL, **more})
    assert answer.status == 200, answer
    return answer.body


class TestKeks:
    def test_one_is_made_and_told_in_confluents_order(self, client):
        made = kek(client, kmsProps={"b": "1", "a": "2"}, doc="", shared=False)
        told = {"name": "kek", **LOCAL, "kmsProps": {"a": "2", "b": "1"}, "doc": "", "shared": False, "ts": NOON}
        assert list(made.items()) == list(told.items())
        assert list(made["kmsProps"]) == ["a", "b"]
        assert client.get(f"{KEKS}/kek").body == told

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "name"),
            ({"name": "1a", **LOCAL}, "name"),
            ({"name": "a.b", **LOCAL}, "name"),
            ({"name": "a" * 257, **LOCAL}, "name"),
            ({"name": "a\U0001d7d8", **LOCAL}, "name"),
            ({"name": "a"}, "kmsKeyId"),
            ({"name": "a", "kmsKeyId": "", "kmsType": "t"}, "kmsKeyId"),
            ({"name": "a", "kmsKeyId": "k"}, "kmsType"),
            ({"name": "a", "kmsKeyId": "k", "kmsType": "aws-kms"}, "kmsKeyId"),
            ({"name": "a", "kmsKeyId": "http://k", "kmsType": "azure-kms"}, "kmsKeyId"),
            ({"name": "a", "kmsKeyId": "k", "kmsType": "gcp-kms"}, "kmsKeyId"),
            ({"name": "a", "kmsKeyId": "k", "kmsType": "hcvault"}, "kmsKeyId"),
        ],
    )
    def test_what_is_wrong_with_one_is_named(self, client, body, field):
        refusal = (42271, f"Invalid or missing value for field '{field}' of key")
        assert client.post(KEKS, body).refusal == refusal

    @pytest.mark.parametrize(
        ("written", "kept"), [("AWS", "aws-kms"), ("azure-x", "azure-kms"), ("Gcp", "gcp-kms"), ("Paper", "Paper")]
    )
    def test_types_of_the_clouds_are_known_by_their_beginning(self, client, written, kept):
        assert kek(client, kmsType=written)["kmsType"] == kept

    def test_names_may_be_of_any_alphabet(self, client):
        assert kek(client, "_é-٣")["name"] == "_é-٣"

    def test_an_update_tells_null_from_absent(self, client):
        kek(client, doc="old", kmsProps={"a": "b"})
        assert client.put(f"{KEKS}/kek", {"shared": True}).body["doc"] == "old"
        changed = client.put(f"{KEKS}/kek", {"doc": None, "kmsProps": None, "shared": "FALSE"}).body
        assert ("doc" in changed, changed["kmsProps"], changed["shared"]) == (False, {}, False)

    def test_the_names_are_told_page_by_page(self, client):
        for name in "cab":
            kek(client, name)
        client.delete(f"{KEKS}/b")
        assert client.get(KEKS).body == ["a", "c"]
        assert client.get(f"{KEKS}?deleted=TRUE&offset=1&limit=1").body == ["b"]
        assert client.get(f"{KEKS}?limit=0").body == ["a", "c"]

    def test_a_limit_that_is_too_large_is_the_usual_one(self):
        with client_of(Surface(SearchLimit(default=1, most=2)).app) as client:
            for name in "abc":
                kek(client, name)
            assert client.get(KEKS).body == ["a"]
            assert client.get(f"{KEKS}?limit=2").body == ["a", "b"]
            assert client.get(f"{KEKS}?limit=3").body == ["a"]

    def test_the_names_are_told_by_what_they_wrap(self, client):
        kek(client, "a")
        kek(client)
        dek(client)
        assert client.get(f"{KEKS}?subjectPrefix=x&subjectPrefix=s").body == ["kek"]

    def test_it_goes_and_comes_back(self, client):
        kek(client)
        assert client.delete(f"{KEKS}/kek").status == 204
        assert client.get(f"{KEKS}/kek").refusal == (40470, "Key 'kek' not found")
        assert client.get(f"{KEKS}/kek?deleted=true").body["deleted"] is True
        assert client.post(f"{KEKS}/kek/undelete").status == 204
        assert client.delete(f"{KEKS}/kek?permanent=true").refusal[0] == 40471
        assert client.get(f"{KEKS}/kek").status == 200

    def test_what_is_in_the_way_is_told(self, client):
        kek(client)
        dek(client)
        assert client.post(KEKS, {"name": "kek", **LOCAL}).refusal == (
            40971,
            "Key 'kek' already exists; use a different value",
        )
        assert client.delete(f"{KEKS}/kek").refusal == (42272, "One or more references exist to the key 'kek'")

    def test_it_can_be_tried(self, surface, client):
        kek(client, shared=True)
        assert client.post(f"{KEKS}/kek/test").body == {
            "name": "kek",
            **LOCAL,
            "kmsProps": {},
            "shared": True,
            "deleted": False,
            "type": "KEK",
            "ts": NOON,
        }
        surface.kms.denies.add("key")
        assert client.post(f"{KEKS}/kek/test").refusal == (
            40370,
            "Could not generate encrypted dek for __TEST: key is not yours",
        )
        refused = client.post(f"{KEKS}?testSharing=true", {"name": "other", **LOCAL, "shared": True})
        assert (refused.status, refused.refusal[0]) == (500, 500)
        assert client.get(KEKS).body == ["kek"]


class TestDeks:
    def test_one_is_made_and_told_in_confluents_order(self, client):
        kek(client)
        told = {
            "kekName": "kek",
            "subject": "s",
            "version": 1,
            "algorithm": "AES256_GCM",
            "encryptedKeyMaterial": MATERIAL,
            "ts": NOON,
        }
        assert list(dek(client).items()) == list(told.items())
        assert client.get(S).body == told
        assert client.get(f"{S}/versions/latest").body == told

    def test_the_older_way_has_the_subject_in_the_body(self, client):
        kek(client)
        assert dek(client, DEKS, subject="t")["subject"] == "t"
        assert client.post(DEKS, {"encryptedKeyMaterial": MATERIAL}).refusal == (
            42271,
            "Invalid or missing value for field 'subject' of key",
        )

    def test_a_subject_may_have_slashes_and_a_context(self, client):
        kek(client)
        dek(client, f"{DEKS}/:.ctx:a%2Fb")
        assert client.get(DEKS).body == [":.ctx:a/b"]

    def test_each_algorithm_has_its_versions(self, client):
        kek(client)
        dek(client, algorithm="AES256_SIV")
        dek(client, version=3)
        dek(client, version=2)
        assert client.get(f"{S}/versions").body == [2, 3]
        assert client.get(f"{S}/versions?offset=1").body == [3]
        assert client.get(f"{S}/versions?algorithm=AES256_SIV").body == [1]
        assert client.get(f"{S}/versions/-1").body["version"] == 3
        assert client.get(S).refusal == (40470, "Key 's' not found")

    @pytest.mark.parametrize("version", ["0", "-2", "two", "2147483648", "9" * 30])
    def test_what_is_no_version_is_told(self, client, version):
        kek(client)
        code, message = client.get(f"{S}/versions/{version}").refusal
        assert code == 42202
        assert message.startswith(f"The specified version '{version}' is not a valid version id. ")

    def test_an_algorithm_that_nobody_knows_is_no_path(self, client):
        kek(client)
        assert client.get(f"{S}?algorithm=ROT13").refusal == (404, "HTTP 404 Not Found")
        assert client.post(S, {"algorithm": "ROT13"}).status == 400

    def test_what_is_missing_is_told_in_its_order(self, client):
        assert client.get(f"{KEKS}/1/deks/s").refusal[0] == 42271
        assert client.get(S).refusal == (40470, "Key 'kek' not found")
        kek(client)
        assert client.get(S).refusal == (40470, "Key 's' not found")
        assert client.post(S, {}).refusal == (42271, "Invalid or missing value for field 'encryptedKeyMaterial' of key")

    def test_a_shared_keks_are_told_with_their_material(self, client):
        kek(client, shared=True)
        made = client.post(S, {}).body
        assert list(made)[-3:] == ["encryptedKeyMaterial", "keyMaterial", "ts"]
        assert client.get(S).body == made
        assert client.post(f"{S}?rewrap=true", {}).body == made

    def test_they_go_and_come_back(self, client):
        kek(client)
        dek(client)
        dek(client, version=2)
        assert client.delete(f"{S}/versions/1").status == 204
        assert client.get(f"{S}/versions?deleted=true").body == [1, 2]
        assert client.get(f"{S}/versions/1?deleted=true").body["deleted"] is True
        assert client.post(f"{S}/versions/1/undelete").status == 204
        assert client.delete(S).status == 204
        assert client.get(DEKS).body == []
        assert client.get(f"{DEKS}?deleted=true").body == ["s"]
        assert client.post(f"{S}/undelete").status == 204
        assert client.delete(f"{S}?permanent=true").refusal == (
            40471,
            "Key 's' was not deleted first before being permanently deleted",
        )

    def test_the_kek_comes_back_first(self, client):
        kek(client)
        dek(client)
        client.delete(S)
        client.delete(f"{KEKS}/kek")
        assert client.post(f"{S}/undelete").refusal == (40472, "Key 'kek' must be undeleted first")

    def test_a_subject_may_have_another_name_for_its_deks(self, surface, client):
        kek(client)
        surface.schemas.ask(ChangeConfig(scope="alias", alias="not for deks", alias_for_deks="s"))
        assert dek(client, f"{DEKS}/alias")["subject"] == "s"
        assert client.get(f"{DEKS}/alias").body["subject"] == "s"
