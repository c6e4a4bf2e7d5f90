"""`headwater completion`: what a shell needs to complete this command."""

from typing import Annotated, Final

import typer

app = typer.Typer()

_SHELLS: Final = ("bash", "zsh", "fish")


@app.command()
def completion(
    shell: Annotated[str, typer.Argument(metavar="|".join(_SHELLS))],
) -> None:
    """Print a completion script: eval "$(headwater completion bash)" in your shell's start file."""
    from typer.completion import get_completion_script  # type: ignore[attr-defined] # exported in all but name

    if shell not in _SHELLS:
        raise typer.BadParameter(f"{shell!r} is none of {', '.join(_SHELLS)}")
    print(get_completion_script(prog_name="headwater", complete_var="_HEADWATER_COMPLETE", shell=shell))
