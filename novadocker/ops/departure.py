"""The story of a server that leaves its flavor, or its host.

stop -> commit -> pack -> give away -> keep the container -> leave the network
and the volumes.
Until the last of these the server can stay: what has been done is undone in
the reverse order, and it runs again where it ran. After that Nova has it
elsewhere, so all that can be refused is refused here.
"""

from collections.abc import Sequence
import dataclasses
from typing import Any

from oslo_log import log as logging

from novadocker import exception
from novadocker import extra_specs
from novadocker import identity
from novadocker import model
from novadocker.image import depot as image_depot
from novadocker.image import parcel
from novadocker.inventory import host as inventory_host
from novadocker.ops import kept
from novadocker.ops import locks
from novadocker.ops import luggage as ops_luggage
from novadocker.ops import names
from novadocker.ops import power
from novadocker.ops import snapshot
from novadocker.ops import stopwatch
from novadocker.ops import tools as ops_tools
from novadocker.ops import undoing
from novadocker.ops import volumes
from novadocker.spec import builder
from novadocker.spec import cpu
from novadocker.spec import device
from novadocker.spec import process
from novadocker.volume import request

LOG = logging.getLogger(__name__)

_GIB = 1024**3


@dataclasses.dataclass(frozen=True)
class Move:
    """One request to resize or migrate a server.

    :ivar view: of the server as it shall be, with its new flavor
    :ivar stays: whether it stays on this host
    :ivar timeout_s: seconds that its command has to end by itself
    """

    id: str
    instance: Any
    view: model.Instance
    network_info: Any
    stays: bool
    timeout_s: int
    volumes: Sequence[request.Volume] = ()


@dataclasses.dataclass(frozen=True)
class _Stock:
    """What of a server is in the engine.

    :ivar base: its image in Glance, if the receiver can get that, too
    """

    container: model.Container
    parent: model.EngineImage
    base: model.EngineImage | None

    @property
    def below_bytes(self) -> int:
        """What lies below all that the server has changed."""
        return (self.base or self.parent).size_bytes


@dataclasses.dataclass(frozen=True)
class Departure:
    """Makes servers ready to be another container."""

    tools: ops_tools.Tools
    parcels: parcel.Parcels
    depot: image_depot.Depot

    def depart(self, context: Any, move: Move) -> model.Luggage:
        """Stop a server and give away what makes it, or leave it as it was.

        :raises ContainerNotFound: it has no container
        :raises MoveRefused: it has more than its new flavor allows, or what
            no host would take
        :raises VolumeBusy, VolumeRefused: a volume of it cannot leave
        :raises InvalidContainerOption, CpusUnavailable: no container can be
            like that
        """
        watch = stopwatch.Stopwatch()
        with locks.instance_lock(move.view.uuid), undoing.Undo() as undo:
            with watch.phase('look'):
                stock = self._stock(context, move)
                self._require_movable(move, stock)
            # Of an earlier move that failed where it could not be undone:
            # the server has lived on in another container.
            kept.remove(self.tools, move.view.uuid)
            if stock.container.state.is_live:
                undo.add(self._go_on, move)
            with watch.phase('stop'):
                power.bring_down(
                    self.tools, move.instance, timeout_s=move.timeout_s
                )
            luggage = self._packed(context, move, stock, undo, watch)
            if luggage.parcel_id:
                self._note_sent(move, luggage, undo)
            undo.add(kept.take_back, self.tools, move.view.uuid)
            kept.put_away(self.tools, stock.container, move.view.uuid)
            if not move.stays:
                self._unplug(move, stock.container)
            # Last: a volume that never left need not be brought back.
            with watch.phase('volumes'):
                volumes.leave(self.tools, move.volumes, undo)
            undo.pop_all()
        LOG.info('Ready to move: %s', watch, instance=move.instance)
        return luggage

    def _stock(self, context: Any, move: Move) -> _Stock:
        engine = self.tools.engine
        container = ops_tools.find(self.tools, move.view.uuid)
        parent = engine.image(container.image_id)
        image_id = move.instance.image_ref
        base = None
        if move.stays or self.depot.has_image(context, image_id):
            for each in engine.find_images(
                identity.image_repository(image_id)
            ):
                if parent.diff_ids[: len(each.diff_ids)] == each.diff_ids:
                    base = each
        return _Stock(container, parent, base)

    def _require_movable(self, move: Move, stock: _Stock) -> None:
        """Refuse, while it runs, what could only fail later."""
        volumes.require_possible(self.tools, move.volumes)
        specs = move.view.flavor.extra_specs
        extra_specs.read(specs)
        extra_specs.read_quota(specs)
        device.require_none(move.view.flavor)
        cpu.require(move.view)
        process.process(move.view.metadata, move.view.image_properties)
        if move.stays:
            image = model.LoadedImage('', '', '', 0, has_command=True)
            folder = names.directory(self.tools, move.view.uuid)
            builder.container_spec(move.view, image, self.tools.host, folder)
        own_bytes = self.tools.engine.layer_bytes(stock.container.id)
        carried_bytes = own_bytes + stock.parent.size_bytes - stock.below_bytes
        _require_disk(move.view.flavor, carried_bytes)
        root_dir = self.tools.engine.info().root_dir
        _, free_bytes = inventory_host.disk_bytes(root_dir)
        if own_bytes > free_bytes:
            raise exception.MoveRefused(
                reason=f'The server has {own_bytes} bytes of files, which '
                f'have to be copied; its host has {free_bytes} bytes free.'
            )

    def _packed(
        self,
        context: Any,
        move: Move,
        stock: _Stock,
        undo: undoing.Undo,
        watch: stopwatch.Stopwatch,
    ) -> model.Luggage:
        """Give away what the receiver needs."""
        engine = self.tools.engine
        reference = identity.snapshot_reference(move.view.uuid, move.id)
        with undoing.Undo() as clearing:
            clearing.add(snapshot.remove, self.tools, reference)
            with watch.phase('commit'):
                engine.commit(stock.container.id, reference)
            committed = engine.image(reference)
            carried_bytes = committed.size_bytes - stock.below_bytes
            # It ran on since it was measured.
            _require_disk(move.view.flavor, carried_bytes)
            base_layers = stock.base.diff_ids if stock.base else ()
            content = parcel.Content(
                reference,
                committed,
                stock.parent,
                held=committed.diff_ids if move.stays else base_layers,
            )
            with (
                watch.phase('pack and send'),
                self.parcels.packed(move.view.uuid, content) as packed,
            ):
                if move.stays:
                    undo.add(kept.remove_images, self.tools, move.view.uuid)
                    self.parcels.load(packed)
                    return model.Luggage(
                        reference=packed.reference,
                        carried_bytes=carried_bytes,
                    )
                parcel_id = self.depot.put(
                    context, move.instance, packed.stream()
                )
                undo.add(self.depot.discard, context, parcel_id)
                return model.Luggage(
                    reference=packed.reference,
                    parcel_id=parcel_id,
                    base_id=move.instance.image_ref if stock.base else '',
                    carried_bytes=carried_bytes,
                )

    def _note_sent(
        self, move: Move, luggage: model.Luggage, undo: undoing.Undo
    ) -> None:
        """Remember what is in Glance: a delete may come before its receiver.

        Nova then has not saved what it was told of it.
        """
        uuid = move.view.uuid
        undo.add(ops_luggage.forget, self.tools, uuid)
        ops_luggage.note_sent(self.tools, uuid, ops_luggage.text_of(luggage))

    def _unplug(self, move: Move, container: model.Container) -> None:
        plumber = self.tools.plumber
        plumber.unplug(move.instance, move.network_info)
        plumber.unmap(container.id)
        plumber.remove_netns(move.view.uuid)

    def _go_on(self, move: Move) -> None:
        """Let a server that was stopped for nothing run again."""
        self.tools.patience.outlast(
            lambda: power.bring_up(
                self.tools,
                move.instance,
                move.view,
                move.network_info,
                model.Role.WORKLOAD,
                move.volumes,
            )
        )


def _require_disk(flavor: model.Flavor, carried_bytes: int) -> None:
    if flavor.root_gb and carried_bytes > flavor.root_gb * _GIB:
        raise exception.MoveRefused(
            reason=f'The server has changed or made {carried_bytes} bytes of '
            f'files, the flavor gives it {flavor.root_gb} GB: remove some, '
            f'or choose one with more disk.'
        )
