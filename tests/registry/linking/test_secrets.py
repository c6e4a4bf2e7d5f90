"""Secrets in an exporter's config: kept sealed, and told to nobody."""

import pytest

from headwater.kernel.real.randomness import SystemRandomness
from headwater.registry.errors import InvalidExporterConfig
from headwater.registry.linking.secrets import HIDDEN, Seal, told

CONFIG = {
    "schema.registry.url": "http://there:8081",
    "basic.auth.credentials.source": "USER_INFO",
    "basic.auth.user.info": "me:letmein",
}


def seal(secret: str | None = "ours") -> Seal:
    return Seal(secret, SystemRandomness())


def test_what_was_sealed_is_opened_with_the_same_secret_only() -> None:
    sealed = seal().sealed(CONFIG, old={})
    assert "letmein" not in str(sealed)
    assert sealed["schema.registry.url"] == "http://there:8081"
    assert seal().opened(sealed) == CONFIG
    for other in ("another", None):
        with pytest.raises(InvalidExporterConfig, match="set it again"):
            seal(other).opened(sealed)


def test_no_secret_is_kept_in_the_open() -> None:
    with pytest.raises(InvalidExporterConfig, match=r"password\.encoder\.secret is not set"):
        seal(None).sealed(CONFIG, old={})
    open_ones = {"schema.registry.url": "http://there:8081"}
    assert seal(None).sealed(open_ones, old={}) == open_ones


def test_a_sealed_text_fits_no_other_property() -> None:
    sealed = seal().sealed({"a.password": "x"}, old={})
    with pytest.raises(InvalidExporterConfig):
        seal().opened({"b.password": sealed["a.password"]})


def test_secrets_are_told_to_nobody() -> None:
    with_user = {"schema.registry.url": "http://me:letmein@there:8081,http://b:1", "bearer.auth.token": "t"}
    assert told(CONFIG)["basic.auth.user.info"] == HIDDEN
    assert told(CONFIG)["basic.auth.credentials.source"] == "USER_INFO"
    assert "letmein" not in str(told(with_user))
    assert "letmein" not in str(seal().sealed(with_user, old={}))
    assert told(seal().sealed(with_user, old={}))["schema.registry.url"] == HIDDEN


def test_what_is_told_may_be_sent_back_and_changes_nothing() -> None:
    sealed = seal().sealed(CONFIG, old={})
    assert seal().sealed(told(sealed), old=sealed) == sealed
