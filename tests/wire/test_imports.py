"""The protocol has some three hundred modules; a program pays for those whose messages it handles."""

import subprocess
import sys

COUNT = """
import sys
import headwater.wire.codec, headwater.wire.frames, headwater.wire.metadata_records, headwater.wire.keyed_records
from headwater.wire.apis import APIS
print(sorted(name for name in sys.modules if name.startswith(("headwater.wire.messages.", "headwater.wire.records."))))
"""


def test_no_message_is_imported_before_it_is_asked_for():
    headers = "['headwater.wire.messages.request_header', 'headwater.wire.messages.response_header']"
    said = subprocess.run([sys.executable, "-c", COUNT], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.strip() == headers
