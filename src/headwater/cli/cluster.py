"""`headwater cluster`: which brokers there are, and where."""

from typing import Any

import typer

from headwater.cli.output import As, Output, show_one
from headwater.cli.session import LOCAL, Bootstrap, talk
from headwater.client.admin.brokers import describe_cluster
from headwater.client.cluster import Cluster

app = typer.Typer()


@app.command()
def cluster(bootstrap: Bootstrap = LOCAL, output: As = Output.TABLE) -> None:
    """Show the brokers and where they are."""

    async def work(cluster: Cluster) -> dict[str, Any]:
        described = await describe_cluster(cluster)
        return {
            "cluster": described.id,
            "controller": described.controller,
            "brokers": [
                {"broker": each.id, "address": str(each.address), "rack": each.rack} for each in described.brokers
            ],
        }

    show_one(talk(bootstrap, work), output, parts="brokers")
