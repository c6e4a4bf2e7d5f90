"""Members of a group that is none of consumers: the protocol type, the metadata and the assignment are ours."""

from collections.abc import Mapping, Sequence

from headwater.client.admin.group_descriptions import describe_group
from headwater.client.admin.offsets import CommittedOffset, commit_offsets, committed_offsets
from headwater.client.admin.topics import NewTopic, create_topic
from headwater.client.cluster import Cluster
from headwater.client.group import Member, Membership, Peer
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.tasks import Group

WORKERS = Membership(group="workers", protocol_type="connect", protocols={"v1": b"where I live"})


def by_turns(protocol: str, peers: Sequence[Peer]) -> Mapping[str, bytes]:
    return {each.member_id: f"{protocol} task {number}".encode() for number, each in enumerate(peers)}


def test_a_member_of_any_protocol_type_joins_and_gets_what_the_leader_decided(against_a_broker):
    async def test(cluster):
        member = Member(cluster, WORKERS, by_turns)
        joined = await member.join()
        assert joined.is_leader
        assert joined.assignment == b"v1 task 0"
        assert await member.beat()
        described = await describe_group(cluster, "workers")
        assert (described.protocol_type, described.protocol, described.state) == ("connect", "v1", "Stable")
        assert [each.metadata for each in described.members] == [b"where I live"]
        await member.leave()
        assert (await describe_group(cluster, "workers")).state == "Empty"

    against_a_broker(test)


def test_a_second_member_makes_the_first_join_again_and_both_have_their_share(against_a_broker):
    async def test(cluster):
        async with Cluster(cluster._bootstrap, randomness=SystemRandomness(), options=cluster.options) as other:
            first, second = Member(cluster, WORKERS, by_turns), Member(other, WORKERS, by_turns)
            await first.join()
            async with Group() as tasks:
                joining = tasks.start("second", second.join())
                while await first.beat():
                    pass
                again = await first.join()
            shares = {again.assignment, joining.result().assignment}
            assert shares == {b"v1 task 0", b"v1 task 1"}
            assert again.generation == joining.result().generation

    against_a_broker(test)


def test_a_member_commits_in_its_own_name(against_a_broker):
    async def test(cluster):
        await create_topic(cluster, NewTopic(name="orders", partitions=1))
        member = Member(cluster, WORKERS, by_turns)
        await member.join()
        offsets = {("orders", 0): CommittedOffset(offset=3)}
        await commit_offsets(cluster, "workers", offsets, commits_as=member.commits_as)
        assert (await committed_offsets(cluster, "workers"))[("orders", 0)].offset == 3

    against_a_broker(test)
