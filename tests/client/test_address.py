"""Addresses as people write them."""

import pytest

from headwater.client.address import Address, addresses_of
from headwater.client.errors import InvalidAddress


def test_several_addresses_are_read_with_commas_between_them():
    assert addresses_of("localhost:9092, broker-2.example:9093") == (
        Address("localhost", 9092),
        Address("broker-2.example", 9093),
    )


def test_an_ipv6_address_stands_in_brackets():
    (address,) = addresses_of("[::1]:9092")
    assert address == Address("::1", 9092)
    assert str(address) == "[::1]:9092"


@pytest.mark.parametrize("text", ["", "localhost", "localhost:", ":9092", "localhost:0", "localhost:65536", "a b:1"])
def test_anything_else_is_refused_with_what_would_be_right(text):
    with pytest.raises(InvalidAddress, match="HOST:PORT"):
        addresses_of(text)
