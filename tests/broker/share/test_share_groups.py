"""Share groups with both of their coordinators: what is decided for the one is carried out at the other."""

import pytest
from tests.broker.rig import Forbid
from tests.broker.share.grouping import TOPIC, alter, beat, delete, described, forget, leave, offsets, sharing
from tests.machine.toy import elapse, run

from headwater.broker.handlers import find_coordinator, list_groups
from headwater.control.cluster.requests import DeleteTopic
from headwater.control.groups.share.records import group_epoch, state_partitions
from headwater.control.groups.share.state_partitions import StatePartitions, TopicShares
from headwater.security.access import Operation, group, topic
from headwater.wire.error_codes import ErrorCode
from headwater.wire.messages.find_coordinator_request import FindCoordinatorRequest
from headwater.wire.messages.list_groups_request import ListGroupsRequest
from headwater.wire.types import TopicName, uuid_text


def test_a_member_reads_with_its_first_heartbeat():
    async def test() -> None:
        async with sharing() as broker:
            answer = await beat(broker)
            assert answer.error_code == 0
            assert (answer.member_id, answer.heartbeat_interval_ms) == ("a", 5_000)
            (assigned,) = answer.assignment.topic_partitions
            assert (assigned.topic_id, assigned.partitions) == (TOPIC, (0, 1))
            assert await offsets(broker) == {("orders", 0): (-1, -1), ("orders", 1): (-1, -1)}

    run(test)


def test_what_a_load_finds_open_is_carried_out_as_soon_as_it_can_be():
    async def test() -> None:
        both = TopicShares(name=TopicName("orders"), partitions=(0, 1))
        found = [group_epoch("g", 3, 0), state_partitions("g", StatePartitions(initializing={TOPIC: both}))]
        async with sharing(committed=found) as broker:
            await elapse(60_000)
            assert await offsets(broker) == {}
            key = f"g:{uuid_text(TOPIC)}:0"
            await broker.ask(find_coordinator, FindCoordinatorRequest(key_type=2, coordinator_keys=(key,)), 6)
            await elapse(6_000)
            assert await offsets(broker) == {("orders", 0): (-1, -1), ("orders", 1): (-1, -1)}

    run(test)


def test_a_new_start_that_was_lost_with_a_load_leaves_the_old_one():
    async def test() -> None:
        both = {TOPIC: TopicShares(name=TopicName("orders"), partitions=(0, 1))}
        found = [group_epoch("g", 3, 0), state_partitions("g", StatePartitions(initializing=both, initialized=both))]
        async with sharing(committed=found) as broker:
            await elapse(1_000)
            shares = await broker.services.coordinators.read("g", lambda machine: machine.share.all()[0].shares)
            assert shares == StatePartitions(initialized=both)
            assert broker.services.share_states.all() == []

    run(test)


def test_a_share_group_is_described_and_listed():
    async def test() -> None:
        async with sharing() as broker:
            await beat(broker)
            found = await described(broker, operations=True)
            assert (found.error_code, found.group_state, found.assignor_name) == (0, "Stable", "simple")
            assert (found.group_epoch, found.assignment_epoch) == (2, 2)
            (member,) = found.members
            assert (member.member_id, member.member_epoch, member.client_id, member.client_host) == (
                "a",
                2,
                "tests",
                "/192.0.2.1",
            )
            assert member.assignment.topic_partitions[0].topic_name == "orders"
            assert found.authorized_operations > 0
            request = ListGroupsRequest(states_filter=("stable",), types_filter=("share",))
            (listed,) = (await broker.ask(list_groups, request, 5)).groups
            assert (listed.group_id, listed.protocol_type, listed.group_type) == ("g", "share", "share")

    run(test)


def test_a_group_that_is_not_there_or_is_no_share_group_is_not_found():
    async def test() -> None:
        async with sharing() as broker:
            assert (await described(broker, "h")).error_code == ErrorCode.GROUP_ID_NOT_FOUND
            assert (await forget(broker, "orders")).error_code == ErrorCode.GROUP_ID_NOT_FOUND
            assert await offsets(broker) == {}

    run(test)


def test_offsets_are_altered_described_and_forgotten():
    async def test() -> None:
        async with sharing() as broker:
            answer = await alter(broker, (0, 7), (2, 7))
            codes = [each.error_code for each in answer.responses[0].partitions]
            assert codes == [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]
            assert answer.responses[0].topic_id == TOPIC
            asked = {"orders": (0, 1, 2), "gone": (0,)}
            assert await offsets(broker, asked) == {
                ("orders", 0): (7, -7),
                ("orders", 1): (-1, -1),
                ("orders", 2): (-ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1),
                ("gone", 0): (-1, -1),
            }
            answer = await forget(broker, "orders", "gone")
            assert [each.error_code for each in answer.responses] == [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]
            assert await offsets(broker) == {}

    run(test)


def test_a_group_with_members_keeps_its_offsets_and_itself():
    async def test() -> None:
        async with sharing() as broker:
            await beat(broker)
            assert (await alter(broker, (0, 7))).error_code == ErrorCode.NON_EMPTY_GROUP
            assert (await forget(broker, "orders")).error_code == ErrorCode.NON_EMPTY_GROUP
            assert await delete(broker) == ErrorCode.NON_EMPTY_GROUP

    run(test)


def test_a_deleted_group_leaves_nothing_anywhere():
    async def test() -> None:
        async with sharing() as broker:
            await beat(broker)
            await leave(broker)
            assert await delete(broker) == 0
            assert (await described(broker)).error_code == ErrorCode.GROUP_ID_NOT_FOUND
            assert not any(each.head.topic_ids() for each in broker.services.share_states.all())
            assert await delete(broker) == ErrorCode.GROUP_ID_NOT_FOUND

    run(test)


def test_a_deleted_topic_is_forgotten_by_its_share_groups():
    async def test() -> None:
        async with sharing() as broker:
            await beat(broker)
            await broker.decide(DeleteTopic(name=TopicName("orders")))
            await elapse(100)
            assert await offsets(broker) == {}
            assert (await described(broker)).members[0].assignment.topic_partitions == ()

    run(test)


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        ((Operation.READ, group("g")), ErrorCode.GROUP_AUTHORIZATION_FAILED),
        ((Operation.DESCRIBE, topic("orders")), ErrorCode.TOPIC_AUTHORIZATION_FAILED),
    ],
)
def test_who_may_not_read_the_group_or_see_the_topic_is_no_member(refused, code):
    async def test() -> None:
        async with sharing(authorizer=Forbid(refused)) as broker:
            assert (await beat(broker)).error_code == code

    run(test)


def test_share_groups_are_not_served_before_the_cluster_has_agreed_on_them():
    async def test() -> None:
        async with sharing(level=0) as broker:
            unsupported = ErrorCode.UNSUPPORTED_VERSION
            assert (await beat(broker)).error_code == unsupported
            assert (await described(broker)).error_code == unsupported
            assert (await alter(broker, (0, 0))).error_code == unsupported
            assert (await forget(broker, "orders")).error_code == unsupported

    run(test)
