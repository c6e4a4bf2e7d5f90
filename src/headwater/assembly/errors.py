"""What keeps a process from starting.

AssemblyError
  RefusedSetting     a setting whose neglect would expose or lose something, and that is not built yet
  WrongFolder        the folder belongs to another node
"""

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
