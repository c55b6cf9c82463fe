"""The story of a boot.

image -> namespace and ports -> container -> map entry -> (ports are up) ->
start. All that needs no network runs while Neutron is still wiring the
ports, and the first instruction runs only when that is done (DESIGN D1). What
a failed boot has made is undone in the reverse order.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
import contextlib
import dataclasses
from typing import Any

from oslo_log import log as logging

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.image import store
from novadocker.ops import guest
from novadocker.ops import locks
from novadocker.ops import making
from novadocker.ops import names
from novadocker.ops import starting
from novadocker.ops import stopwatch
from novadocker.ops import tools as ops_tools
from novadocker.ops import undoing
from novadocker.ops import volumes
from novadocker.spec import builder
from novadocker.volume import request

LOG = logging.getLogger(__name__)

Waiter = Callable[[Any, Any], contextlib.AbstractContextManager[None]]


@dataclasses.dataclass(frozen=True)
class Boot:
    """One request to boot a server.

    ``instance`` is Nova's object, which os-vif and the log want; ``view`` is
    what the pure rooms may know of it. ``network_info`` may still be
    resolving: reading it blocks until Neutron has allocated the ports.

    :ivar public_key: of the server's key pair
    :ivar files: paths in the container and what is to be in them
    :ivar config_drive: renders paths in the drive and what is in them, if
        the server is to have one; it is called once the ports are known
    :ivar describe: lets Nova know the devices, which the drive tells; it is
        called before that
    :ivar is_unshelved: the image is the server itself, whose layers may take
        more than its disk
    """

    instance: Any
    view: model.Instance
    image_id: str
    network_info: Any
    trusted_certs: Any = None
    power_on: bool = True
    public_key: str = ''
    # Not for any log.
    files: Sequence[tuple[str, bytes]] = dataclasses.field(
        default=(), repr=False
    )
    config_drive: Callable[[], Iterable[tuple[str, bytes]]] | None = None
    describe: Callable[[], None] | None = None
    is_unshelved: bool = False
    volumes: Sequence[request.Volume] = ()


@dataclasses.dataclass(frozen=True)
class Steps:
    """What a server goes through before it is booted anew.

    :ivar stop: ends what runs of it
    :ivar change_volumes: has Nova take its volumes and give it others, which
        it returns. The lock is free meanwhile: an attach has Nova's lock of
        the volume when it waits for ours, and this waits for Nova's.
    :ivar take_away: removes the old container, if the server is to live on
    """

    stop: Callable[[], None]
    change_volumes: Callable[[], Sequence[request.Volume]]
    take_away: Callable[[], None]


class Creator:
    """Boots servers."""

    def __init__(
        self,
        tools: ops_tools.Tools,
        images: store.ImageStore,
        wait_for_vifs: Waiter,
    ) -> None:
        self._tools = tools
        self._images = images
        self._wait_for_vifs = wait_for_vifs

    def create(self, context: Any, boot: Boot) -> None:
        """Boot a server, or leave nothing behind.

        :raises ImageRejected, ImageWithoutCommand, ImageForOtherMachine: the
            image is at fault
        :raises InvalidContainerOption: a flavor, metadata or property is
        :raises InjectedFileRefused: a file has no path in a container
        :raises ContainerConflict: a container of this name is there already
        :raises VolumeRefused, VolumeUnusable: a volume cannot be had
        :raises ContainerExited: the command ended at once
        """
        watch = stopwatch.Stopwatch()
        with locks.instance_lock(boot.view.uuid):
            self._require_free_name(boot.view.uuid)
            spec = self._spec(context, boot, watch)
            with undoing.Undo() as undo:
                self._build(boot, spec, undo, watch)
                undo.pop_all()
        LOG.info('Booted: %s', watch, instance=boot.instance)

    def recreate(self, context: Any, boot: Boot, steps: Steps) -> None:
        """Boot a server anew, on the ports that it has.

        What can be refused is refused while the old container is there. What
        is made after that and fails is undone but for the ports and the
        files of the server, which stay until it is deleted: a port that is
        taken away and comes back is dead for a while.

        :raises: as ``create``
        """
        watch = stopwatch.Stopwatch()
        with locks.instance_lock(boot.view.uuid):
            spec = self._spec(context, boot, watch)
            with watch.phase('stop'):
                steps.stop()
        with watch.phase('change volumes'):
            boot = dataclasses.replace(boot, volumes=steps.change_volumes())
        with locks.instance_lock(boot.view.uuid):
            with watch.phase('old container'):
                steps.take_away()
            with undoing.Undo() as undo:
                self._rebuild(boot, spec, undo, watch)
                undo.pop_all()
        LOG.info('Rebuilt: %s', watch, instance=boot.instance)

    def _spec(
        self, context: Any, boot: Boot, watch: stopwatch.Stopwatch
    ) -> model.ContainerSpec:
        """Have the image, and refuse what cannot be, with nothing made."""
        with watch.phase('image'):
            image = self._image(context, boot)
        spec = builder.container_spec(
            boot.view,
            image,
            self._tools.host,
            names.directory(self._tools, boot.view.uuid),
            has_config_drive=boot.config_drive is not None,
        )
        making.require_command(image, spec)
        volumes.require_possible(self._tools, boot.volumes)
        guest.file_seeds(boot.files, spec)
        return spec

    def _require_free_name(self, instance_uuid: str) -> None:
        """Refuse a second boot before it can undo anything of the first."""
        name = identity.container_name(instance_uuid)
        try:
            self._tools.engine.inspect(name)
        except exception.ContainerNotFound:
            return
        raise exception.ContainerConflict(
            action=f'create container {name}', reason='there is one already'
        )

    def _image(self, context: Any, boot: Boot) -> model.LoadedImage:
        disk_bytes = boot.view.flavor.root_gb * 1024**3
        return self._images.ensure(
            context,
            boot.image_id,
            max_bytes=None if boot.is_unshelved else disk_bytes or None,
            trusted_certs=boot.trusted_certs,
        )

    def _build(
        self,
        boot: Boot,
        spec: model.ContainerSpec,
        undo: undoing.Undo,
        watch: stopwatch.Stopwatch,
    ) -> None:
        """Make everything that a server consists of, and start it."""
        with watch.phase('ports'):
            # The first look at network_info waits for its allocation.
            nics = ops_tools.nics(self._tools, boot.network_info)
        undo.add(names.remove, self._tools, boot.view.uuid)
        self._write_files(boot)
        with contextlib.ExitStack() as vifs:
            # NOTE: the wait is registered before the first port is plugged,
            # or an early event of Neutron's would be lost.
            vifs.enter_context(
                self._wait_for_vifs(boot.instance, boot.network_info)
            )
            with watch.phase('plug'):
                self._plug(boot, nics, undo)
            with watch.phase('volumes'):
                mounts = volumes.prepare(self._tools, boot.volumes, undo)
            with watch.phase('container'):
                container_id = making.make(
                    self._tools, spec, boot.view.uuid, undo
                )
                volumes.mount_at_start(self._tools, container_id, mounts)
                self._furnish(boot, spec, container_id)
            with watch.phase('wait for Neutron'):
                vifs.close()
        # What the ports said of themselves before was dropped by the switch.
        self._tools.plumber.announce(boot.instance)
        if boot.power_on:
            self._start(container_id, watch)

    def _rebuild(
        self,
        boot: Boot,
        spec: model.ContainerSpec,
        undo: undoing.Undo,
        watch: stopwatch.Stopwatch,
    ) -> None:
        """Make a container on ports that may be there already."""
        plumber = self._tools.plumber
        nics = ops_tools.nics(self._tools, boot.network_info)
        self._write_files(boot)
        with watch.phase('plug'):
            plumber.plug(boot.instance, boot.network_info, nics)
        with watch.phase('volumes'):
            volumes.require_possible(self._tools, boot.volumes)
            mounts = volumes.prepare(self._tools, boot.volumes, undo)
        with watch.phase('container'):
            container_id = making.make(self._tools, spec, boot.view.uuid, undo)
            volumes.mount_at_start(self._tools, container_id, mounts)
            self._furnish(boot, spec, container_id)
        with watch.phase('wait for the agent'):
            self._tools.wiring.wait(boot.instance, boot.network_info)
        plumber.announce(boot.instance)
        self._start(container_id, watch)

    def _write_files(self, boot: Boot) -> None:
        names.write(self._tools, boot.view, boot.network_info)
        if boot.describe is not None:
            boot.describe()
        if boot.config_drive is not None:
            guest.write_drive(self._tools, boot.view.uuid, boot.config_drive())

    def _plug(
        self,
        boot: Boot,
        nics: tuple[model.Nic, ...],
        undo: undoing.Undo,
    ) -> None:
        plumber = self._tools.plumber
        undo.add(plumber.remove_netns, boot.view.uuid)
        undo.add(plumber.unplug, boot.instance, boot.network_info)
        plumber.plug(boot.instance, boot.network_info, nics)

    def _furnish(
        self, boot: Boot, spec: model.ContainerSpec, container_id: str
    ) -> None:
        """Put into the container what its first instruction shall find."""
        seeds = guest.file_seeds(boot.files, spec)
        guest.put(self._tools, container_id, seeds)
        if boot.public_key:
            guest.let_in(
                self._tools, container_id, boot.public_key, boot.instance
            )

    def _start(self, container_id: str, watch: stopwatch.Stopwatch) -> None:
        with watch.phase('start'):
            self._tools.engine.start(container_id)
        # Apart from the start: it is a wait that an operator chose.
        with watch.phase('check'):
            starting.check(
                self._tools.engine,
                container_id,
                check_ms=self._tools.settings.start_check_ms,
            )
