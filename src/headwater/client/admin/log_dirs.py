"""What partitions take of their brokers' disks."""

from headwater.client.cluster import Cluster
from headwater.client.errors import check
from headwater.client.roles import Node
from headwater.wire.messages.describe_log_dirs_request import DescribableLogDirTopic, DescribeLogDirsRequest
from headwater.wire.messages.describe_log_dirs_response import DescribeLogDirsResponse


async def local_bytes(cluster: Cluster, broker: int, topic: str, partitions: tuple[int, ...]) -> dict[int, int]:
    """By partition; what is not on this broker is not in the answer."""

    def accept(answer: DescribeLogDirsResponse) -> None:
        check(answer.error_code, subject=f"folders of broker {broker}")

    request = DescribeLogDirsRequest(topics=(DescribableLogDirTopic(topic=topic, partitions=partitions),))
    answer = await cluster.ask(Node(broker), request, DescribeLogDirsResponse, accept=accept)
    found = (each for folder in answer.results for described in folder.topics for each in described.partitions)
    return {each.partition_index: each.partition_size for each in found}
