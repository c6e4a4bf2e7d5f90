"""A companion's program that answers with what it was asked, or never, or ends."""

import sys

from headwater.kernel.real.answering import answer_requests


def answer(request: bytes) -> bytes:
    while request == b"never":
        pass
    if request == b"end":
        sys.exit()
    print("what a library prints does not disturb the answers")
    return request


if __name__ == "__main__":
    answer_requests(answer)
