"""Which partition of an internal topic a group or a transactional id belongs to, as Kafka computes it."""


def java_hash(text: str) -> int:
    """Java's `String.hashCode`, without its sign bit, over UTF-16 code units."""
    value = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for index in range(0, len(units), 2):
        value = (31 * value + (units[index] << 8 | units[index + 1])) & 0xFFFFFFFF
    return value & 0x7FFFFFFF


def coordinator_partition(key: str, partitions: int) -> int:
    """Anything else would make the folder unreadable to Kafka."""
    return java_hash(key) % partitions
