"""`headwater schema`: what a schema registry holds, and what may come into it.

headwater schema register orders-value order.avsc --reference com.acme.Address=address-value:1
headwater schema check orders-value order.avsc --all
headwater schema diff orders-value 1 2
"""

from collections.abc import Sequence
from pathlib import PurePath
from typing import Annotated, Any, Final

import typer

from headwater.cli.failures import FAILED, Complaint, explained
from headwater.cli.output import As, Output, print_json, say, show, show_one
from headwater.cli.processes import pairs_of
from headwater.cli.registry_options import LOCAL_REGISTRY, Registry, User
from headwater.cli.registry_session import ask_registry
from headwater.cli.schema_advice import advice, remarks
from headwater.cli.schema_files import differing_lines, laid_out, read_schema, type_of
from headwater.cli.schema_losses import losses
from headwater.registry.errors import RegistryRefused
from headwater.registry.remote import RemoteRegistry

app = typer.Typer(no_args_is_help=True, help="See, register, compare and delete schemas of a schema registry.")

Subject = Annotated[str, typer.Argument(metavar="SUBJECT")]
File = Annotated[str, typer.Argument(metavar="FILE", help=".avsc, .json or .proto")]
Type = Annotated[str | None, typer.Option("--type", "-t", help="AVRO, JSON or PROTOBUF, where the name does not tell")]
References = Annotated[
    list[str] | None, typer.Option("--reference", help="May be given again", metavar="NAME=SUBJECT:VERSION")
]
Version = Annotated[str, typer.Option("--version", "-v", help="A number, or latest")]

LATEST: Final = "latest"
NOT_THERE: Final = (40401, 40402)
_COLOURS: Final = {"+": "green", "-": "red", "@": "cyan"}


@app.command("list")
def list_(
    prefix: Annotated[
        str | None, typer.Option("--prefix", help="Of the subjects, such as orders or :.staging:")
    ] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="Those that are soft-deleted too")] = False,
    registry: Registry = LOCAL_REGISTRY,
    user: User = None,
    output: As = Output.TABLE,
) -> None:
    """List the latest schema of each subject."""

    async def work(remote: RemoteRegistry) -> Any:
        return await remote.get("schemas", subjectPrefix=prefix, deleted=deleted, latestOnly=True)

    found = ask_registry(registry, user, work)
    rows = [{name: each[name] for name in ("subject", "version", "id")} | {"type": type_of(each)} for each in found]
    show(rows, output, empty="There are no schemas.")


@app.command("show")
def show_(
    subject: Annotated[str | None, typer.Argument(metavar="[SUBJECT]")] = None,
    version: Version = LATEST,
    id_: Annotated[int | None, typer.Option("--id", help="In place of a subject")] = None,
    registry: Registry = LOCAL_REGISTRY,
    user: User = None,
    output: As = Output.TABLE,
) -> None:
    """Show one schema: what it is called, and its text."""
    with explained():
        if (subject is None) == (id_ is None):
            raise Complaint("say either a subject, or --id")

    async def work(remote: RemoteRegistry) -> Any:
        if id_ is not None:
            return {"id": id_, **await remote.get("schemas", "ids", id_)}
        return await _version(remote, subject or "", version)

    found = ask_registry(registry, user, work)
    if output is Output.JSON:
        print_json(found)
        return
    show_one({"type": type_of(found), **{name: each for name, each in found.items() if name != "schema"}}, output)
    print(f"\n{laid_out(found)}")


@app.command()
def register(
    subject: Subject,
    file: File,
    type_: Type = None,
    reference: References = None,
    normalize: Annotated[bool, typer.Option("--normalize", help="So that what means the same is the same")] = False,
    registry: Registry = LOCAL_REGISTRY,
    user: User = None,
    output: As = Output.TABLE,
) -> None:
    """Register a file as the next version, if the subject's compatibility allows it."""
    with explained():
        body = read_schema(file, type_, reference or ())

    async def work(remote: RemoteRegistry) -> Any:
        path = ("subjects", subject, "versions")
        registered = await remote.ask("POST", *path, body=body, normalize=normalize)
        if "version" not in registered:  # as registries answer that are older
            registered = await remote.ask("POST", "subjects", subject, body=body, normalize=normalize)
        return {"subject": subject, **registered}

    found = ask_registry(registry, user, work)
    say(
        f"{subject} has it as version {found['version']}, id {found['id']}",
        {name: found[name] for name in ("subject", "version", "id")},
        output,
    )


@app.command()
def check(
    subject: Subject,
    file: File,
    type_: Type = None,
    reference: References = None,
    all_: Annotated[bool, typer.Option("--all", help="Against all versions that the compatibility speaks of")] = False,
    version: Version = LATEST,
    registry: Registry = LOCAL_REGISTRY,
    user: User = None,
    output: As = Output.TABLE,
) -> None:
    """Say whether a file could be registered, why not, and what would help. Ends with status 1 where it could not."""
    with explained():
        body = read_schema(file, type_, reference or ())
    against = () if all_ else (version,)
    verdict = ask_registry(registry, user, lambda remote: _verdict(remote, subject, body, *against))
    _tell(verdict, output)


@app.command()
def delete(
    subject: Subject,
    version: Annotated[str | None, typer.Option("--version", "-v", help="Only this one: a number, or latest")] = None,
    permanent: Annotated[bool, typer.Option("--permanent", help="For good; it must be soft-deleted before")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")] = False,
    registry: Registry = LOCAL_REGISTRY,
    user: User = None,
    output: As = Output.TABLE,
) -> None:
    """Delete a version, or a subject with all of them. What was written with it stays readable, unless for good."""
    what = subject if version is None else f"version {version} of {subject}"
    if not yes:
        typer.confirm(f"Delete {what}{' for good' if permanent else ''}?", abort=True)
    path = ("subjects", subject) if version is None else ("subjects", subject, "versions", version)

    async def work(remote: RemoteRegistry) -> Any:
        return await remote.ask("DELETE", *path, permanent=permanent)

    gone = ask_registry(registry, user, work)
    say(f"deleted {what}", {"subject": subject, "versions": gone if isinstance(gone, list) else [gone]}, output)


@app.command()
def config(
    subject: Annotated[str | None, typer.Argument(metavar="[SUBJECT]", help="Nothing is all subjects")] = None,
    pairs: Annotated[
        list[str] | None, typer.Option("--set", help="Such as compatibility=FULL", metavar="NAME=VALUE")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Take away what was set")] = False,
    registry: Registry = LOCAL_REGISTRY,
    user: User = None,
    output: As = Output.TABLE,
) -> None:
    """Show or change what holds for a subject, for a context (`:.staging:`), or for all."""
    path = ("config",) if subject is None else ("config", subject)
    with explained():
        changes = {name: _value(text) for name, text in pairs_of(pairs or ()).items()}

    async def work(remote: RemoteRegistry) -> Any:
        if reset:
            await remote.ask("DELETE", *path)
        if changes:
            await remote.ask("PUT", *path, body=changes)
        return await remote.get(*path, defaultToGlobal=True)

    show_one(ask_registry(registry, user, work), output)


@app.command()
def mode(
    subject: Annotated[str | None, typer.Argument(metavar="[SUBJECT]", help="Nothing is all subjects")] = None,
    set_: Annotated[
        str | None,
        typer.Option("--set", help="READWRITE, READONLY, READONLY_OVERRIDE, IMPORT or FORWARD", metavar="MODE"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Into IMPORT although there are schemas")] = False,
    reset: Annotated[bool, typer.Option("--reset", help="Take away what was set")] = False,
    registry: Registry = LOCAL_REGISTRY,
    user: User = None,
    output: As = Output.TABLE,
) -> None:
    """Show or change what may be done to a subject, to a context, or to all."""
    path = ("mode",) if subject is None else ("mode", subject)

    async def work(remote: RemoteRegistry) -> Any:
        if reset:
            await remote.ask("DELETE", *path)
        if set_ is not None:
            await remote.ask("PUT", *path, body={"mode": set_}, force=force)
        return await remote.get(*path, defaultToGlobal=True)

    show_one(ask_registry(registry, user, work), output)


@app.command()
def diff(
    subject: Subject,
    old: Annotated[str, typer.Argument(metavar="VERSION", help="A number, or latest")],
    new: Annotated[str, typer.Argument(metavar="VERSION|FILE")],
    type_: Type = None,
    reference: References = None,
    registry: Registry = LOCAL_REGISTRY,
    user: User = None,
    output: As = Output.TABLE,
) -> None:
    """Compare two versions, or a version with a file: the lines, the verdict, and what would make it compatible."""
    with explained():
        is_version = new == LATEST or new.lstrip("-").isdigit()
        body = None if is_version else read_schema(new, type_, reference or ())

    async def work(remote: RemoteRegistry) -> Any:
        before = await _version(remote, subject, old)
        after = await _version(remote, subject, new) if body is None else body
        return before, after, await _verdict(remote, subject, _as_new(after), str(before["version"]))

    before, after, verdict = ask_registry(registry, user, work)
    lines = list(differing_lines(laid_out(before), laid_out(after), names=(f"{subject} {old}", new)))
    if output is Output.JSON:
        print_json({"lines": lines, **verdict})
        return
    for line in lines:
        typer.secho(line, fg=_COLOURS.get(line[:1]))
    if not lines:
        print("The two are the same.")
    print()
    _tell(verdict, output)


@app.command()
def tree(
    subject: Subject,
    version: Version = LATEST,
    registry: Registry = LOCAL_REGISTRY,
    user: User = None,
) -> None:
    """Show what a schema refers to, and what refers to it."""

    async def work(remote: RemoteRegistry) -> list[str]:
        root = await _version(remote, subject, version)
        lines = [line async for line in _branches(remote, root, "", frozenset())]
        users = await remote.get("subjects", subject, "versions", root["version"], "referencedby")
        return [*lines, *(["", f"used by the schemas with the ids {', '.join(map(str, users))}"] if users else [])]

    print("\n".join(ask_registry(registry, user, work)))


@app.command()
def lint(
    file: File,
    type_: Type = None,
    reference: References = None,
    registry: Registry = LOCAL_REGISTRY,
    user: User = None,
    output: As = Output.TABLE,
) -> None:
    """Say what a careful reader would say of a file. Ends with status 1 where it is no schema, or there is something to say."""
    with explained():
        body = read_schema(file, type_, reference or ())

    async def work(remote: RemoteRegistry) -> list[str]:
        """The registry itself is asked whether it is a schema, as it would be when it is registered."""
        verdict = await remote.ask(
            "POST", "compatibility", "subjects", f"{PurePath(file).stem}-lint", "versions", body=body, verbose=True
        )
        return list(verdict.get("messages") or ()) or remarks(body)

    found = ask_registry(registry, user, work)
    show([{"remark": each} for each in found], output, empty=f"{file}: nothing to say.")
    if found:
        raise typer.Exit(FAILED)


async def _version(remote: RemoteRegistry, subject: str, version: str) -> Any:
    return await remote.get("subjects", subject, "versions", version)


def _as_new(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: schema[name] for name in ("schema", "schemaType", "references") if schema.get(name)}


async def _verdict(remote: RemoteRegistry, subject: str, body: dict[str, Any], *version: str) -> dict[str, Any]:
    """Without a version, against all that the subject's compatibility speaks of."""
    path = ("compatibility", "subjects", subject, "versions", *version)
    answer = await remote.ask("POST", *path, body=body, verbose=True)
    messages = list(answer.get("messages") or ())
    compatible = answer["is_compatible"]
    warnings = await losses(remote, subject, body, await _versions(remote, subject, version)) if compatible else []
    return {"compatible": compatible, "messages": messages, "advice": advice(messages), "warnings": warnings}


async def _versions(remote: RemoteRegistry, subject: str, versions: Sequence[str]) -> list[dict[str, Any]]:
    """These, or all; none where there is no such subject yet."""
    try:
        numbers = versions or await remote.get("subjects", subject, "versions")
        return [await _version(remote, subject, str(each)) for each in numbers]
    except RegistryRefused as refused:
        if refused.code in NOT_THERE:
            return []
        raise


def _tell(verdict: dict[str, Any], output: Output) -> None:
    if output is Output.JSON:
        print_json(verdict)
    elif verdict["compatible"]:
        typer.secho("compatible", fg="green")
        for each in verdict["warnings"]:
            typer.secho(f"But {each}.", fg="yellow")
    else:
        typer.secho("not compatible", fg="red")
        for message in verdict["messages"]:
            print(f"  {message}")
        for each in verdict["advice"]:
            print(f"To make it compatible: {each}.")
    if not verdict["compatible"]:
        raise typer.Exit(FAILED)


def _value(text: str) -> Any:
    """Words and truths; `null` takes a value away."""
    return {"true": True, "false": False, "null": None}.get(text.lower(), text)


async def _branches(remote: RemoteRegistry, schema: Any, indent: str, above: frozenset[tuple[str, int]]) -> Any:
    place = (schema["subject"], schema["version"])
    yield f"{indent}{place[0]} version {place[1]} (id {schema['id']}, {type_of(schema)})"
    if place in above:
        return
    for each in schema.get("references") or ():
        inner = await _version(remote, each["subject"], str(each["version"]))
        async for line in _branches(remote, inner, f"{indent}  ", above | {place}):
            yield line
