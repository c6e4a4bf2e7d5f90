"""What a broker process makes of what it is told."""

from headwater.assembly.options import BrokerOptions, static_settings


def test_a_broker_says_which_node_it_is_and_where_its_folder_is_as_kafka_does():
    told = static_settings(BrokerOptions(data="folder", settings={"broker.id": "7", "log.dir": "elsewhere"}))
    assert (told["node.id"], told["broker.id"], told["log.dirs"]) == ("7", "7", "folder")
