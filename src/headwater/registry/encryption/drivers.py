"""Key management services by the drivers that Confluent's own client ships, which speak to each as its users expect.

They come with the extra `headwater[kms]` and are loaded when a key of their kind is first used: the libraries of one cloud take
longer to load than all of the registry. They block, so they run in workers; one that hangs costs a worker, and its caller a deadline.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from importlib import import_module
from typing import Any, Final

from headwater.kernel.counters import Counters
from headwater.kernel.errors import TooBusy
from headwater.kernel.logging import get
from headwater.kernel.world import Workers
from headwater.registry.encryption.kms import KmsKey
from headwater.registry.errors import KmsFailed

ALTERNATE_KEYS: Final = "encrypt.alternate.kms.key.ids"
"""The property that names other keys of the same service, between commas, which are tried where the first fails."""
_DRIVERS: Final = {
    "local-kms": ("localkms.local_driver", "LocalKmsDriver"),
    "aws-kms": ("awskms.aws_driver", "AwsKmsDriver"),
    "azure-kms": ("azurekms.azure_driver", "AzureKmsDriver"),
    "gcp-kms": ("gcpkms.gcp_driver", "GcpKmsDriver"),
    "hcvault": ("hcvault.hcvault_driver", "HcVaultKmsDriver"),
}
_PACKAGE: Final = "confluent_kafka.schema_registry.rules.encryption"
_NO_CONTEXT: Final = b""
_DENIED_STATUSES: Final = (401, 403)
_DENIED_WORDS: Final = re.compile(
    "AccessDenied|Unauthori[sz]ed|Forbidden|NotFoundException|PermissionDenied|Unauthenticated"
)
_CLIENTS_MAX: Final = 100

_log = get("registry")


class ConfluentKms:
    """Give it workers of its own: a service that hangs must not keep others waiting."""

    def __init__(self, workers: Workers, *, counters: Counters, timeout_s: float = 10.0) -> None:
        self._workers = workers
        self._timeout_s = timeout_s
        self._requests = counters.counters(
            "kms_requests_total",
            "Keys that were to be wrapped or unwrapped, by their service and what came of it.",
            "kms",
            "result",
        )

    async def wrap(self, key: KmsKey, plain: bytes) -> bytes:
        return await self._run(partial(_with_any, key, lambda aead: aead.encrypt(plain, _NO_CONTEXT)), key)

    async def unwrap(self, key: KmsKey, wrapped: bytes) -> bytes:
        return await self._run(partial(_with_any, key, lambda aead: aead.decrypt(wrapped, _NO_CONTEXT)), key)

    async def _run(self, job: Callable[[], bytes], key: KmsKey) -> bytes:
        try:
            done = await self._in_time(job, key)
        except KmsFailed as failure:
            self._requests.of(key.type, "denied" if failure.denied else "failed").value += 1
            raise
        self._requests.of(key.type, "done").value += 1
        return done

    async def _in_time(self, job: Callable[[], bytes], key: KmsKey) -> bytes:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._workers.run(job)
        except TimeoutError:
            raise KmsFailed(f"{key.type} did not answer within {self._timeout_s:g} s") from None
        except TooBusy as busy:
            raise KmsFailed(f"too many requests wait for {key.type}: {busy}") from busy


def _with_any(key: KmsKey, job: Callable[[Any], bytes]) -> bytes:
    """By the key or by the first of its alternates that does it. Of their failures a denial is told before others."""
    failures: list[KmsFailed] = []
    for url in _urls(key):
        try:
            return job(_aead(url, tuple(sorted(key.properties.items()))))
        except KmsFailed as failure:
            failures.append(failure)
        except Exception as error:  # whatever a driver's library raises
            failures.append(KmsFailed(_told(error), denied=_is_denial(error)))
        _log.warn("a key management service failed", error=failures[-1], key=url)
    raise next((each for each in failures if each.denied), failures[-1])


def _urls(key: KmsKey) -> Iterator[str]:
    alternates = (each.strip() for each in key.properties.get(ALTERNATE_KEYS, "").split(","))
    for each in (key.id, *filter(None, alternates)):
        yield f"{key.type}://{each}"


@lru_cache(_CLIENTS_MAX)
def _aead(url: str, properties: Sequence[tuple[str, str]]) -> Any:
    """Kept, for a client signs in anew each time that it is made."""
    return _driver(url).new_kms_client(dict(properties), url).get_aead(url)


def _driver(url: str) -> Any:
    kind = url.partition("://")[0].lower()
    if kind not in _DRIVERS:
        raise KmsFailed(f"No KMS driver supports: {url}")
    module, name = _DRIVERS[kind]
    try:
        import_module("tink.aead").register()
        return getattr(import_module(f"{_PACKAGE}.{module}"), name)()
    except ImportError as missing:
        raise KmsFailed(
            f"keys of {kind} can only be used with the extra `kms`, which is not installed here "
            f"(no module {missing.name!r}): pip install 'headwater[kms]'"
        ) from missing


def _told(error: BaseException) -> str:
    cause = error.__cause__
    return f"{error}: {cause}" if cause is not None and str(cause) not in str(error) else str(error)


def _is_denial(error: BaseException | None) -> bool:
    """Each library says it in its own way; Tink's errors wrap theirs."""
    while error is not None:
        if _status(error) in _DENIED_STATUSES or _DENIED_WORDS.search(f"{type(error).__name__} {_code(error)}"):
            return True
        error = error.__cause__ or error.__context__
    return False


def _status(error: BaseException) -> object:
    """Azure's have `status_code`, Google's `code`."""
    status: object = getattr(error, "status_code", None) or getattr(error, "code", None)
    return status


def _code(error: BaseException) -> object:
    """AWS's have the service's answer."""
    response = getattr(error, "response", None)
    details: object = response.get("Error", {}).get("Code", "") if isinstance(response, Mapping) else ""
    return details
