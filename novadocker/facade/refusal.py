"""The doors that stay shut, and how they say so.

What NotImplementedError does to a server differs by call, and it has no
sentence. Each refusal here leaves the server as it is, and its words are what
the server's actions show. What has a capability, Nova refuses by itself:
volumes for several servers.
"""

from typing import Any

from nova import exception as nova_exception

from novadocker.facade import rooms

_QUIESCE = (
    'A container has no agent that could flush its files: pause or stop the '
    'server for the time of the snapshot.'
)


class Refusal(rooms.Rooms):
    """What no container can do, and what this driver does not."""

    def trigger_crash_dump(self, instance: Any) -> None:
        raise nova_exception.TriggerCrashDumpNotSupported(
            'A container has no kernel of its own to dump: make its command '
            'write a core file, or look at its console log.'
        )

    def quiesce(self, context: Any, instance: Any, image_meta: Any) -> None:
        raise nova_exception.InstanceQuiesceNotSupported(_QUIESCE)

    def unquiesce(self, context: Any, instance: Any, image_meta: Any) -> None:
        raise nova_exception.InstanceQuiesceNotSupported(_QUIESCE)

    def swap_volume(self, context: Any, *args: Any, **kwargs: Any) -> None:
        raise nova_exception.NotSupported(
            'The volume of a container cannot be replaced while it is '
            'attached: detach it, migrate or retype it, and attach it again.'
        )
