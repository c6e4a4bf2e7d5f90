"""The registry beside an Apache Kafka that wants TLS, and certificates or passwords with it."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.schema_registry_client import Schema
from tests.e2e.process import environment
from tests.e2e.registries import RegistryProcess
from tests.security.authority import PASSWORD, Authority
from tools.apache_kafka import STANDALONE, Release, Server, apache_kafka, free_port

pytestmark = pytest.mark.java

AUTHORITY = Authority()
SESSION_MS = 1_000
CHANGES = 150
"""They take longer than a session."""
SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")
MODULES = {
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
    **dict.fromkeys(SCRAM, "org.apache.kafka.common.security.scram.ScramLoginModule"),
}
COMMAND_S = 60
CERTIFICATES = free_port()
"""Where clients are known by their certificates; elsewhere by a password."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made: Path = tmp_path_factory.mktemp("stores")
    AUTHORITY.issue("kafka").write_pkcs12(made / "kafka.p12")
    AUTHORITY.issue("registry").write_pkcs12(made / "registry.p12")
    AUTHORITY.write_pkcs12(made / "trust.p12")
    return made


@pytest.fixture(scope="module")
def kafka(kafka_4_3: Release, tmp_path_factory, folder) -> Iterator[Server]:
    users = [part for each in SCRAM for part in ("--add-scram", f"{each}=[name=ada,password=lovelace]")]
    made = (*STANDALONE, *users)
    with apache_kafka(kafka_4_3, tmp_path_factory.mktemp("kafka"), settings=secured(folder), made=made) as server:
        yield server


def secured(folder: Path) -> dict[str, str]:
    plain, certificates = f"127.0.0.1:{free_port()}", f"127.0.0.1:{CERTIFICATES}"
    own = f"SASL_SSL://{{broker}},SSL://{certificates},PLAINTEXT://{plain}"
    users = {f"listener.name.sasl_ssl.{each.lower()}.sasl.jaas.config": f"{MODULES[each]} required;" for each in SCRAM}
    return {
        "listeners": f"{own},CONTROLLER://{{controller}}",
        "advertised.listeners": own,
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL",
        "inter.broker.listener.name": "PLAINTEXT",
        "sasl.enabled.mechanisms": ",".join(MODULES),
        "listener.name.sasl_ssl.plain.sasl.jaas.config": f'{MODULES["PLAIN"]} required user_ada="lovelace";',
        **users,
        "connections.max.reauth.ms": str(SESSION_MS),
        "listener.name.ssl.ssl.client.auth": "required",
        **stores(folder, "kafka", ""),
    }


def stores(folder: Path, whose: str, prefix: str) -> dict[str, str]:
    return {
        f"{prefix}ssl.keystore.type": "PKCS12",
        f"{prefix}ssl.keystore.location": f"{folder}/{whose}.p12",
        f"{prefix}ssl.keystore.password": PASSWORD,
        f"{prefix}ssl.truststore.type": "PKCS12",
        f"{prefix}ssl.truststore.location": f"{folder}/trust.p12",
        f"{prefix}ssl.truststore.password": PASSWORD,
    }


def by_password(folder: Path, mechanism: str, password: str = "lovelace") -> dict[str, str]:
    return {
        **stores(folder, "registry", "kafkastore."),
        "kafkastore.security.protocol": "SASL_SSL",
        "kafkastore.sasl.mechanism": mechanism,
        "kafkastore.sasl.jaas.config": f'{MODULES[mechanism]} required username="ada" password="{password}";',
    }


def by_certificate(folder: Path) -> dict[str, str]:
    return {**stores(folder, "registry", "kafkastore."), "kafkastore.security.protocol": "SSL"}


def works(folder: Path, bootstrap: str, settings: Mapping[str, str]) -> None:
    """For longer than a session is, and writes all that time."""
    registry = RegistryProcess(folder, bootstrap, settings=settings).start()
    try:
        with SchemaRegistryClient({"url": registry.url}) as client:
            id_ = client.register_schema("orders-value", Schema('"string"', "AVRO"))
            assert client.get_schema(id_).schema_str == '"string"'
        levels = ("FULL", "NONE")
        answers = [registry.set_level(f"subject-{n}", levels[n % len(levels)]) for n in range(CHANGES)]
        assert answers == [200] * CHANGES, registry.log_tail()
    finally:
        assert registry.end() == 0, registry.log_tail()


@pytest.mark.parametrize("mechanism", MODULES)
def test_a_registry_that_knows_the_password_works_on_beyond_its_sessions(kafka, folder, mechanism):
    works(folder, f"SASL_SSL://{kafka.bootstrap}", by_password(folder, mechanism))


def test_a_registry_with_a_certificate_works(kafka, folder):
    works(folder, f"127.0.0.1:{CERTIFICATES}", by_certificate(folder))


@pytest.mark.parametrize("mechanism", MODULES)
def test_a_wrong_password_stops_the_start_at_once(kafka, folder, mechanism):
    refused = RegistryProcess(folder, kafka.bootstrap, settings=by_password(folder, mechanism, "byron"))
    assert "does not let this client in" in refused.refuses_to_start()


def test_a_certificate_that_is_missing_or_not_trusted_stops_the_start_at_once(kafka, folder):
    settings = {name: text for name, text in by_certificate(folder).items() if ".keystore." not in name}
    unknown = RegistryProcess(folder, f"127.0.0.1:{CERTIFICATES}", settings=settings)
    assert "no secured connection" in unknown.refuses_to_start()
    Authority("another").write_pkcs12(folder / "others.p12")
    distrusting = by_certificate(folder) | {"kafkastore.ssl.truststore.location": f"{folder}/others.p12"}
    refused = RegistryProcess(folder, f"127.0.0.1:{CERTIFICATES}", settings=distrusting)
    assert "is not believed" in refused.refuses_to_start()


def headwater(config: Path, *arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "headwater.cli.main", "--command-config", str(config), *arguments]
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, env=environment(), timeout=COMMAND_S, check=False
    )


@pytest.mark.parametrize("mechanism", MODULES)
def test_commands_take_a_client_properties_of_kafkas(kafka, folder, tmp_path, mechanism):
    config = tmp_path / "client.properties"
    texts = {name.removeprefix("kafkastore."): text for name, text in by_password(folder, mechanism).items()}
    config.write_text("".join(f"{name}={text}\n" for name, text in texts.items()))
    where, topic = ("-b", kafka.bootstrap), f"orders-{mechanism}"
    made = headwater(config, "topic", "create", topic, *where)
    assert made.returncode == 0, made.stderr
    sent = headwater(config, "produce", topic, *where, stdin="7\n8\n")
    assert sent.returncode == 0, sent.stderr
    read = headwater(config, "consume", topic, "--from", "beginning", "--count", "2", *where)
    assert read.stdout.split() == ["7", "8"], read.stderr
    config.write_text(config.read_text().replace("lovelace", "byron"))
    refused = headwater(config, "topic", "list", *where)
    assert refused.returncode == 1
    assert "does not let this client in" in refused.stderr
