"""The door to Nova: a ComputeDriver that delegates.

The facade reads the configuration, puts the rooms together and turns Nova's
objects into plain values. What happens is told in ops/.
"""

import functools
import time
from typing import Any

from nova import conf as nova_conf
from nova import context as nova_context
from nova import exception as nova_exception
from nova.network import neutron
from nova.virt import driver
from nova.virt import hardware
from nova.virt import images as nova_images
from oslo_log import log as logging

from novadocker import conf
from novadocker import constants
from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker import view
from novadocker.console import log as console_log
from novadocker.engine import engine as docker_engine
from novadocker.image import store
from novadocker.inventory import disk as inventory_disk
from novadocker.inventory import host as inventory_host
from novadocker.inventory import resources as inventory
from novadocker.network import metadata
from novadocker.network import plumber as network_plumber
from novadocker.network import wait as network_wait
from novadocker.ops import create
from novadocker.ops import destroy
from novadocker.ops import interfaces
from novadocker.ops import power
from novadocker.ops import recover
from novadocker.ops import tools as ops_tools
from novadocker.spec import builder
from novadocker.state import events
from novadocker.state import power as power_state

CONF = nova_conf.CONF
LOG = logging.getLogger(__name__)

conf.register_opts(CONF)


def in_nova_words(method: Any) -> Any:
    """Turn our word for an absent container into Nova's.

    All other errors of ours derive from Nova's already (exception.py).
    """

    @functools.wraps(method)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except exception.ContainerNotFound as err:
            raise nova_exception.InstanceNotFound(
                instance_id=err.kwargs['name']
            ) from err

    return wrapper


class DockerDriver(driver.ComputeDriver):
    """Runs servers as Docker containers."""

    capabilities = {
        **driver.ComputeDriver.capabilities,
        'has_imagecache': True,
        'supports_image_type_raw': True,
        'supports_attach_interface': True,
    }

    def __init__(self, virtapi: Any) -> None:
        super().__init__(virtapi)
        self._host = CONF.host
        self._engine = docker_engine.Engine(CONF.docker.host)
        self._plumber = network_plumber.Plumber(CONF.docker.runtime_map_dir)

    # -- start, identity, listing

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
        recover.reconcile(self._tools)
        # Nothing is being fetched yet: what is there is from before a crash.
        self._images.clean()
        self._listener = events.Listener(
            self._engine.events,
            self._containers,
            self.emit_event,
            host=host,
            since_ns=info.time_ns,
            stop_delay_s=CONF.docker.stop_event_delay,
        )
        self._listener.start()

    def cleanup_host(self, host: str) -> None:
        self._listener.stop()

    @functools.cached_property
    def _tools(self) -> ops_tools.Tools:
        info = self._engine.info()
        quota = inventory_host.has_disk_quota(
            info.storage_driver, info.root_dir
        )
        return ops_tools.Tools(
            engine=self._engine,
            plumber=self._plumber,
            metadata_ports=metadata.MetadataPorts(_metadata_ports),
            host=builder.Host(
                self._host,
                CONF.docker.runtime,
                quota,
                info.runtimes_like(CONF.docker.runtime),
                inventory_disk.host_disk(info),
            ),
            settings=ops_tools.Settings(
                instances_path=CONF.instances_path,
                start_check_ms=CONF.docker.start_check_ms,
            ),
        )

    @functools.cached_property
    def _images(self) -> store.ImageStore:
        info = self._engine.info()
        return store.ImageStore(
            self._engine,
            nova_images.fetch,
            CONF.instances_path,
            architecture=info.architecture,
            accept_rootfs_tar=CONF.docker.accept_rootfs_tar,
            ids_are_digests=not info.containerd_image_store,
        )

    @functools.cached_property
    def _creator(self) -> create.Creator:
        waiter = network_wait.Waiter(
            self.virtapi,
            timeout_s=CONF.vif_plugging_timeout,
            is_fatal=CONF.vif_plugging_is_fatal,
        )
        return create.Creator(self._tools, self._images, waiter.wired)

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

    @in_nova_words
    def get_info(
        self, instance: Any, use_cache: bool = True
    ) -> hardware.InstanceInfo:
        container = ops_tools.find(self._tools, instance.uuid)
        return hardware.InstanceInfo(
            state=power_state.power_state_of(container),
            internal_id=container.id,
        )

    # -- life of a server

    def prepare_for_spawn(self, instance: Any) -> None:
        if not instance.image_ref:
            raise nova_exception.BuildAbortException(
                instance_uuid=instance.uuid,
                reason='a container cannot boot from a volume: boot from an '
                'image and attach the volume',
            )

    def spawn(
        self,
        context: Any,
        instance: Any,
        image_meta: Any,
        injected_files: Any,
        admin_password: Any,
        allocations: Any,
        network_info: Any = None,
        block_device_info: Any = None,
        power_on: bool = True,
        accel_info: Any = None,
    ) -> None:
        _require_docker_image(image_meta)
        boot = create.Boot(
            instance=instance,
            view=view.instance_view(instance),
            image_id=image_meta.id,
            network_info=network_info,
            trusted_certs=instance.trusted_certs,
            power_on=power_on,
        )
        try:
            self._creator.create(context, boot)
        except exception.ContainerConflict as err:
            raise nova_exception.InstanceExists(name=instance.name) from err
        except (exception.EngineError, exception.PortUnusable) as err:
            # It has answered and refused: another host's engine would, too,
            # and so would its switch. A reschedule would hide the reason from
            # the user.
            raise nova_exception.BuildAbortException(
                instance_uuid=instance.uuid, reason=str(err)
            ) from err

    def destroy(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        destroy_disks: bool = True,
        destroy_secrets: bool = True,
    ) -> None:
        destroy.destroy(
            self._tools, instance, network_info, keep_data=not destroy_disks
        )

    def cleanup(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        destroy_disks: bool = True,
        migrate_data: Any = None,
        destroy_vifs: bool = True,
        destroy_secrets: bool = True,
    ) -> None:
        destroy.destroy(
            self._tools, instance, network_info, keep_data=not destroy_disks
        )

    @in_nova_words
    def power_off(
        self, instance: Any, timeout: int = 0, retry_interval: int = 0
    ) -> None:
        power.power_off(self._tools, instance, timeout_s=timeout)

    @in_nova_words
    def power_on(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        block_device_info: Any = None,
        accel_info: Any = None,
        share_info: Any = None,
    ) -> None:
        power.power_on(
            self._tools, instance, view.instance_view(instance), network_info
        )

    def resume_state_on_host_boot(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        share_info: Any = None,
        block_device_info: Any = None,
    ) -> None:
        self.power_on(context, instance, network_info)

    @in_nova_words
    def reboot(
        self,
        context: Any,
        instance: Any,
        network_info: Any,
        reboot_type: str,
        block_device_info: Any = None,
        bad_volumes_callback: Any = None,
        accel_info: Any = None,
        share_info: Any = None,
    ) -> None:
        power.reboot(
            self._tools,
            instance,
            view.instance_view(instance),
            network_info,
            is_hard=reboot_type == 'HARD',
            timeout_s=CONF.shutdown_timeout,
        )

    @in_nova_words
    def pause(self, instance: Any) -> None:
        power.pause(self._tools, instance)

    @in_nova_words
    def unpause(self, instance: Any) -> None:
        power.unpause(self._tools, instance)

    @in_nova_words
    def get_console_output(self, context: Any, instance: Any) -> str:
        container = ops_tools.find(self._tools, instance.uuid)
        log = self._engine.logs(container.id, constants.MAX_CONSOLE_BYTES)
        return console_log.text(log)

    # -- network

    def plug_vifs(self, instance: Any, network_info: Any) -> None:
        interfaces.repair(self._tools, instance, network_info)

    def unplug_vifs(self, instance: Any, network_info: Any) -> None:
        self._plumber.unplug(instance, network_info)

    @in_nova_words
    def attach_interface(
        self, context: Any, instance: Any, image_meta: Any, vif: Any
    ) -> None:
        interfaces.attach(
            self._tools,
            instance,
            view.instance_view(instance),
            vif,
            _other_ports(instance, vif),
        )

    def detach_interface(self, context: Any, instance: Any, vif: Any) -> None:
        interfaces.detach(
            self._tools,
            instance,
            view.instance_view(instance),
            vif,
            _other_ports(instance, vif),
        )

    @in_nova_words
    def inject_network_info(self, instance: Any, nw_info: Any) -> None:
        interfaces.refresh(
            self._tools, instance, view.instance_view(instance), nw_info
        )

    # -- the image cache

    def manage_image_cache(self, context: Any, all_instances: Any) -> None:
        if not CONF.image_cache.remove_unused_base_images:
            return
        settings = CONF.image_cache
        self._images.remove_unused(
            {instance.image_ref for instance in all_instances},
            now_s=time.time(),
            min_age_s=settings.remove_unused_original_minimum_age_seconds,
        )

    def cache_image(self, context: Any, image_id: str) -> bool:
        return self._images.cache(context, image_id)

    # -- the host

    def get_available_nodes(self, refresh: bool = False) -> list[str]:
        return [self._host]

    def get_available_resource(self, nodename: str) -> dict[str, Any]:
        info = self._engine.info()
        return inventory.available_resource(
            info,
            self._usage(info),
            node=nodename,
            uptime=inventory_host.uptime(),
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
        ours = inventory.traits(has_disk_quota=self._tools.host.has_disk_quota)
        for trait, is_present in ours.items():
            change = (
                provider_tree.add_traits
                if is_present
                else provider_tree.remove_traits
            )
            change(nodename, trait)

    def get_host_uptime(self) -> str:
        return inventory_host.uptime()

    def get_host_ip_addr(self) -> str:
        return str(CONF.my_ip)

    def check_can_live_migrate_destination(
        self, context: Any, instance: Any, *args: Any, **kwargs: Any
    ) -> None:
        # NotImplementedError would put the instance into ERROR.
        raise nova_exception.MigrationPreCheckError(
            reason='containers cannot be migrated live: use a cold migration'
        )

    # -- behind the doors

    def _containers(self) -> list[model.Container]:
        host = self._tools.host
        return [
            container
            for container in self._engine.containers()
            if identity.is_ours(container, host.name, *host.runtimes)
            and identity.role_of(container.labels) is model.Role.WORKLOAD
        ]

    def _usage(self, info: model.EngineInfo) -> model.HostUsage:
        return inventory.usage(
            info,
            disk=inventory_host.disk_bytes(info.root_dir),
            memory_free_bytes=inventory_host.memory_free_bytes(),
        )


def _other_ports(instance: Any, vif: Any) -> list[Any]:
    return [
        each for each in instance.get_network_info() if each['id'] != vif['id']
    ]


def _metadata_ports(network_id: str) -> list[dict[str, Any]]:
    client = neutron.get_client(nova_context.get_admin_context(), admin=True)
    found = client.list_ports(
        network_id=network_id, device_owner=metadata.DEVICE_OWNER
    )
    return list(found['ports'])


def _require_docker_image(image_meta: Any) -> None:
    """Refuse what only another hypervisor can boot.

    The scheduler normally sees to it, but ``--availability-zone AZ:HOST``
    skips every filter (DESIGN D10).
    """
    has_format = image_meta.obj_attr_is_set('container_format')
    kind = image_meta.container_format if has_format else None
    if kind != constants.CONTAINER_FORMAT:
        raise nova_exception.ImageUnacceptable(
            image_id=image_meta.id,
            reason=f'this host runs containers only and the image has '
            f'container_format={kind}: boot one with container_format=docker',
        )
