"""What can go wrong below every room.

    HeadwaterError                 every error that this program raises on purpose
      DiskError                    a file operation failed; names the path and the cause
        FileMissing                the path is not there
        DiskFull                   no space is left for a write
        FolderInUse                another process holds the folder
      SettingError                 a setting's name or value can't be accepted
        UnknownSetting
        InvalidSetting
      InvalidTls                   a certificate or a key can't be used
      TooBusy                      a bounded queue is full
      CompanionEnded                  a process beside this one is gone

Each room draws its own tree below `HeadwaterError` in its `errors.py`. A message says what was wrong and what to do.
"""


class HeadwaterError(Exception):
    """The root: whoever catches this catches what was foreseen, and no programming error."""


class DiskError(HeadwaterError):
    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class FileMissing(DiskError):
    def __init__(self, path: str) -> None:
        super().__init__(path, "there is no such file or folder")


class DiskFull(DiskError):
    def __init__(self, path: str) -> None:
        super().__init__(path, "no space is left on the disk; free some and start again")


class FolderInUse(DiskError):
    def __init__(self, path: str) -> None:
        super().__init__(path, "another process is using this folder; stop it, or choose another folder")


class SettingError(HeadwaterError):
    """A setting that can't be accepted."""


class UnknownSetting(SettingError):
    def __init__(self, name: str) -> None:
        super().__init__(f"there is no setting {name!r}")
        self.name = name


class InvalidSetting(SettingError):
    def __init__(self, name: str, value: str, wanted: str) -> None:
        super().__init__(f"{name}={value!r} can't be: it must be {wanted}")
        self.name = name
        self.value = value


class InvalidTls(HeadwaterError):
    """Says what is wrong with it."""


class TooBusy(HeadwaterError):
    def __init__(self, what: str, bound: int) -> None:
        super().__init__(f"{what} is full: {bound} are waiting already; try again later")


class CompanionEnded(HeadwaterError):
    def __init__(self, module: str, why: str) -> None:
        super().__init__(f"the process of {module} has ended: {why}")
