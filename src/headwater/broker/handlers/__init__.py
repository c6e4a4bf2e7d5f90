"""One API of Kafka's protocol in one file each, found by the list in `broker/apis.py`."""
