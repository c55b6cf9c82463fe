"""Moves that Nova has given up between two calls of the driver.

Cinder, Neutron or Placement may be away at that moment. Nova then has the
server in ERROR on one of the two hosts and calls nobody; what is left is to
be found at the next hard reboot. Which host has the server, Nova alone knows.
"""

from typing import Any

from nova import objects

from novadocker.ops import decision
from novadocker.ops import tools as ops_tools

_KINDS = {'resize', 'migration'}


def settle(tools: ops_tools.Tools, context: Any, instance: Any) -> None:
    """Let a server be here again that Nova has here and that had to leave."""

    def is_here() -> bool:
        return _has_stayed(context, instance, tools.host.name)

    decision.stay(tools, instance, is_here)


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


def _last_move(context: Any, instance: Any) -> Any:
    """Give what Nova knows of the last move, unless it was another kind."""
    found = objects.MigrationList.get_by_filters(
        context, {'instance_uuid': instance.uuid}, limit=1
    )
    return next(
        (each for each in found if each.migration_type in _KINDS), None
    )
