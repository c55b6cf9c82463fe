"""The story of a rescue: another container on a server's ports and root.

The server's own container stays as it is, stopped. nova-runtime has the
kernel mount its root at /rescue, inside of the rescuing container alone: no
mount of ours outlives it, on no host and in no namespace.
"""

from collections.abc import Sequence
import dataclasses
from typing import Any

from oslo_log import log as logging

from novadocker import exception
from novadocker import model
from novadocker.image import store
from novadocker.ops import create
from novadocker.ops import guest
from novadocker.ops import locks
from novadocker.ops import making
from novadocker.ops import names
from novadocker.ops import power
from novadocker.ops import removing
from novadocker.ops import starting
from novadocker.ops import tools as ops_tools
from novadocker.ops import undoing
from novadocker.spec import builder
from novadocker.volume import request

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Rescuer:
    """Rescues servers.

    :ivar reaches_roots: whether the engine keeps the root of a stopped
        container where nova-runtime finds it
    """

    tools: ops_tools.Tools
    images: store.ImageStore
    reaches_roots: bool

    def rescue(self, context: Any, boot: create.Boot) -> None:
        """Start the container that rescues a server, or leave nothing of it.

        :param boot: with the view and the image of the rescue
        :raises RescueRefused: the root of the server cannot be had
        :raises ContainerNotFound: it has no container
        :raises ImageRejected, ImageWithoutCommand, InvalidContainerOption:
            the image of the rescue is at fault
        :raises ContainerExited: its command ended at once
        """
        with locks.instance_lock(boot.view.uuid):
            rescued_id = self._stopped(boot.view.uuid)
            # Of a rescue that failed so that it could not be undone.
            removing.remove_rescue(self.tools, boot.view.uuid)
            image = self.images.ensure(
                context,
                boot.image_id,
                max_bytes=boot.view.flavor.root_gb * 1024**3 or None,
                trusted_certs=boot.trusted_certs,
            )
            spec = builder.container_spec(
                boot.view,
                image,
                self.tools.host,
                names.directory(self.tools, boot.view.uuid),
                has_config_drive=boot.config_drive is not None,
                role=model.Role.RESCUE,
            )
            making.require_command(image, spec)
            with undoing.Undo() as undo:
                self._start(boot, spec, rescued_id, undo)
                undo.pop_all()
        LOG.info('Rescued', instance=boot.instance)

    def _stopped(self, instance_uuid: str) -> str:
        """Give the id of the server's container, with its root at rest."""
        if not self.reaches_roots:
            raise exception.RescueRefused(
                reason='this host cannot reach the root of a stopped server: '
                'that takes an engine with overlay2 and without the '
                'containerd image store. Reboot the server hard.'
            )
        container = ops_tools.find(self.tools, instance_uuid)
        if container.state.is_live:
            raise exception.RescueRefused(reason='the server is still running')
        return container.id

    def _start(
        self,
        boot: create.Boot,
        spec: model.ContainerSpec,
        rescued_id: str,
        undo: undoing.Undo,
    ) -> None:
        tools = self.tools
        # Its ports are the server's and stay, whatever comes of the rescue.
        names.write(tools, boot.view, boot.network_info)
        nics = ops_tools.nics(tools, boot.network_info)
        tools.plumber.plug(boot.instance, boot.network_info, nics)
        container_id = making.make(
            tools, spec, boot.view.uuid, undo, rescued_id=rescued_id
        )
        if boot.public_key:
            guest.let_in(tools, container_id, boot.public_key, boot.instance)
        tools.wiring.wait(boot.instance, boot.network_info)
        starting.start(tools, container_id)
        starting.check(
            tools.engine, container_id, check_ms=tools.settings.start_check_ms
        )


def unrescue(
    tools: ops_tools.Tools,
    instance: Any,
    view: model.Instance,
    network_info: Any,
    attached: Sequence[request.Volume] = (),
) -> None:
    """End a rescue and start the server itself.

    :raises ContainerNotFound: it has no container
    :raises ContainerExited: its command ended at once; it is stopped, and
        not rescued any more
    """
    with locks.instance_lock(instance.uuid):
        removing.remove_rescue(tools, instance.uuid)
        power.bring_up(
            tools,
            instance,
            view,
            network_info,
            model.Role.WORKLOAD,
            attached,
        )
    LOG.info('Ended the rescue', instance=instance)
