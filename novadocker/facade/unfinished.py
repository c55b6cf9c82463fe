"""Moves that Nova has given up between two calls of the driver.

Cinder, Neutron or Placement may be away at that moment. Nova then has the
server in ERROR on one of the two hosts and calls nobody; what is left is to
be found at the next hard reboot. Which host has the server, Nova alone knows.
"""

from collections.abc import Callable
from typing import Any

from nova import objects

from novadocker.facade import carried
from novadocker.image import depot as image_depot
from novadocker.ops import arrival
from novadocker.ops import decision
from novadocker.ops import luggage
from novadocker.ops import tools as ops_tools

_KINDS = {'resize', 'migration'}


def settle(
    tools: ops_tools.Tools,
    depot: image_depot.Depot,
    context: Any,
    instance: Any,
    reconnect: Callable[[], None],
) -> None:
    """Let a server be here again, or arrive, that Nova has here.

    :param reconnect: connects its volumes to this host, before it is either
    :raises MoveRefused: what it has brought cannot be read
    """
    if ops_tools.is_there(tools, instance.uuid) or luggage.noted(
        tools, instance.uuid
    ):
        return
    host = tools.host.name

    def is_here() -> bool:
        has_stayed = _has_stayed(context, instance, host)
        if has_stayed:
            reconnect()
        return has_stayed

    if decision.stay(tools, instance, is_here):
        give_up(tools, depot, context, instance)
    elif carried.text_of(instance) and _has_left(context, instance, host):
        reconnect()
        # Nova did not come to say it.
        luggage.note(tools, instance.uuid, carried.text_of(instance))


def give_up(
    tools: ops_tools.Tools,
    depot: image_depot.Depot,
    context: Any,
    instance: Any,
) -> None:
    """Discard what a server has sent or brought and nobody will open.

    What it takes along now is not known here, if it lives elsewhere.
    """
    is_elsewhere = instance.host not in {None, tools.host.name}
    known = '' if is_elsewhere else carried.text_of(instance)
    arrival.give_up(tools, depot, context, instance.uuid, known)
    if known:
        carried.forget(instance)


def _has_stayed(context: Any, instance: Any, host: str) -> bool:
    """Tell whether the last move of a server is one that never left a host.

    On a resize that stays on its host the flavor tells how far it got.
    """
    move = _last_move(context, instance)
    if move is None or not instance.host == move.source_compute == host:
        return False
    return bool(
        move.dest_compute != host
        or instance.instance_type_id == move.old_instance_type_id
    )


def _has_left(context: Any, instance: Any, host: str) -> bool:
    """Tell whether the last move of a server is one that came to a host."""
    move = _last_move(context, instance)
    return move is not None and instance.host == move.dest_compute == host


def _last_move(context: Any, instance: Any) -> Any:
    """Give what Nova knows of the last move, unless it was another kind."""
    found = objects.MigrationList.get_by_filters(
        context, {'instance_uuid': instance.uuid}, limit=1
    )
    return next(
        (each for each in found if each.migration_type in _KINDS), None
    )
