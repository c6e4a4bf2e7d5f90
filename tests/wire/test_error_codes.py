"""Error codes: what clients rely on."""

from headwater.wire.error_codes import ErrorCode
from headwater.wire.errors import CorruptBatch, MalformedMessage


def test_a_code_says_whether_a_client_may_try_again():
    assert ErrorCode.NOT_LEADER_OR_FOLLOWER.retriable
    assert not ErrorCode.TOPIC_AUTHORIZATION_FAILED.retriable


def test_an_error_of_the_wire_says_what_a_client_is_told():
    assert MalformedMessage.code is ErrorCode.INVALID_REQUEST
    assert CorruptBatch.code.retriable
