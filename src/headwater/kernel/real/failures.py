"""The operating system's errors in this project's words."""

import errno

from headwater.kernel.errors import DiskError, DiskFull, FileMissing

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def disk_error(path: str, error: OSError) -> DiskError:
    """What to raise, from `error`, for a call that failed on `path`."""
    if error.errno in _NO_SPACE:
        return DiskFull(path)
    if error.errno == errno.ENOENT:
        return FileMissing(path)
    return DiskError(path, error.strerror or repr(error))
