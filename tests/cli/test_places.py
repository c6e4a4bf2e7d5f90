"""Places in a log as people say them."""

import pytest

from headwater.cli.failures import Complaint
from headwater.cli.places import Place, place_of
from headwater.client.admin.offsets import At
from headwater.kernel.units import Timestamp


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("beginning", Place(at=At.EARLIEST)),
        ("end", Place(at=At.LATEST)),
        ("1200", Place(offset=1200)),
        ("-10", Place(offset=-10)),
        ("1970-01-01T00:00:07", Place(at=Timestamp(7_000))),
        ("1970-01-01T01:00:07+01:00", Place(at=Timestamp(7_000))),
        ("1970-01-02", Place(at=Timestamp(86_400_000))),
    ],
)
def test_a_place_is_read(text, place):
    assert place_of(text) == place


def test_what_is_no_place_is_told_with_examples():
    with pytest.raises(Complaint, match=r"'yesterday' is no place in a log: write beginning, end, 1200"):
        place_of("yesterday")
