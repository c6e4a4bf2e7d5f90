"""Registries that are asked by https, with a certificate and a password, and that forward to each other so."""

import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from tests.e2e.process import Process, environment, start
from tests.e2e.registries import RegistryProcess, writer_of
from tests.security.authority import PASSWORD, Authority

AUTHORITY = Authority()
ADA = AUTHORITY.issue("ada")
USER = ("ada", "lovelace")
SCHEMA = '"string"'
START_S = 60


@pytest.fixture(scope="module")
def broker(tmp_path_factory) -> Iterator[Process]:
    process = start(tmp_path_factory.mktemp("broker") / "data")
    yield process
    assert process.stop() == 0, process.log_tail()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """With all that a registry and its clients need."""
    made: Path = tmp_path_factory.mktemp("security")
    AUTHORITY.issue("registry").write_pkcs12(made / "registry.p12")
    AUTHORITY.write_pem(made / "authority.pem")
    (made / "ada.key").write_text(ADA.key_pem())
    (made / "ada.pem").write_text(ADA.chain_pem)
    (made / "users").write_text("ada: lovelace,writer\n")
    (made / "jaas.conf").write_text(
        f'Registry {{ org.eclipse.jetty.jaas.spi.PropertyFileLoginModule required file="{made}/users"; }};'
    )
    return made


@pytest.fixture(scope="module")
def settings(folder) -> dict[str, str]:
    return {
        "inter.instance.protocol": "https",
        "ssl.keystore.location": f"{folder}/registry.p12",
        "ssl.keystore.password": PASSWORD,
        "ssl.truststore.location": f"{folder}/authority.pem",
        "ssl.client.authentication": "REQUIRED",
        "authentication.method": "BASIC",
        "authentication.realm": "Registry",
        "authentication.roles": "writer",
        "java.security.auth.login.config": f"{folder}/jaas.conf",
    }


def trusting(folder: Path, *, shows: bool = True) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "authority.pem"))
    if shows:
        context.load_cert_chain(folder / "ada.pem", folder / "ada.key")
    return context


@pytest.fixture(scope="module")
def registries(tmp_path_factory, broker, folder, settings) -> Iterator[list[RegistryProcess]]:
    as_client = {"verify": trusting(folder), "auth": USER}
    logs = tmp_path_factory.mktemp("registries")
    made = [RegistryProcess(logs, broker.bootstrap, settings=settings, as_client=as_client) for _ in range(2)]
    for each in made:
        each.launch()
    for each in made:
        each.wait()
    yield made
    for each in made:
        assert each.end() == 0, each.log_tail()


def test_a_change_is_forwarded_by_https_with_the_certificate_of_the_node_and_the_password_of_the_caller(registries):
    writer = writer_of(registries)
    (follower,) = [each for each in registries if each is not writer]
    id_ = follower.register("orders-value", SCHEMA)
    assert id_ is not None
    assert writer.schema(id_) == follower.schema(id_) == SCHEMA


def test_confluents_client_is_answered_by_https_with_its_certificate_and_its_password(registries, folder):
    given = {
        "url": registries[0].url,
        "ssl.ca.location": f"{folder}/authority.pem",
        "ssl.certificate.location": f"{folder}/ada.pem",
        "ssl.key.location": f"{folder}/ada.key",
    }
    registries[0].register("bills-value", SCHEMA)
    with SchemaRegistryClient({**given, "basic.auth.user.info": ":".join(USER)}) as client:
        assert "bills-value" in client.get_subjects()
    with (
        SchemaRegistryClient({**given, "basic.auth.user.info": "ada:byron"}) as client,
        pytest.raises(SchemaRegistryError, match="Unauthorized") as refused,
    ):
        client.get_subjects()
    assert refused.value.http_status_code == 401


def test_who_shows_no_certificate_is_not_even_heard(registries, folder):
    with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
        httpx.get(f"{registries[0].url}/subjects", verify=trusting(folder, shows=False), auth=USER)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"ssl.keystore.password": "wrong"}, "registry.p12 can't be read: its password is wrong"),
        ({"ssl.keystore.location": ""}, "ssl.keystore.location"),
        ({"authentication.realm": "Other"}, "has no section Other"),
        ({"authentication.method": "BEARER"}, "authentication.method='BEARER' can't be"),
        ({"kafkastore.security.protocol": "SASL_SSL"}, "reached by SASL_SSL|kafkastore.sasl.mechanism"),
        ({"inter.instance.protocol": "http"}, "inter.instance.protocol"),
    ],
)
def test_what_does_not_fit_together_stops_the_start_and_says_why(broker, settings, changed, why):
    pairs = [f"{name}={text}" for name, text in {**settings, "listeners": "https://127.0.0.1:0", **changed}.items()]
    given = [part for pair in pairs for part in ("--set", pair)]
    command = [sys.executable, "-m", "headwater.cli.main", "registry", "--bootstrap", broker.bootstrap, *given]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=START_S, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (line,) = [each for each in done.stderr.splitlines() if each.startswith("error: ")]
    assert any(each in line for each in why.split("|")), line
