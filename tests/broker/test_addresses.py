"""The listeners that settings ask for, in the forms of Kafka's own files, and those that can't be."""

import pytest

from headwater.broker.addresses import plans
from headwater.broker.errors import UnsupportedProtocol
from headwater.broker.settings import SETTINGS
from headwater.kernel.catalogue import Catalogue
from headwater.kernel.errors import InvalidSetting
from headwater.kernel.layers import LiveSettings


def planned(**texts):
    static = {name.replace("_", "."): text for name, text in texts.items()}
    settings = LiveSettings(Catalogue(SETTINGS), node_id=1, static=static).broker
    return {
        plan.bind.name: (plan.bind.host, plan.bind.port, plan.advertised.host, plan.advertised.port)
        for plan in plans(settings, hostname="this-machine")
    }


def test_without_settings_there_is_kafkas_listener_under_the_name_of_the_machine():
    assert planned() == {"PLAINTEXT": ("", 9092, "this-machine", 9092)}


def test_each_listener_has_an_advertised_address_of_its_own():
    assert planned(
        listeners="INTERNAL://10.0.0.1:9092, external://:9093,V6://[::1]:9094",
        advertised_listeners="EXTERNAL://kafka.example.com:443",
        listener_security_protocol_map="INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,V6:plaintext",
    ) == {
        "INTERNAL": ("10.0.0.1", 9092, "10.0.0.1", 9092),
        "EXTERNAL": ("", 9093, "kafka.example.com", 443),
        "V6": ("::1", 9094, "::1", 9094),
    }


def test_the_server_properties_that_apache_kafka_ships_open_its_broker_listener_and_no_controller():
    assert planned(
        listeners="PLAINTEXT://:9092,CONTROLLER://:9093",
        controller_listener_names="CONTROLLER",
        advertised_listeners="PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
        listener_security_protocol_map="CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
    ) == {"PLAINTEXT": ("", 9092, "localhost", 9092)}


def test_listeners_on_different_addresses_may_share_a_port():
    two = planned(
        listeners="V4://127.0.0.1:9092,V6://[::1]:9092", listener_security_protocol_map="V4:PLAINTEXT,V6:PLAINTEXT"
    )
    assert len(two) == 2


@pytest.mark.parametrize(
    "texts",
    [
        {"listeners": "PLAINTEXT://:9092,PLAINTEXT://:9093"},
        {"listeners": "PLAINTEXT://:9092,SSL://:9092"},
        {"listeners": ""},
        {"listeners": "PLAINTEXT://:9093", "controller_listener_names": "PLAINTEXT"},
        {"listeners": "PLAINTEXT:9092"},
        {"listeners": "PLAINTEXT://localhost"},
        {"listeners": "PLAINTEXT://::1:9092"},
        {"listeners": "PLAINTEXT://:70000"},
        {"listeners": "MINE://:9092"},
        {"listeners": "PLAINTEXT://:9092", "advertised_listeners": "OTHER://localhost:9092"},
        {"listeners": "PLAINTEXT://:9092", "advertised_listeners": "PLAINTEXT://0.0.0.0:9092"},
        {"listener_security_protocol_map": "PLAINTEXT:TELNET"},
    ],
)
def test_what_can_not_be_is_refused(texts):
    with pytest.raises(InvalidSetting):
        planned(**texts)


@pytest.mark.parametrize("protocol", ["SSL", "SASL_PLAINTEXT", "SASL_SSL"])
def test_a_protocol_that_is_not_built_yet_stops_the_start(protocol):
    with pytest.raises(UnsupportedProtocol, match=protocol):
        planned(listeners=f"{protocol}://:9092")
