"""The paths of imports, as Confluent's reader writes them: without empty parts and parts that are a dot."""

import re


def plain_path(path: str) -> str:
    unix = re.sub(r"[\\/]+", "/", path)
    parts = [part for part in unix.split("/") if part not in ("", ".")]
    root = "/" if unix.startswith("/") else ""
    return f"{root}{'/'.join(parts)}" or "."
