"""The doors of the host: its start, what is on it and what it offers."""

import functools
from typing import Any

from nova import conf as nova_conf
from nova.virt import hardware
from oslo_log import log as logging

from novadocker import constants
from novadocker import model
from novadocker.facade import rooms
from novadocker.inventory import cpu
from novadocker.inventory import host as inventory_host
from novadocker.inventory import numa
from novadocker.inventory import resources as inventory
from novadocker.ops import confinement
from novadocker.ops import recover
from novadocker.ops import snapshot
from novadocker.ops import suspension
from novadocker.ops import tools as ops_tools
from novadocker.state import events

CONF = nova_conf.CONF
LOG = logging.getLogger(__name__)


class Host(rooms.Rooms):
    """The host and what is on it."""

    def init_host(self, host: str) -> None:
        self._host = host
        info = self._engine.info()
        recover.check_engine(
            info,
            host=CONF.docker.host,
            runtime=CONF.docker.runtime,
            map_dir=CONF.docker.runtime_map_dir,
        )
        LOG.info(
            'Docker %(version)s at %(address)s, storage %(storage)s',
            {
                'version': info.version,
                'address': CONF.docker.host,
                'storage': info.storage_driver,
            },
        )
        confinement.require(info, self._tools.host.cpus, host=CONF.docker.host)
        recover.reconcile(self._tools)
        confinement.confine_all(self._tools)
        # Nothing is on its way yet: what is there is from before a crash.
        self._images.clean()
        snapshot.clean(self._tools)
        self._listener = events.Listener(
            self._engine.events,
            self._look,
            self.emit_event,
            host=host,
            since_ns=info.time_ns,
            stop_delay_s=CONF.docker.stop_event_delay,
        )
        self._listener.start()
        if CONF.serial_console.enabled:
            self._consoles.start(
                each.id for each in self._containers() if each.state.is_live
            )

    def cleanup_host(self, host: str) -> None:
        self._listener.stop()
        self._consoles.stop()

    def _look(self) -> list[model.Container]:
        """Look at the servers of an engine that is there, or there again."""
        recover.end_lost(self._tools)
        return self._containers()

    def list_instances(self) -> list[str]:
        return [
            container.labels[constants.LABEL_NAME]
            for container in self._containers()
        ]

    def list_instance_uuids(self) -> list[str]:
        return [
            container.labels[constants.LABEL_UUID]
            for container in self._containers()
        ]

    def get_num_instances(self) -> int:
        return len(self._containers())

    @rooms.in_nova_words
    def get_info(
        self, instance: Any, use_cache: bool = True
    ) -> hardware.InstanceInfo:
        container = ops_tools.current(self._tools, instance)
        return hardware.InstanceInfo(
            state=suspension.power_state_of(
                self._tools, container, instance.uuid
            ),
            internal_id=container.id,
        )

    def get_available_nodes(self, refresh: bool = False) -> list[str]:
        return [self._host]

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        info = self._engine.info()
        return inventory.available_resource(
            info,
            self._usage(info),
            node=nodename,
            uptime=inventory_host.uptime(),
            numa_topology=numa.topology(self._tools.host.cpus),
        )

    def update_provider_tree(
        self, provider_tree: Any, nodename: str, allocations: Any = None
    ) -> None:
        known = provider_tree.data(nodename).inventory
        # NOTE: Nova calls this with the lock held that every claim needs;
        # engine.info() is one local call of a few milliseconds.
        provider_tree.update_inventory(
            nodename,
            inventory.inventories(
                self._usage(self._engine.info()),
                ratios=self._get_allocation_ratios(known),
                reserved={
                    'VCPU': CONF.reserved_host_cpus,
                    'MEMORY_MB': CONF.reserved_host_memory_mb,
                    'DISK_GB': self._get_reserved_host_disk_gb_from_config(),
                },
            ),
        )
        for trait, is_present in self._traits.items():
            change = (
                provider_tree.add_traits
                if is_present
                else provider_tree.remove_traits
            )
            change(nodename, trait)

    @functools.cached_property
    def _traits(self) -> dict[str, bool]:
        """Say once what the host has: it cannot change while we run."""
        arch = inventory.architecture(self._engine.info().architecture)
        return {
            **inventory.traits(has_disk_quota=self._tools.host.has_disk_quota),
            **cpu.traits(arch, inventory_host.cpu_words()),
            **cpu.thread_traits(self._tools.host.cpus),
        }

    def get_host_uptime(self) -> str:
        return inventory_host.uptime()

    def get_host_ip_addr(self) -> str:
        return str(CONF.my_ip)

    def _usage(self, info: model.EngineInfo) -> model.HostUsage:
        return inventory.usage(
            info,
            disk=inventory_host.disk_bytes(info.root_dir),
            memory_free_bytes=inventory_host.memory_free_bytes(),
            cpus=self._tools.host.cpus,
        )
