"""Every API that this broker serves: the one list from which requests find their handler and ApiVersions is answered."""

from typing import Final

from headwater.broker.api import Handler
from headwater.broker.handlers import (
    api_versions,
    delete_groups,
    delete_records,
    describe_groups,
    describe_producers,
    fetch,
    find_coordinator,
    heartbeat,
    join_group,
    leave_group,
    list_groups,
    list_offsets,
    offset_commit,
    offset_delete,
    offset_fetch,
    offset_for_leader_epoch,
    produce,
    sync_group,
)

HANDLERS: Final[tuple[Handler, ...]] = (
    api_versions,
    delete_groups,
    delete_records,
    describe_groups,
    describe_producers,
    fetch,
    find_coordinator,
    heartbeat,
    join_group,
    leave_group,
    list_groups,
    list_offsets,
    offset_commit,
    offset_delete,
    offset_fetch,
    offset_for_leader_epoch,
    produce,
    sync_group,
)
