"""Key management services by the drivers of Confluent's client: the local one for real, the others as far as their addresses."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from confluent_kafka.schema_registry.rules.encryption.localkms.local_client import LocalKmsClient
from tests.registry.looped import looped
from tink import aead

from headwater.kernel.counters import Counters
from headwater.kernel.errors import TooBusy
from headwater.kernel.exposition import exposition
from headwater.kernel.real.workers import WorkerThreads
from headwater.registry.encryption import drivers
from headwater.registry.encryption.drivers import ConfluentKms
from headwater.registry.encryption.kms import KmsKey
from headwater.registry.errors import KmsFailed

T = TypeVar("T")
LOCAL = KmsKey(type="local-kms", id="key", properties={"secret": "mine"})


def key(kind: str, key_id: str, **properties: str) -> KmsKey:
    return KmsKey(type=kind, id=key_id, properties={name.replace("_", "."): each for name, each in properties.items()})


@pytest.fixture
def kms() -> ConfluentKms:
    return ConfluentKms(WorkerThreads(threads=1), counters=Counters())


@looped
async def test_what_it_wraps_confluents_client_unwraps_and_the_other_way_round(kms: ConfluentKms) -> None:
    aead.register()
    theirs = LocalKmsClient("mine").get_aead("local-kms://key")
    assert theirs.decrypt(await kms.wrap(LOCAL, b"dek"), b"") == b"dek"
    assert await kms.unwrap(LOCAL, theirs.encrypt(b"dek", b"")) == b"dek"


@looped
async def test_another_secret_does_not_unwrap(kms: ConfluentKms) -> None:
    wrapped = await kms.wrap(LOCAL, b"dek")
    with pytest.raises(KmsFailed):
        await kms.unwrap(key("local-kms", "key", secret="another"), wrapped)


@looped
async def test_without_a_secret_the_local_driver_says_so(kms: ConfluentKms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCAL_SECRET", raising=False)
    with pytest.raises(KmsFailed, match="cannot load secret"):
        await kms.wrap(key("local-kms", "without"), b"dek")


@looped
async def test_alternate_keys_are_tried_in_their_order(kms: ConfluentKms, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def failing_but_for_c(url: str, properties: object) -> aead.Aead:
        tried.append(url)
        if not url.endswith("c"):
            raise ValueError("no")
        return LocalKmsClient("mine").get_aead(url)

    monkeypatch.setattr(drivers, "_aead", failing_but_for_c)
    aead.register()
    await kms.wrap(KmsKey(type="local-kms", id="a", properties={"encrypt.alternate.kms.key.ids": " b, ,c ,d"}), b"dek")
    assert tried == ["local-kms://a", "local-kms://b", "local-kms://c"]


@looped
async def test_a_service_that_nobody_knows_is_named(kms: ConfluentKms) -> None:
    with pytest.raises(KmsFailed, match="No KMS driver supports: paper://drawer"):
        await kms.wrap(key("paper", "drawer"), b"dek")


@looped
async def test_a_missing_extra_is_named(kms: ConfluentKms, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(drivers, "import_module", missing)
    with pytest.raises(KmsFailed, match=r"pip install 'headwater\[kms\]'"):
        await kms.wrap(key("local-kms", "fresh", secret="s"), b"dek")


class Hanging:
    """Workers whose job never ends."""

    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().create_future()


class Full:
    def run(self, job: Callable[[], T]) -> Awaitable[T]:
        raise TooBusy("the queue", 1)


@looped
async def test_a_service_that_hangs_costs_a_deadline() -> None:
    with pytest.raises(KmsFailed, match=r"local-kms did not answer within 0.01 s"):
        await ConfluentKms(Hanging(), counters=Counters(), timeout_s=0.01).wrap(LOCAL, b"dek")


@looped
async def test_a_full_queue_is_a_failure_of_the_service_and_counted() -> None:
    counters = Counters()
    with pytest.raises(KmsFailed, match="too many requests wait for local-kms"):
        await ConfluentKms(Full(), counters=counters).wrap(LOCAL, b"dek")
    assert 'kms_requests_total{kms="local-kms",result="failed"} 1' in exposition(counters)


class TestAddresses:
    """The real drivers are made; no cloud is asked."""

    def test_aws_takes_an_arn_and_its_region(self) -> None:
        url = "aws-kms://arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
        made = drivers._aead(url, (("access.key.id", "a"), ("secret.access.key", "s")))
        assert made.key_arn == "arn:aws:kms:eu-west-1:111122223333:key/1234abcd"
        assert made.client.meta.region_name == "eu-west-1"

    def test_azure_takes_a_vaults_key(self) -> None:
        url = "azure-kms://https://vault.vault.azure.net/keys/name/version"
        made = drivers._aead(url, (("client.id", "c"), ("client.secret", "s"), ("tenant.id", "t")))
        assert type(made).__name__ == "AzureKmsAead"

    def test_gcp_takes_a_projects_key(self) -> None:
        url = "gcp-kms://projects/p/locations/l/keyRings/r/cryptoKeys/k"
        assert drivers._driver(url).get_key_url_prefix() == "gcp-kms://"

    def test_vault_takes_an_address_and_a_path(self) -> None:
        url = "hcvault://http://127.0.0.1:8200/transit/keys/name"
        made = drivers._aead(url, (("namespace", "n"), ("token.id", "t")))
        assert (made.mount_point, made.key_name) == ("transit", "name")
        assert made.client.url == "http://127.0.0.1:8200"


class AzureError(Exception):
    status_code = 403


class GoogleError(Exception):
    code = 401


class AwsError(Exception):
    response = {"Error": {"Code": "AccessDeniedException"}}  # noqa: RUF012


class Forbidden(Exception):
    """As Vault's library names it."""


@pytest.mark.parametrize("cause", [AzureError(), GoogleError(), AwsError(), Forbidden()])
@looped
async def test_a_denial_is_told_from_a_failure_however_deep_it_is(
    kms: ConfluentKms, monkeypatch: pytest.MonkeyPatch, cause: Exception
) -> None:
    def failing(url: str, properties: object) -> None:
        if url.endswith("second"):
            raise ValueError("broken")
        try:
            raise cause
        except Exception as error:
            raise RuntimeError("wrapped") from error

    monkeypatch.setattr(drivers, "_aead", failing)
    with pytest.raises(KmsFailed, match="wrapped") as caught:
        await kms.wrap(key("local-kms", "first", encrypt_alternate_kms_key_ids="second"), b"dek")
    assert caught.value.denied
