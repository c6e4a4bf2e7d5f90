"""How a broker starts on what it finds, and how it refuses."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from shutil import rmtree

import pytest

from headwater.assembly.broker import Broker
from headwater.assembly.errors import AssemblyError, NoMetadata, RefusedSetting, WrongFolder
from headwater.assembly.options import BrokerOptions
from headwater.control.cluster.requests import CreateTopic, DeleteTopic
from headwater.kernel.errors import FolderInUse, InvalidSetting
from headwater.kernel.real.world import real_world
from headwater.kernel.tasks import Group
from headwater.wire.types import TopicName, Uuid

TOPIC_ID = Uuid(bytes([1]) * 16)


def options(folder: Path, **settings: str) -> BrokerOptions:
    given = {"listeners": "PLAINTEXT://127.0.0.1:0"} | {name.replace("_", "."): text for name, text in settings.items()}
    return BrokerOptions(data=str(folder), settings=given, admin_port=0)


def started(told: BrokerOptions, use: Callable[[Broker], Awaitable[None]] | None = None) -> None:
    """Start a broker, use it, stop it; what keeps it from starting is raised."""

    async def main() -> None:
        broker = Broker(told, real_world())
        try:
            async with Group() as group:
                await broker.start(group)
                if use is not None:
                    await use(broker)
                await broker.stop()
        except ExceptionGroup as problems:
            raise problems.exceptions[0] from None
        finally:
            await broker.stop()

    asyncio.run(asyncio.wait_for(main(), 30))


async def make_topic(broker: Broker) -> None:
    request = CreateTopic(name=TopicName("t"), topic_id=TOPIC_ID, partitions=2, replication_factor=1)
    await broker._cluster.ask(request)
    await broker._partitions.opened(TOPIC_ID)


async def only_decide_to_delete(broker: Broker) -> None:
    """As if a crash came before anybody could act on it."""
    broker._partitions.durable = lambda records: None  # type: ignore[method-assign]
    broker._cluster._subscribers.clear()
    await broker._cluster.ask(DeleteTopic(name=TopicName("t")))


def test_a_second_process_on_the_folder_is_refused(tmp_path):
    async def again(_: Broker) -> None:
        with pytest.raises(FolderInUse):
            real_world().disk.lock(str(tmp_path))

    started(options(tmp_path), again)


def test_a_folder_of_another_node_is_refused(tmp_path):
    started(options(tmp_path))
    with pytest.raises(WrongFolder):
        started(options(tmp_path, node_id="7"))


def test_partitions_without_metadata_are_not_touched(tmp_path):
    started(options(tmp_path), make_topic)
    rmtree(tmp_path / "__cluster_metadata-0")
    with pytest.raises(NoMetadata):
        started(options(tmp_path))
    assert (tmp_path / "t-1").is_dir()


def test_a_partition_of_no_topic_is_kept_until_its_name_is_used_again(tmp_path):
    started(options(tmp_path), make_topic)
    started(options(tmp_path), only_decide_to_delete)
    started(options(tmp_path))
    assert (tmp_path / "t-0").is_dir()

    async def make_it_again(broker: Broker) -> None:
        again = Uuid(bytes([2]) * 16)
        request = CreateTopic(name=TopicName("t"), topic_id=again, partitions=1, replication_factor=1)
        await broker._cluster.ask(request)
        await broker._partitions.opened(again)
        assert broker._logs.get(again, 0) is not None

    started(options(tmp_path), make_it_again)


@pytest.mark.parametrize(
    "settings",
    [
        {"authorizer_class_name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer"},
        {"ssl_keystore_location": "/secret.jks"},
        {"log_dirs": "/a,/b"},
        {"controller_quorum_voters": "1@a:9093,2@b:9093"},
        {"process_roles": "controller"},
        {"metadata_log_dir": "/elsewhere"},
        {"create_topic_policy_class_name": "org.example.NoTopics"},
        {"alter_config_policy_class_name": "org.example.NoChanges"},
    ],
)
def test_what_cannot_be_honoured_yet_stops_the_start(tmp_path, settings):
    with pytest.raises(RefusedSetting, match=str(next(iter(settings.values())))):
        started(options(tmp_path, **settings))


@pytest.mark.parametrize(
    "settings", [{"num_partitions": "many"}, {"message_max_bytes": "-5"}, {"node_id": "x"}, {"num_io_threads": "0"}]
)
def test_a_value_that_cannot_be_stops_the_start(tmp_path, settings):
    with pytest.raises(InvalidSetting, match=str(next(iter(settings.values())))):
        started(options(tmp_path, **settings))


def test_what_changes_nothing_is_accepted_and_said(tmp_path, caplog):
    started(options(tmp_path, num_io_threads="8", node_id="1", log_retention_hours="9", no_such_setting="x"))
    said = {
        record.message: vars(record)["headwater_values"]["names"]
        for record in caplog.records
        if "settings" in record.message
    }
    assert said == {
        "settings that change nothing here": "num.io.threads",
        "settings that nobody knows": "no.such.setting",
    }


def test_a_listener_that_would_not_be_encrypted_stops_the_start(tmp_path):
    with pytest.raises(Exception, match="SSL") as refused:
        started(options(tmp_path, listeners="SSL://127.0.0.1:0"))
    assert not isinstance(refused.value, AssemblyError)


def test_a_new_folder_is_formatted_as_kafka_formats_one(tmp_path):
    started(options(tmp_path, cluster_id="4L6g3nShT-eMCtK--X86sw"))
    assert "cluster.id=4L6g3nShT-eMCtK--X86sw" in (tmp_path / "meta.properties").read_text()
    assert b"metadata.version" in (tmp_path / "bootstrap.checkpoint").read_bytes()
    assert (tmp_path / "__cluster_metadata-0" / "quorum-state").is_file()


def test_what_the_process_does_can_be_seen(tmp_path):
    seen: list[str] = []

    async def look(broker: Broker) -> None:
        await make_topic(broker)
        reader, writer = await asyncio.open_connection("127.0.0.1", broker.admin.port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        seen.extend((await reader.read()).decode().splitlines())
        writer.close()

    started(options(tmp_path), look)
    assert "headwater_partitions 2" in seen
    assert "headwater_task_failures_total 0" in seen
    assert "headwater_share_groups 0" in seen
    assert "headwater_transactions_open 0" in seen
    assert any(line.startswith("headwater_loop_held_total ") for line in seen)


def test_a_broker_without_remote_storage_does_not_serve_half_of_a_log(tmp_path):
    tiered = {"remote_log_storage_system_enable": "true", "remote_storage_url": f"file://{tmp_path}/store"}

    async def make_tiered(broker: Broker) -> None:
        told = {"remote.storage.enable": "true"}
        request = CreateTopic(name=TopicName("t"), topic_id=TOPIC_ID, partitions=1, replication_factor=1, settings=told)
        await broker._cluster.ask(request)

    started(options(tmp_path / "data", **tiered), make_tiered)
    with pytest.raises(RefusedSetting, match=r"topic t has remote\.storage\.enable"):
        started(options(tmp_path / "data"))
    started(options(tmp_path / "data", **tiered))


def test_remote_storage_needs_an_address(tmp_path):
    with pytest.raises(RefusedSetting, match=r"remote\.storage\.url"):
        started(options(tmp_path, remote_log_storage_system_enable="true"))
