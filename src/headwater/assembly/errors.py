"""What keeps a process from starting.

AssemblyError
  RefusedSetting     a setting whose neglect would expose or lose something, and that is not built yet
  WrongFolder        the folder belongs to another node
  NoMetadata         the folder holds partitions, and nothing says of which topics
  CannotOpen         the folder is Apache Kafka's, or a later version's, and holds what can't be served
"""

from collections.abc import Sequence

from headwater.kernel.errors import HeadwaterError


class AssemblyError(HeadwaterError):
    """The root of this room."""


class RefusedSetting(AssemblyError):
    def __init__(self, name: str, value: str, reason: str) -> None:
        super().__init__(f"{name}={value} can't be honoured yet: {reason}")


class WrongFolder(AssemblyError):
    def __init__(self, root: str, has: int, wanted: int) -> None:
        super().__init__(
            f"{root} belongs to node {has}, and this is node {wanted}; set node.id={has} or choose another folder"
        )


class NoMetadata(AssemblyError):
    def __init__(self, root: str, partitions: int) -> None:
        super().__init__(
            f"{root} holds {partitions} partitions but no metadata of them: "
            "bring back its __cluster_metadata-0, or choose another folder"
        )


class CannotOpen(AssemblyError):
    def __init__(self, root: str, reasons: Sequence[str]) -> None:
        super().__init__(f"{root} can't be opened, and nothing in it was changed: {'; '.join(reasons)}")
