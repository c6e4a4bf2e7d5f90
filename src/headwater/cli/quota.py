"""`headwater quota`: how much of the broker users, client ids and addresses may have.

headwater quota set --user ann producer_byte_rate=1048576
headwater quota set --client-defaults consumer_byte_rate=4194304 request_percentage=20
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from headwater.cli.failures import Complaint, explained
from headwater.cli.output import As, Output, say, show
from headwater.cli.processes import pairs_of
from headwater.cli.session import LOCAL, Bootstrap, talk
from headwater.client.admin.quotas import Entity, alter_quotas, describe_quotas
from headwater.client.cluster import Cluster

app = typer.Typer(no_args_is_help=True, help="See, set and remove quotas of users, client ids and addresses.")

User = Annotated[str | None, typer.Option("--user", metavar="NAME")]
UserDefaults = Annotated[bool, typer.Option("--user-defaults", help="All users without a quota of their own")]
Client = Annotated[str | None, typer.Option("--client", metavar="ID", help="A client id")]
ClientDefaults = Annotated[bool, typer.Option("--client-defaults", help="All client ids without a quota of their own")]
Ip = Annotated[str | None, typer.Option("--ip", metavar="ADDRESS")]
IpDefaults = Annotated[bool, typer.Option("--ip-defaults", help="All addresses without a quota of their own")]

_DEFAULT_ROW: Final = "(default)"


@app.command("list")
def list_(
    user: User = None,
    user_defaults: UserDefaults = False,
    client: Client = None,
    client_defaults: ClientDefaults = False,
    ip: Ip = None,
    ip_defaults: IpDefaults = False,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """List quotas: all, or those that speak of what is named."""
    with explained():
        entity = _entity((user, user_defaults), (client, client_defaults), (ip, ip_defaults))

    async def work(cluster: Cluster) -> list[dict[str, Any]]:
        return [
            {**_row(each.entity), "quota": key, "value": value}
            for each in await describe_quotas(cluster, entity)
            for key, value in each.values.items()
        ]

    show(talk(bootstrap, work), output, empty="There are no quotas.")


@app.command("set")
def set_(
    pairs: Annotated[list[str], typer.Argument(metavar="QUOTA=VALUE...")],
    user: User = None,
    user_defaults: UserDefaults = False,
    client: Client = None,
    client_defaults: ClientDefaults = False,
    ip: Ip = None,
    ip_defaults: IpDefaults = False,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Set quotas of one entity: all of them, or none if one can't be."""
    with explained():
        entity = _needed(_entity((user, user_defaults), (client, client_defaults), (ip, ip_defaults)))
        changes = {name: _number(name, text) for name, text in pairs_of(pairs).items()}
    _alter(bootstrap, entity, changes, output, done="set")


@app.command()
def remove(
    names: Annotated[list[str], typer.Argument(metavar="QUOTA...")],
    user: User = None,
    user_defaults: UserDefaults = False,
    client: Client = None,
    client_defaults: ClientDefaults = False,
    ip: Ip = None,
    ip_defaults: IpDefaults = False,
    bootstrap: Bootstrap = LOCAL,
    output: As = Output.TABLE,
) -> None:
    """Remove quotas of one entity."""
    with explained():
        entity = _needed(_entity((user, user_defaults), (client, client_defaults), (ip, ip_defaults)))
    _alter(bootstrap, entity, dict.fromkeys(names), output, done="removed")


def _entity(user: tuple[str | None, bool], client: tuple[str | None, bool], ip: tuple[str | None, bool]) -> Entity:
    named: dict[str, str | None] = {}
    for type_, (name, is_default) in {"user": user, "client-id": client, "ip": ip}.items():
        if name is not None and is_default:
            raise Complaint(f"choose between one {type_} and the default of all others")
        if name is not None or is_default:
            named[type_] = name
    return named


def _needed(entity: Entity) -> Entity:
    if not entity:
        raise Complaint("say whose quota it is: --user, --client, both, or --ip, or the defaults of each")
    return entity


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Complaint(f"{name} is a number, not {text!r}") from None


def _alter(bootstrap: str, entity: Entity, changes: Mapping[str, float | None], output: Output, *, done: str) -> None:
    async def work(cluster: Cluster) -> None:
        await alter_quotas(cluster, entity, changes)
        names = ", ".join(changes)
        whose = " and ".join(f"{type_} {name or _DEFAULT_ROW}" for type_, name in entity.items())
        say(f"{done} {names} of {whose}", {**_row(entity), "quotas": list(changes)}, output)

    talk(bootstrap, work)


def _row(entity: Entity) -> dict[str, Any]:
    """Every row has the same columns."""
    return {
        type_: (entity[type_] or _DEFAULT_ROW) if type_ in entity else None for type_ in ("user", "client-id", "ip")
    }
