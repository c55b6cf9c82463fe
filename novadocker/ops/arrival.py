"""The story of a server that comes to its new flavor, or host.

open -> volumes -> create -> plug -> start. Nova has the server here whatever
happens, so a failure leaves what is needed to try again: a hard reboot does.
"""

import contextlib
import dataclasses
from typing import Any

from oslo_log import log as logging

from novadocker import exception
from novadocker import model
from novadocker.image import depot as image_depot
from novadocker.image import parcel
from novadocker.image import store
from novadocker.ops import create
from novadocker.ops import guest
from novadocker.ops import kept
from novadocker.ops import locks
from novadocker.ops import luggage as ops_luggage
from novadocker.ops import making
from novadocker.ops import names
from novadocker.ops import silence
from novadocker.ops import starting
from novadocker.ops import stopwatch
from novadocker.ops import tools as ops_tools
from novadocker.ops import undoing
from novadocker.ops import volumes
from novadocker.spec import builder
from novadocker.spec import resources

LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Arrival:
    """Makes containers of servers that have moved."""

    tools: ops_tools.Tools
    images: store.ImageStore
    parcels: parcel.Parcels
    depot: image_depot.Depot

    def arrive(
        self, context: Any, boot: create.Boot, luggage: model.Luggage
    ) -> None:
        """Make a server of what it has brought, and start it.

        One whose command ends at once has arrived, too, and is stopped: so
        its user can look why, and revert.

        :param boot: of the image that the server has in Glance
        :param luggage: noted here already
        :raises MoveRefused: what has come is not what was sent
        :raises ContainerConflict: the server has a container here
        :raises VolumeRefused, VolumeUnusable: a volume cannot be had here
        :raises nova.exception.VirtualInterfacePlugException: the sentence
            names the port
        """
        watch = stopwatch.Stopwatch()
        with locks.instance_lock(boot.view.uuid):
            self._arrive(context, boot, luggage, watch)
        LOG.info('Moved: %s', watch, instance=boot.instance)

    def arrive_again(self, context: Any, boot: create.Boot) -> bool:
        """Finish what has failed before, if anything has.

        :returns: whether there was something, which is done now
        :raises: as ``arrive``
        """
        watch = stopwatch.Stopwatch()
        with locks.instance_lock(boot.view.uuid):
            luggage = ops_luggage.noted(self.tools, boot.view.uuid)
            if luggage is None or ops_tools.is_there(
                self.tools, boot.view.uuid
            ):
                return False
            self._arrive(context, boot, luggage, watch)
        LOG.info('Moved at last: %s', watch, instance=boot.instance)
        return True

    def _arrive(
        self,
        context: Any,
        boot: create.Boot,
        luggage: model.Luggage,
        watch: stopwatch.Stopwatch,
    ) -> None:
        if luggage.parcel_id:
            # Of an older move, which failed; a revert would take it for what
            # it goes back to. Not what another service of this engine keeps.
            with contextlib.suppress(exception.OptionChanged):
                kept.remove(self.tools, boot.view.uuid)
        with undoing.Undo() as undo:
            volumes.require_possible(self.tools, boot.volumes)
            with watch.phase('open'):
                image = self._image(context, boot, luggage)
            with watch.phase('volumes'):
                mounts = volumes.prepare(self.tools, boot.volumes, undo)
            with watch.phase('container'):
                spec = self._spec(boot, image, luggage)
                self._write_files(boot, is_new=bool(luggage.parcel_id))
                container_id = making.make(
                    self.tools, spec, boot.view.uuid, undo
                )
            # It has all that the server is: from here on a hard reboot
            # starts it.
            undo.pop_all()
        _discard(self.depot, context, luggage)
        ops_luggage.forget(self.tools, boot.view.uuid)
        volumes.mount_at_start(self.tools, container_id, mounts)
        with watch.phase('plug'):
            nics = ops_tools.nics(self.tools, boot.network_info)
            self.tools.plumber.plug(boot.instance, boot.network_info, nics)
        self._start(boot, container_id, watch)

    def _image(
        self, context: Any, boot: create.Boot, luggage: model.Luggage
    ) -> model.LoadedImage:
        if not luggage.parcel_id:
            return self.parcels.loaded(boot.image_id, luggage.reference)
        held: tuple[str, ...] = ()
        if luggage.base_id:
            base = self.images.ensure(
                context,
                luggage.base_id,
                max_bytes=None,
                trusted_certs=boot.trusted_certs,
            )
            held = self.tools.engine.image(base.reference).diff_ids
        with (
            self.depot.taken(
                context, luggage.parcel_id, self.parcels.folder
            ) as path,
            self.parcels.opened(boot.view.uuid, path, held) as found,
        ):
            if found.reference != luggage.reference:
                raise exception.MoveRefused(
                    reason=f'Image {luggage.parcel_id} in Glance is not what '
                    f'was sent.'
                )
            self.parcels.load(found)
            return self.parcels.loaded(boot.image_id, found.reference)

    def _spec(
        self,
        boot: create.Boot,
        image: model.LoadedImage,
        luggage: model.Luggage,
    ) -> model.ContainerSpec:
        spec = builder.container_spec(
            boot.view,
            image,
            self.tools.host,
            names.directory(self.tools, boot.view.uuid),
            has_config_drive=boot.config_drive is not None,
        )
        making.require_command(image, spec)
        limits = resources.less_disk(spec.resources, luggage.carried_bytes)
        return dataclasses.replace(spec, resources=limits)

    def _write_files(self, boot: create.Boot, *, is_new: bool) -> None:
        names.write(self.tools, boot.view, boot.network_info)
        # The one that it had has more in it than Nova still knows.
        if boot.config_drive is not None and is_new:
            guest.write_drive(self.tools, boot.view.uuid, boot.config_drive())

    def _start(
        self,
        boot: create.Boot,
        container_id: str,
        watch: stopwatch.Stopwatch,
    ) -> None:
        if not boot.power_on:
            silence.begin(self.tools, boot.instance)
            return
        with watch.phase('wait for the agent'):
            self.tools.wiring.wait(boot.instance, boot.network_info)
        self.tools.plumber.announce(boot.instance)
        with watch.phase('start'):
            try:
                starting.start(self.tools, container_id)
                starting.check(
                    self.tools.engine,
                    container_id,
                    check_ms=self.tools.settings.start_check_ms,
                )
            except (
                exception.CommandNotStartable,
                exception.ContainerExited,
            ) as err:
                LOG.warning(
                    'It has moved and is stopped: %s',
                    err,
                    instance=boot.instance,
                )


def give_up(
    tools: ops_tools.Tools,
    depot: image_depot.Depot,
    context: Any,
    instance_uuid: str,
    known: str = '',
) -> None:
    """Discard what a server has sent or brought and nobody will open.

    A server that is leaving is waited for: it may be sending.

    :param known: what Nova knows of it
    """
    with locks.instance_lock(instance_uuid):
        found = set()
        for text in {*ops_luggage.texts(tools, instance_uuid), known} - {''}:
            try:
                found.add(ops_luggage.read(text))
            except exception.MoveRefused as err:
                LOG.warning('%s It is given up, and may leave an image.', err)
        for luggage in found:
            _discard(depot, context, luggage)
        ops_luggage.forget(tools, instance_uuid)


def _discard(
    depot: image_depot.Depot, context: Any, luggage: model.Luggage
) -> None:
    if not luggage.parcel_id:
        return
    try:
        depot.discard(context, luggage.parcel_id)
    except Exception as err:  # Glance's or Keystone's; the server goes on
        LOG.warning(
            'Image %(id)s in Glance is left, delete it: %(error)s',
            {'id': luggage.parcel_id, 'error': err},
        )
