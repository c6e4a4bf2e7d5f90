"""A client.properties of Kafka's, as both of our clients are told it."""

import pytest
from tests.security.authority import Authority

from headwater.cli.secured import Security, security, security_of
from headwater.client.options import ClientOptions
from headwater.kernel.errors import InvalidSetting
from headwater.security.errors import InvalidJaas

AUTHORITY = Authority()
ADA = AUTHORITY.issue("ada")
JAAS = 'org.apache.kafka.common.security.scram.ScramLoginModule required username="ada" password="lovelace";'
OPTIONS = ClientOptions()


def test_without_a_file_a_cluster_is_spoken_to_as_it_is():
    assert security() == Security()
    options = Security().options(OPTIONS)
    assert (options.tls, options.login) == (None, None)
    assert Security().of_librdkafka == {"security.protocol": "PLAINTEXT"}


def test_a_name_and_a_password_inside_tls_are_told_to_both_clients():
    found = security_of(
        {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.jaas.config": JAAS,
            "ssl.truststore.certificates": AUTHORITY.pem,
            "ssl.endpoint.identification.algorithm": "",
            "group.id": "for another client",
            "ssl.keystore.location": "",
            "ssl.enabled.protocols": " ",
        }
    )
    options = found.options(OPTIONS)
    assert options.tls is not None
    assert not options.tls.check_hostname
    assert options.login is not None
    assert options.login().mechanism == "SCRAM-SHA-512"
    assert found.of_librdkafka == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "ada",
        "sasl.password": "lovelace",
        "ssl.ca.pem": AUTHORITY.pem,
        "ssl.endpoint.identification.algorithm": "none",
    }


def test_a_certificate_is_told_to_both_clients(tmp_path):
    whole = ADA.write_pem(tmp_path / "ada.pem", "secret")
    found = security_of({"security.protocol": "SSL", "ssl.keystore.location": whole, "ssl.key.password": "secret"})
    assert found.options(OPTIONS).tls is not None
    told = found.of_librdkafka
    assert told["ssl.key.pem"].startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert told["ssl.key.password"] == "secret"
    assert "-----BEGIN CERTIFICATE-----" in told["ssl.certificate.pem"]


def test_a_file_that_says_too_little_is_refused():
    with pytest.raises(InvalidSetting, match=r"sasl\.mechanism"):
        security_of({"security.protocol": "SASL_SSL"})
    with pytest.raises(InvalidSetting, match=r"sasl\.jaas\.config"):
        security_of({"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN"})
    with pytest.raises(InvalidJaas, match="PlainLoginModule"):
        security_of({"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.jaas.config": JAAS})
