"""A broker process for tests: what `headwater broker` is without the command line, so that a start costs no more than it must.

    python -m tests.e2e.serve DIR [key=value ...]

It prints one line of JSON when it is ready.
"""

import json
import resource
import sys
from collections.abc import Sequence

from tests.e2e.limited_disk import limited_world

from headwater.assembly.options import BrokerOptions
from headwater.assembly.ready import Ready
from headwater.assembly.run import run_broker

OPEN_FILES = "open.files"
"""Not a setting of the broker's: how many files the system lets it open, as `ulimit -Sn` and `-Hn` say it: soft:hard."""

DISK_BYTES = "disk.bytes"
"""How large the broker's disk is."""


def main(arguments: Sequence[str]) -> int:
    folder, *pairs = arguments
    settings = dict(pair.split("=", 1) for pair in pairs)
    if bound := settings.pop(OPEN_FILES, None):
        soft, hard = map(int, bound.split(":"))
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    bytes_max = settings.pop(DISK_BYTES, None)
    world = limited_world(folder, bytes_max=int(bytes_max)) if bytes_max else None
    options = BrokerOptions(data=folder, settings=settings, hostname="127.0.0.1", admin_port=0)
    return run_broker(options, ready=tell, world=world)


def tell(ready: Ready) -> None:
    print(json.dumps({"kafka": ready.kafka, "admin": ready.admin}), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
