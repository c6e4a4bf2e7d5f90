"""Every API that this broker serves: the one list from which requests find their handler and ApiVersions is answered."""

from typing import Final

from headwater.broker.api import Handler
from headwater.broker.handlers import (
    api_versions,
    create_topics,
    delete_groups,
    delete_records,
    delete_topics,
    describe_groups,
    describe_producers,
    fetch,
    find_coordinator,
    heartbeat,
    init_producer_id,
    join_group,
    leave_group,
    list_groups,
    list_offsets,
    metadata,
    offset_commit,
    offset_delete,
    offset_fetch,
    offset_for_leader_epoch,
    produce,
    sync_group,
)

HANDLERS: Final[tuple[Handler, ...]] = (
    api_versions,
    create_topics,
    delete_groups,
    delete_records,
    delete_topics,
    describe_groups,
    describe_producers,
    fetch,
    find_coordinator,
    heartbeat,
    init_producer_id,
    join_group,
    leave_group,
    list_groups,
    list_offsets,
    metadata,
    offset_commit,
    offset_delete,
    offset_fetch,
    offset_for_leader_epoch,
    produce,
    sync_group,
)
