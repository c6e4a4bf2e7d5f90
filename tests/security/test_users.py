"""Files of users, as Jetty reads them."""

import pytest

from headwater.security.errors import InvalidUsers
from headwater.security.users import users_in

FILE = """
# name: password, roles
ada: lovelace,developer,admin
grace: MD5:5F4DCC3B5AA765D61D8327DEB882CF99,developer
edsger: OBF:1vny1zlo1x8e1vnw1vn61x8g1zlu1vn4
alan: turing
"""


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "lovelace"), ("grace", "password"), ("edsger", "storepwd"), ("alan", "turing")]
)
def test_who_knows_the_password_is_who_he_says(name, password):
    users = users_in(FILE)
    found = users.who(name, password)
    assert found is not None
    assert found.name == name
    assert users.who(name, password + "x") is None
    assert users.who(name, "") is None


def test_roles_follow_the_password():
    found = users_in(FILE).who("ada", "lovelace")
    assert found is not None
    assert found.roles == {"developer", "admin"}


def test_nobody_is_nobody_whatever_he_says():
    users = users_in(FILE)
    assert users.who("nobody", "nobody") is None
    assert users.who("", "nobody") is None


def test_a_digest_is_not_a_password():
    assert users_in(FILE).who("grace", "MD5:5F4DCC3B5AA765D61D8327DEB882CF99") is None


def test_a_password_that_can_not_be_read_is_an_error_that_does_not_show_it():
    with pytest.raises(InvalidUsers, match="password of bob is CRYPT"):
        users_in("bob: CRYPT:adpexzg3FUZAk")
    with pytest.raises(InvalidUsers, match="password of bob is OBF"):
        users_in("bob: OBF:1v!!")
