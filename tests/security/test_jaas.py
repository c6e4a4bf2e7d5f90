"""JAAS, in a setting and in a file."""

import pytest

from headwater.kernel.kinds import Secret
from headwater.security.errors import InvalidJaas
from headwater.security.jaas import login_module, sections
from headwater.security.sasl.login import credentials_of

PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required username="ada" password="a;b=\\"c\\" {";'
FILE = """
// What Confluent's registry is started with.
SchemaRegistry-Props {
  org.eclipse.jetty.jaas.spi.PropertyFileLoginModule required
  file="/etc/registry/users" /* users */
  debug=false;
};
Other { x.Y optional; z.W sufficient a=1; };
"""


def test_name_and_password_of_a_line_are_read_with_all_their_marks():
    found = credentials_of("PLAIN", Secret(PLAIN))
    assert (found.user, found.password.reveal()) == ("ada", 'a;b="c" {')


def test_sections_of_a_file_are_found_by_name():
    found = sections(FILE)
    assert list(found) == ["SchemaRegistry-Props", "Other"]
    assert found["SchemaRegistry-Props"].simple_name == "PropertyFileLoginModule"
    assert found["SchemaRegistry-Props"].options == {"file": "/etc/registry/users", "debug": "false"}
    assert found["Other"].name == "x.Y"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "too early"),
        ("a.PlainLoginModule required username=ada", "too early"),
        ("a.PlainLoginModule username=ada;", "required"),
        ('a.PlainLoginModule required username="ada;', "does not end"),
        ("a.PlainLoginModule required username ada;", "no '='"),
        ("a.PlainLoginModule required =ada;", "where a word must be"),
        ("a.PlainLoginModule required; b.C required;", "more than one"),
        ("a.PlainLoginModule required password=secret;", "no username="),
        ("a.ScramLoginModule required username=ada password=secret;", "PLAIN needs PlainLoginModule"),
        ("a.PlainLoginModule required username=ada password=secret tokenauth=true;", "tokens"),
    ],
)
def test_what_can_not_be_used_says_why_and_shows_no_password(text, why):
    with pytest.raises(InvalidJaas, match=why) as refusal:
        credentials_of("PLAIN", Secret(text))
    assert "secret" not in str(refusal.value)


def test_a_line_of_many_options_is_one_module():
    assert login_module("a.B required c=d e=f;").options == {"c": "d", "e": "f"}
