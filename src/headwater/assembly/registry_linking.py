"""Schema linking as a part of one registry: its machines are there already, and what runs the exporters is made of them."""

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from headwater.client.topic_reader import TopicReader
from headwater.http.endpoints import Endpoints, Guard
from headwater.kernel.counters import Counters
from headwater.kernel.tasks import Ward
from headwater.kernel.world import World
from headwater.registry import settings as of
from headwater.registry.linking.api import exporters_api
from headwater.registry.linking.exporters import Exporters
from headwater.registry.linking.feed import TopicFeed
from headwater.registry.linking.linking import Linking
from headwater.registry.linking.secrets import Seal
from headwater.registry.linking.service import LinkingService
from headwater.registry.linking.states import ExporterStates
from headwater.registry.settings import RegistrySettings
from headwater.registry.store.machine import Registry
from headwater.registry.store.port import Store


class Links(NamedTuple):
    exporters: Store[Exporters]
    states: Store[ExporterStates]


class LinkingParts(NamedTuple):
    """What serves it, given the way to the node that writes, and what does the work until it is cancelled."""

    api: Callable[[Guard], Endpoints]
    run: Callable[[], Coroutine[Any, Any, None]]


def new_linking(
    links: Links,
    schemas: Store[Registry],
    reader: Callable[[], TopicReader],
    *,
    ward: Ward,
    world: World,
    counters: Counters,
    settings: RegistrySettings,
    own_name: str,
    writes: Callable[[], bool],
) -> LinkingParts:
    secret = settings[of.PASSWORD_ENCODER_SECRET]
    seal = Seal(None if secret is None else secret.reveal(), world.randomness)
    linking = Linking(
        links.exporters,
        links.states,
        schemas,
        lambda: TopicFeed(reader()),
        ward=ward,
        seal=seal,
        own_name=own_name,
        writes=writes,
        randomness=world.randomness,
        counters=counters,
    )
    service = LinkingService(links.exporters, links.states, seal=seal, changed=linking.wake)
    return LinkingParts(lambda writer: exporters_api(service, writer), linking.run)
