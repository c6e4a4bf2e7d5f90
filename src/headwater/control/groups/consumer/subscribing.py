"""What members say of themselves, and when that begins another epoch of their group.

A group's epoch grows when somebody leaves, subscribes to other topics than before or prefers another assignor, when an
expression matches other topics, and when the topics themselves have changed.
"""

from collections.abc import Mapping

from headwater.control.groups.consumer.draft import Draft
from headwater.control.groups.consumer.group import Group
from headwater.control.groups.consumer.member import Member
from headwater.control.groups.consumer.records import epoch_record, expression_record, member_record, no_expression
from headwater.control.groups.consumer.table import Table
from headwater.control.groups.consumer.targets import preferred_assignor
from headwater.kernel.units import SECOND_MS, Timestamp

_MATCHED_AGAIN_AFTER_MS = 10 * SECOND_MS
"""While topics come and go, expressions are matched against them only so often."""


def subscribe(
    table: Table, draft: Draft, member: Member, updated: Member, matched: Mapping[str, tuple[str, ...]]
) -> bool:
    """Write what is new of this member and of the topics. Whether it is subscribed to others than before."""
    group_id = draft.group.group_id
    votes_anew = updated.assignor != member.assignor
    preferred = _preferred(table, draft.group) if votes_anew else ""
    if member.member_id not in draft.group.members or updated != member:
        draft.write(member_record(group_id, updated))
    resubscribed = updated.topics != member.topics or updated.expression != member.expression
    if updated.expression != member.expression:
        forget_unused_expressions(draft)
    found_others = _take_matches(table, draft, matched)
    prefers_another = votes_anew and _preferred(table, draft.group) != preferred
    compare_topics(table, draft, changed=resubscribed or found_others or prefers_another)
    return resubscribed or found_others


def _preferred(table: Table, group: Group) -> str:
    return preferred_assignor(group, table.settings(group.group_id))


def compare_topics(table: Table, draft: Draft, *, changed: bool) -> None:
    """Begin another epoch if something has `changed`, or if the topics have since the group last looked at them."""
    group_id = draft.group.group_id
    if not changed and table.topics_seen.get(group_id) == table.topics.version:
        return
    found = table.topic_hash(draft.group)
    if changed or found != draft.group.metadata_hash:
        draft.write(epoch_record(group_id, draft.group.epoch + 1, found))
    table.topics_seen[group_id] = table.topics.version


def forget_unused_expressions(draft: Draft) -> None:
    subscribed = dict.fromkeys(draft.group.subscribed_expressions)
    for expression in [each for each in draft.group.expressions if each not in subscribed]:
        draft.write(no_expression(draft.group.group_id, expression))


def unmatched(table: Table, group_id: str, expression: str, now: Timestamp) -> tuple[str, ...]:
    """Expressions that have to be matched against the topics before a member's heartbeat, which may bring a new one."""
    group = table.groups.get(group_id)
    if group is None:
        return (expression,) if expression else ()
    subscribed = dict.fromkeys(
        (*group.subscribed_expressions, expression) if expression else group.subscribed_expressions
    )
    if subscribed and _is_to_be_matched_again(table, group, now):
        return tuple(subscribed)
    return tuple(each for each in subscribed if each not in group.expressions)


def _is_to_be_matched_again(table: Table, group: Group, now: Timestamp) -> bool:
    version, at = table.matched_at.get(group.group_id, (-1, Timestamp(0)))
    since = now - at
    if 0 <= since < _MATCHED_AGAIN_AFTER_MS:
        return False
    refresh_ms = table.settings(group.group_id).expression_refresh_interval_ms
    return version != table.topics.version or not 0 <= since < refresh_ms


def _take_matches(table: Table, draft: Draft, matched: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether an expression matches other topics than before."""
    group_id, version, now = draft.group.group_id, table.topics.version, draft.moment.wall
    subscribed = dict.fromkeys(draft.group.subscribed_expressions)
    changed = False
    for expression, topics in matched.items():
        if expression not in subscribed:
            continue
        old = draft.group.expressions.get(expression)
        if old is None or old.topics != topics:
            draft.write(expression_record(group_id, expression, topics, version=version, now=now))
            changed = True
    if matched and len(matched) >= len(subscribed):
        table.matched_at[group_id] = (version, now)
    return changed
