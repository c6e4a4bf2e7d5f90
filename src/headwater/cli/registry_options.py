"""Where a schema registry is, and as whom it is asked: options that several commands have. Nothing of the registry is loaded for them."""

from typing import Annotated, Final

import typer

Registry = Annotated[
    str,
    typer.Option(
        "--registry", "-r", envvar="HEADWATER_REGISTRY", help="Where a schema registry is", metavar="URL[,URL]"
    ),
]
User = Annotated[
    str | None,
    typer.Option(
        "--registry-user", envvar="HEADWATER_REGISTRY_USER", help="For basic authentication", metavar="NAME:PASSWORD"
    ),
]
LOCAL_REGISTRY: Final = "http://localhost:8081"
