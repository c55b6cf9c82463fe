"""The story of a rebuild: another container on the ports that are there.

Nova's own way is a delete and a boot. It takes the ports away and brings them
back before Neutron's agent has looked, Neutron then reports nothing, and the
first instruction would run before the network is there.
"""

from collections.abc import Callable
from collections.abc import Sequence
import contextlib
import dataclasses
from typing import Any

from novadocker import exception
from novadocker.ops import create
from novadocker.ops import kept
from novadocker.ops import power
from novadocker.ops import removing
from novadocker.ops import tools as ops_tools
from novadocker.volume import request


@dataclasses.dataclass(frozen=True)
class Calls:
    """What Nova has to say in the middle of a rebuild.

    :ivar change_volumes: what Nova does with the volumes of the server
        between the one container and the other; gives those of the other
    :ivar go_on: hears whether the server is being deleted meanwhile
    :ivar give_up: discards what a move that failed has brought
    """

    change_volumes: Callable[[], Sequence[request.Volume]]
    go_on: Callable[[], None]
    give_up: Callable[[], None]


def rebuild(
    tools: ops_tools.Tools,
    creator: create.Creator,
    context: Any,
    boot: create.Boot,
    calls: Calls,
    *,
    timeout_s: int,
) -> None:
    """Replace a server's container by one of an image; its files are lost.

    A server that has none, since an earlier rebuild failed, is fine.

    :param timeout_s: seconds that its command has to end by itself
    :raises: as ``Creator.create``. Until the image is known to be sound the
        old container is not touched.
    """

    def stop() -> None:
        with contextlib.suppress(exception.ContainerNotFound):
            power.bring_down(tools, boot.instance, timeout_s=timeout_s)

    def take_away() -> None:
        # Under the lock: a delete that comes now waits for the new container.
        calls.go_on()
        _remove(tools, boot)
        # It begins anew: what it has brought from another host is lost, and
        # what it has not opened yet, too.
        calls.give_up()
        kept.remove(tools, boot.view.uuid)
        kept.remove_images(tools, boot.view.uuid)

    creator.recreate(
        context, boot, create.Steps(stop, calls.change_volumes, take_away)
    )


def _remove(tools: ops_tools.Tools, boot: create.Boot) -> None:
    uuid = boot.view.uuid
    removing.remove_rescue(tools, uuid)
    with contextlib.suppress(exception.ContainerNotFound):
        removing.remove(tools, ops_tools.find(tools, uuid).id)
    tools.plumber.unmap_instance(uuid)
    power.repair_network(tools, boot.instance, boot.view, boot.network_info)
