"""What the operating system allows this process, and getting as much of it as it may have."""

import resource


def raise_open_files() -> int:
    """Raise the soft limit of open files to the hard one, and give it: the usual 1,024 is too few for connections and
    segments together. macOS says unlimited and refuses it, so there the bound is what its kernel takes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (hard, 10_240):
        if wanted == resource.RLIM_INFINITY or wanted <= soft:
            continue
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (ValueError, OSError):
            continue
        return wanted
    return soft
