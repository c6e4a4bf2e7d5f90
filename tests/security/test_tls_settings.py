"""Kafka's `ssl.*` settings, from texts to connections over a loopback."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.security.authority import PASSWORD, Authority

from headwater.kernel.errors import InvalidSetting, InvalidTls, SettingError
from headwater.kernel.real.tls import client_context, server_context
from headwater.kernel.settings import Scope, Setting
from headwater.kernel.tls import Peers, TlsEnd
from headwater.security.errors import UnreadableStore
from headwater.security.tls.settings import tls_settings

SETTINGS = tls_settings("", Scope.REGISTRY)
AUTHORITY = Authority()
SERVER = AUTHORITY.issue()


class Texts:
    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __getitem__(self, setting: Setting[Any]) -> Any:
        text = self._texts.get(setting.name)
        return setting.default if text is None else setting.parse(text)


def end_of(**texts: str) -> TlsEnd:
    named = {f"ssl.{name.replace('_', '.')}": text for name, text in texts.items()}
    return SETTINGS.end(Texts(named), lambda path: Path(path).read_bytes())


def shaken(client: TlsEnd, server: TlsEnd, *, name: str = "localhost", peers: Peers = Peers.NONE) -> str | None:
    """The version that two ends agree on, in memory; raises what keeps them from it."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = client_context(client).wrap_bio(to_client, to_server, server_hostname=name)
    end = TlsEnd(identity=server.identity, trusted=server.trusted, versions=server.versions, peers=peers)
    theirs = server_context(end).wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for each in (ours, theirs):
            try:
                each.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ours.version()


def stores(folder: Path) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Every way to give a server its key, and a client its trust."""
    return [
        (
            {"keystore_location": SERVER.write_pem(folder / "plain.pem")},
            {"truststore_location": AUTHORITY.write_pem(folder / "authority.pem"), "truststore_type": "PEM"},
        ),
        (
            {"keystore_location": SERVER.write_pem(folder / "sealed.pem", PASSWORD), "key_password": PASSWORD},
            {"truststore_certificates": AUTHORITY.pem},
        ),
        (
            {"keystore_location": SERVER.write_pkcs12(folder / "server.jks"), "keystore_password": PASSWORD},
            {"truststore_location": AUTHORITY.write_pkcs12(folder / "trust.jks"), "truststore_password": PASSWORD},
        ),
        (
            {"keystore_key": SERVER.key_pem(), "keystore_certificate_chain": SERVER.chain_pem},
            {"truststore_certificates": AUTHORITY.pem},
        ),
        (
            {
                "keystore_key": SERVER.key_pem(PASSWORD),
                "key_password": PASSWORD,
                "keystore_certificate_chain": SERVER.chain_pem,
            },
            {"truststore_certificates": AUTHORITY.pem},
        ),
    ]


@pytest.mark.parametrize("which", range(5))
def test_a_key_and_who_is_trusted_are_read_from_every_kind_of_store(tmp_path, which):
    server, client = stores(tmp_path)[which]
    assert shaken(end_of(**client), end_of(**server)) == "TLSv1.3"


@pytest.mark.parametrize("between", [" ", "", " \n", "\r\n"])
def test_texts_whose_lines_became_one_in_a_file_of_properties_are_read(between):
    server = end_of(
        keystore_key=SERVER.key_pem(PASSWORD).replace("\n", between),
        key_password=PASSWORD,
        keystore_certificate_chain=SERVER.chain_pem.replace("\n", between),
    )
    client = end_of(truststore_certificates=AUTHORITY.pem.replace("\n", between))
    assert shaken(client, server) == "TLSv1.3"


def test_no_key_is_shown_by_accident():
    assert "PRIVATE" not in repr(end_of(keystore_key=SERVER.key_pem(), keystore_certificate_chain=SERVER.chain_pem))


def test_an_older_version_is_spoken_where_only_that_is_enabled():
    server = end_of(keystore_key=SERVER.key_pem(), keystore_certificate_chain=SERVER.chain_pem)
    assert shaken(end_of(truststore_certificates=AUTHORITY.pem, enabled_protocols="TLSv1.2"), server) == "TLSv1.2"


def test_a_certificate_of_another_name_is_refused_unless_names_do_not_count():
    server = end_of(keystore_key=SERVER.key_pem(), keystore_certificate_chain=SERVER.chain_pem)
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        shaken(end_of(truststore_certificates=AUTHORITY.pem), server, name="elsewhere")
    lax = end_of(truststore_certificates=AUTHORITY.pem, endpoint_identification_algorithm="")
    assert shaken(lax, server, name="elsewhere")


def test_a_certificate_of_an_authority_that_is_not_trusted_is_refused():
    server = end_of(keystore_key=SERVER.key_pem(), keystore_certificate_chain=SERVER.chain_pem)
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(end_of(truststore_certificates=Authority("another").pem), server)
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(end_of(), server)


def test_a_client_without_a_certificate_is_refused_where_one_is_required_and_taken_where_it_is_only_asked_for():
    server = end_of(
        keystore_key=SERVER.key_pem(),
        keystore_certificate_chain=SERVER.chain_pem,
        truststore_certificates=AUTHORITY.pem,
    )
    nobody = end_of(truststore_certificates=AUTHORITY.pem)
    ada = AUTHORITY.issue("ada")
    known = end_of(
        keystore_key=ada.key_pem(), keystore_certificate_chain=ada.chain_pem, truststore_certificates=AUTHORITY.pem
    )
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE"):
        shaken(nobody, server, peers=Peers.REQUIRED)
    assert shaken(nobody, server, peers=Peers.REQUESTED)
    assert shaken(known, server, peers=Peers.REQUIRED)


def test_a_store_that_can_not_be_read_says_what_to_do(tmp_path):
    jks = tmp_path / "old.jks"
    jks.write_bytes(b"\xfe\xed\xfe\xed\0\0\0\2")
    with pytest.raises(UnreadableStore, match="keytool -importkeystore"):
        end_of(keystore_location=str(jks))
    jks.write_bytes(b"words")
    with pytest.raises(UnreadableStore, match="neither PEM nor PKCS12"):
        end_of(truststore_location=str(jks))
    with pytest.raises(UnreadableStore, match="password is wrong"):
        end_of(keystore_location=SERVER.write_pkcs12(tmp_path / "server.p12"), keystore_password="no")
    with pytest.raises(UnreadableStore, match="must hold a private key"):
        end_of(keystore_location=AUTHORITY.write_pem(tmp_path / "authority.pem"))
    with pytest.raises(UnreadableStore, match="no private key"):
        end_of(keystore_location=AUTHORITY.write_pkcs12(tmp_path / "trust.p12"), keystore_password=PASSWORD)


def test_settings_that_do_not_fit_together_are_refused():
    with pytest.raises(InvalidSetting, match="certificate"):
        end_of(keystore_key=SERVER.key_pem())
    with pytest.raises(InvalidSetting, match="OpenSSL"):
        end_of(cipher_suites="TLS_AES_128_GCM_SHA256")
    with pytest.raises(SettingError, match="a list of"):
        end_of(enabled_protocols="TLSv1.1")
    with pytest.raises(InvalidTls, match="can't be used"):
        server_context(end_of(keystore_key=SERVER.key_pem(PASSWORD), keystore_certificate_chain=SERVER.chain_pem))
    other = AUTHORITY.issue()
    with pytest.raises(InvalidTls, match="key values mismatch"):
        server_context(end_of(keystore_key=other.key_pem(), keystore_certificate_chain=SERVER.chain_pem))
