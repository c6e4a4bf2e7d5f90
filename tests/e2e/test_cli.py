"""The command line as people use it: real processes, `headwater up` among them."""

import asyncio
import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from confluent_kafka import Consumer, Producer
from tests.e2e.hanging import hang
from tests.e2e.process import environment, free_port, line_within
from tests.e2e.registries import eventually

START_S = 60.0
STOP_S = 30.0
COMMAND_S = 60.0
HEADWATER = (sys.executable, "-m", "headwater.cli.main")
FEW_PARTITIONS = ("--set", "offsets.topic.num.partitions=2", "--set", "transaction.state.log.num.partitions=2")

CITIES = "city,people\nLagos,15\nDelhi,33\nTokyo,37\n"


@dataclass(frozen=True)
class Up:
    """A running `headwater up`, or `broker`, and where it said that it is."""

    process: subprocess.Popen[bytes]
    bootstrap: str
    admin: str
    registry: str = ""

    def run(self, *arguments: str, given: str = "") -> str:
        """What a command printed; it must succeed."""
        ended = self.attempt(*arguments, given=given)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def attempt(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        told = environment() | {"HEADWATER_BOOTSTRAP": self.bootstrap}
        command = [*HEADWATER, *arguments]
        return subprocess.run(
            command, input=given, env=told, capture_output=True, text=True, timeout=COMMAND_S, check=False
        )

    def json(self, *arguments: str) -> object:
        return json.loads(self.run(*arguments, "--output", "json"))


def start(folder: Path, command: str = "up", *more: str) -> Up:
    """Until its ready line; every port is one that is free. Without more words, `up` is without a registry."""
    more = more or (("--no-registry",) if command == "up" else ())
    options: tuple[str, ...] = (
        *more,
        "--data",
        str(folder / "data"),
        "--kafka-port",
        "0",
        "--admin-port",
        "0",
        "--host",
        "127.0.0.1",
        "--quiet",
    )
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [*HEADWATER, command, *options, *FEW_PARTITIONS], stdout=subprocess.PIPE, stderr=log, env=environment()
        )
    assert process.stdout is not None
    line = line_within(process.stdout, START_S).decode().split()
    if line[:1] != ["ready"]:
        process.kill()
        raise AssertionError((folder / "log").read_text())
    places = dict(word.split("=") for word in line[1:])
    return Up(process, places["kafka"], places["admin"], places.get("registry", ""))


def end(up: Up, number: signal.Signals = signal.SIGTERM) -> int:
    """Its status. The output ends when the broker, which has it too, is gone as well."""
    assert up.process.stdout is not None
    up.process.send_signal(number)
    try:
        status = up.process.wait(STOP_S)
        assert line_within(up.process.stdout, STOP_S) == b""
        return status
    finally:
        up.process.kill()
        up.process.stdout.close()


@pytest.fixture(scope="module")
def up(tmp_path_factory) -> Iterator[Up]:
    running = start(tmp_path_factory.mktemp("up"))
    yield running
    assert end(running) == 0


def test_csv_goes_in_and_json_comes_out(up):
    up.run("topic", "create", "cities", "--partitions", "2")
    assert up.run("produce", "cities", "--input", "csv", "--key", "city", given=CITIES) == "sent 3 records to cities\n"
    lines = up.run("consume", "cities", "--from", "beginning", "--no-follow", "--output", "json").splitlines()
    records = {each["key"]: each["value"] for each in map(json.loads, lines)}
    assert records == {row["city"]: row for row in csv.DictReader(io.StringIO(CITIES))}
    rows = up.run("consume", "cities", "--from", "beginning", "--no-follow", "--output", "csv").splitlines()
    assert sorted(rows) == sorted(CITIES.splitlines())


def test_transactions_are_shown_and_one_that_hangs_is_found_and_aborted(up):
    up.run("topic", "create", "ledger")
    writing = Producer({"bootstrap.servers": up.bootstrap, "transactional.id": "books"})
    writing.init_transactions(COMMAND_S)
    writing.begin_transaction()
    writing.produce("ledger", b"open", partition=0)
    writing.flush(COMMAND_S)
    assert [each["id"] for each in up.json("txn", "list", "--state", "Ongoing")] == ["books"]
    described = up.json("txn", "describe", "books")
    assert (described["state"], described["partitions"]) == ("Ongoing", ["ledger-0"])
    assert up.json("txn", "hanging") == []
    writing.commit_transaction(COMMAND_S)
    up.run("config", "set", "broker", "all", "transaction.partition.verification.enable=false")
    asyncio.run(hang(up.bootstrap, "ledger", producer=4242))
    (found,) = up.json("txn", "hanging")
    assert (found["topic"], found["partition"], found["producer"]) == ("ledger", 0, 4242)
    up.run("txn", "abort", "ledger", "0", "4242")
    assert up.json("txn", "hanging") == []
    assert "no transaction open" in up.attempt("txn", "abort", "ledger", "0", "4242").stderr


def test_quotas_are_set_listed_and_removed(up):
    up.run("quota", "set", "--user", "ann", "--client-defaults", "producer_byte_rate=1000", "request_percentage=0.5")
    up.run("quota", "set", "--ip-defaults", "connection_creation_rate=10000")
    quotas = up.json("quota", "list", "--user", "ann")
    assert {(each["user"], each["client-id"], each["ip"]) for each in quotas} == {("ann", "(default)", None)}
    assert {each["quota"]: each["value"] for each in quotas} == {"producer_byte_rate": 1000, "request_percentage": 0.5}
    up.run("quota", "remove", "--user", "ann", "--client-defaults", "producer_byte_rate", "request_percentage")
    assert [each["ip"] for each in up.json("quota", "list")] == ["(default)"]
    up.run("quota", "remove", "--ip-defaults", "connection_creation_rate")
    assert "say whose quota" in up.attempt("quota", "set", "producer_byte_rate=1").stderr
    assert "choose between" in up.attempt("quota", "list", "--user", "ann", "--user-defaults").stderr
    assert "is a number" in up.attempt("quota", "set", "--user", "ann", "producer_byte_rate=fast").stderr


def test_a_group_goes_on_where_it_was_until_it_is_reset(up):
    up.run("produce", "numbers", "--create", given="1\n2\n3\n")
    read = ("consume", "numbers", "--group", "readers", "--from", "beginning", "--no-follow")
    assert up.run(*read, "--count", "2") == "1\n2\n"
    assert up.run(*read) == "3\n"
    described = up.json("group", "describe", "readers")
    assert [(each["offset"], each["lag"]) for each in described["offsets"]] == [(3, 0)]
    up.run("group", "reset", "readers", "--topic", "numbers", "--to", "-1")
    assert up.run(*read) == "3\n"
    assert [(each["group"], each["type"]) for each in up.json("group", "list")] == [("readers", "classic")]
    up.run("group", "delete-offsets", "readers", "--topic", "numbers")
    assert up.json("group", "describe", "readers")["offsets"] == []
    up.run("group", "delete", "readers")
    assert up.json("group", "list") == []
    assert "`headwater group list`" in up.attempt("group", "describe", "readers").stderr


def test_a_group_of_the_new_protocol_is_shown_with_its_members_and_moved_without_them(up):
    up.run("produce", "events", "--create", given="1\n2\n3\n")
    reading = Consumer(
        {"bootstrap.servers": up.bootstrap, "group.id": "modern", "group.protocol": "consumer", "client.id": "reader"}
        | {"auto.offset.reset": "earliest", "enable.auto.commit": False}
    )
    reading.subscribe(["events"])
    assert reading.poll(COMMAND_S) is not None
    reading.commit(asynchronous=False)
    described = up.json("group", "describe", "modern", "--members")
    assert (described["type"], described["state"], described["size"]) == ("consumer", "Stable", 1)
    assert [(each["client"], each["reads"]) for each in described["members"]] == [("reader", ["events-0"])]
    assert [(each["offset"], each["reader"]) for each in up.json("group", "describe", "modern")["offsets"]] == [
        (1, "reader")
    ]
    assert "has 1 members" in up.attempt("group", "reset", "modern", "--to", "end").stderr
    reading.close()
    moved = up.json("group", "reset", "modern", "--to", "end")
    assert [(each["from"], each["to"]) for each in moved] == [(1, 3)]
    up.run("group", "delete-offsets", "modern", "--topic", "events")
    up.run("group", "delete", "modern")
    assert up.json("group", "list", "--kind", "consumer") == []


def test_a_share_group_gets_its_place_before_its_first_member(up):
    up.run("produce", "jobs", "--create", given="1\n2\n3\n")
    up.run("group", "reset", "workers", "--kind", "share", "--topic", "jobs", "--to", "-1")
    assert [each["group"] for each in up.json("group", "list", "--kind", "share", "--state", "empty")] == ["workers"]
    assert up.json("group", "list", "--kind", "streams") == []
    described = up.json("group", "describe", "workers")
    assert (described["type"], described["state"], described["size"]) == ("share", "Empty", 0)
    assert [(each["offset"], each["end"], each["lag"], each["readers"]) for each in described["offsets"]] == [
        (2, 3, 1, [])
    ]
    moved = up.json("group", "reset", "workers", "--to", "beginning")
    assert [(each["from"], each["to"]) for each in moved] == [(2, 0)]
    up.run("group", "delete-offsets", "workers", "--topic", "jobs")
    assert up.json("group", "describe", "workers")["offsets"] == []
    up.run("group", "delete", "workers")
    assert up.json("group", "list") == []


def test_consume_stops_at_the_count_and_begins_where_it_is_told(up):
    up.run("produce", "letters", "--create", "--key-separator", ":", given="k:a\nk:b\nk:c\n")
    assert (
        up.run("consume", "letters", "--from", "1", "--count", "1", "--format", "{offset} {key} {value}") == "1 k b\n"
    )
    assert up.run("consume", "letters", "--from", "-1", "--no-follow") == "c\n"
    assert up.run("consume", "letters", "--from", "2013-01-01", "--count", "3") == "a\nb\nc\n"


def test_topics_and_settings_are_made_shown_changed_and_deleted(up):
    up.run("topic", "create", "orders", "-p", "1", "--config", "retention.ms=60000")
    up.run("topic", "alter", "orders", "--partitions", "3", "--config", "max.message.bytes=1000")
    described = up.json("topic", "describe", "orders")
    assert len(described["partitions"]) == 3
    assert described["settings"] == {"max.message.bytes": "1000", "retention.ms": "60000"}
    up.run("config", "unset", "topic", "orders", "retention.ms")
    assert up.run("config", "get", "topic", "orders", "retention.ms") == "604800000\n"
    up.run("config", "set", "topic", "orders", "retention.ms=7000")
    assert "7000" in up.run("config", "describe", "topic", "orders")
    up.run("topic", "delete", "orders", "--yes")
    assert "orders" not in up.run("topic", "list")


def test_the_cluster_is_shown_and_so_is_what_is_wrong(up):
    assert [each["address"] for each in up.json("cluster")["brokers"]] == [up.bootstrap]
    unknown = up.attempt("consume", "nothing")
    assert unknown.returncode == 1
    assert "headwater topic create" in unknown.stderr
    assert up.attempt("topic", "create", "a b").returncode == 1
    assert "no setting" in up.attempt("topic", "create", "fine", "--config", "retention").stderr


def test_the_supervisors_end_is_the_brokers_end_and_nothing_is_lost(tmp_path):
    first = start(tmp_path)
    first.run("produce", "kept", "--create", given="still here\n")
    end(first, signal.SIGKILL)
    second = start(tmp_path)
    assert second.run("consume", "kept", "--from", "beginning", "--no-follow") == "still here\n"
    assert end(second) == 0


def test_the_brokers_end_is_the_supervisors_end(tmp_path):
    running = start(tmp_path)
    (broker,) = children(running.process.pid)
    os.kill(broker, signal.SIGKILL)
    assert running.process.wait(STOP_S) == 128 + signal.SIGKILL
    end(running)


def test_ctrl_c_ends_a_broker_cleanly(tmp_path):
    assert end(start(tmp_path, "broker"), signal.SIGINT) == 0
    assert (tmp_path / "data" / ".kafka_cleanshutdown").exists()


def test_a_folder_in_use_is_told_and_ends_with_a_status(tmp_path):
    running = start(tmp_path)
    second = running.attempt(
        "up",
        "--data",
        str(tmp_path / "data"),
        "--kafka-port",
        "0",
        "--admin-port",
        "0",
        "--registry-port",
        "0",
        "--quiet",
    )
    assert second.returncode == 1
    assert "another process is using this folder" in second.stderr
    assert end(running) == 0


def children(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, timeout=COMMAND_S, check=True
    ).stdout
    pairs = (line.split() for line in listed.splitlines())
    return [int(child) for child, parent in pairs if int(parent) == pid]


def test_up_has_a_registry_that_comes_back_when_it_dies(tmp_path):
    running = start(tmp_path, "up", "--registry-port", str(free_port()))
    config = f"{running.registry}/config"
    assert httpx.put(config, json={"compatibility": "FULL"}, timeout=COMMAND_S).status_code == 200
    _, services = children(running.process.pid)
    os.kill(services, signal.SIGKILL)
    eventually(lambda: level_of(config) == "FULL")
    second = running.attempt(
        "up", "--data", str(tmp_path / "other"), "--kafka-port", "0", "--admin-port", "0", "--host", "127.0.0.1",
        "--registry-port", running.registry.rpartition(":")[2], "--quiet",
    )  # fmt: skip
    assert second.returncode == 1
    assert "address already in use" in second.stderr
    assert end(running) == 0


def level_of(config: str) -> str | None:
    """None while nobody answers."""
    try:
        return str(httpx.get(config, timeout=COMMAND_S).json()["compatibilityLevel"])
    except httpx.TransportError:
        return None
