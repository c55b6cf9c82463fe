"""The rooms behind the doors, put together once from the configuration."""

import functools
from typing import Any

from nova import conf as nova_conf
from nova import context as nova_context
from nova import exception as nova_exception
from nova import service_auth
from nova import utils as nova_utils
from nova.conf import service_token
from nova.image import glance
from nova.network import neutron
from nova.virt import driver
from nova.virt import hardware
from nova.virt import images as nova_images

from novadocker import conf
from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.bridge import client as bridge_client
from novadocker.console import consoles
from novadocker.engine import engine as docker_engine
from novadocker.engine import terminal
from novadocker.image import depot
from novadocker.image import layer
from novadocker.image import parcel
from novadocker.image import store
from novadocker.image import upload
from novadocker.inventory import disk as inventory_disk
from novadocker.inventory import host as inventory_host
from novadocker.inventory import numa
from novadocker.inventory import resources as inventory
from novadocker.network import metadata
from novadocker.network import plumber as network_plumber
from novadocker.network import switch as network_switch
from novadocker.network import wait as network_wait
from novadocker.network import wiring as network_wiring
from novadocker.ops import arrival
from novadocker.ops import create
from novadocker.ops import departure
from novadocker.ops import tools as ops_tools
from novadocker.spec import builder
from novadocker.volume import connector as volume_connector
from novadocker.volume import volumes as volume_volumes

CONF = nova_conf.CONF

# nova-compute does nothing else while it brings back the servers of a host.
_WIRED_WITHIN_S = 10

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


class Rooms(driver.ComputeDriver):
    """What every door finds behind it."""

    def __init__(self, virtapi: Any) -> None:
        super().__init__(virtapi)
        self._host = CONF.host
        self._engine = docker_engine.Engine(CONF.docker.host)
        self._switch = network_switch.Switch(lambda: CONF.os_vif_ovs)
        self._plumber = network_plumber.Plumber(
            CONF.docker.runtime_map_dir, self._switch
        )
        self._connector = volume_connector.Connector(
            nova_utils.get_root_helper()
        )

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
            wiring=network_wiring.Wiring(
                self._switch.is_wired,
                within_s=min(CONF.vif_plugging_timeout, _WIRED_WITHIN_S),
            ),
            host=builder.Host(
                self._host,
                CONF.docker.runtime,
                quota,
                info.runtimes_like(CONF.docker.runtime),
                inventory_disk.host_disk(info),
                numa.divided(
                    numa.host_cpus(),
                    frozenset(hardware.get_cpu_dedicated_set() or ()),
                    frozenset(hardware.get_cpu_shared_set() or ()),
                ),
            ),
            settings=ops_tools.Settings(
                instances_path=CONF.instances_path,
                start_check_ms=CONF.docker.start_check_ms,
            ),
            volumes=volume_volumes.Volumes(
                CONF.docker.runtime_map_dir,
                self._connector,
                volume_volumes.Settings(
                    is_enabled=CONF.docker.volumes,
                    filesystem=CONF.docker.volume_filesystem,
                ),
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
            bridge=self._bridge,
        )

    @functools.cached_property
    def _bridge(self) -> bridge_client.Bridge | None:
        if not CONF.docker.image_bridge_url:
            return None
        return bridge_client.Bridge(
            service_auth.get_service_auth_session(
                service_token.SERVICE_USER_GROUP
            ),
            CONF.docker.image_bridge_url,
            service_auth.get_service_user_token_auth_plugin,
        )

    @functools.cached_property
    def _uploader(self) -> upload.Uploader:
        info = self._engine.info()
        return upload.Uploader(
            glance.API(),
            architecture=inventory.architecture(info.architecture),
            bridge=self._bridge,
            folder=CONF.instances_path,
        )

    @functools.cached_property
    def _creator(self) -> create.Creator:
        waiter = network_wait.Waiter(
            self.virtapi,
            timeout_s=CONF.vif_plugging_timeout,
            is_fatal=CONF.vif_plugging_is_fatal,
        )
        return create.Creator(self._tools, self._images, waiter.wired)

    @functools.cached_property
    def _consoles(self) -> consoles.Consoles:
        serial = CONF.serial_console
        return consoles.Consoles(
            terminal.Terminals(CONF.docker.host),
            consoles.Settings(
                address=CONF.docker.console_address
                or serial.proxyclient_address,
                port=CONF.docker.console_port,
                proxies=CONF.docker.console_proxies,
                sessions_per_server=CONF.docker.console_sessions_per_server,
                sessions=CONF.docker.console_sessions,
                secret_ttl_s=CONF.consoleauth.token_ttl,
            ),
        )

    @functools.cached_property
    def _departure(self) -> departure.Departure:
        return departure.Departure(self._tools, self._parcels, self._depot)

    @functools.cached_property
    def _arrival(self) -> arrival.Arrival:
        return arrival.Arrival(
            self._tools, self._images, self._parcels, self._depot
        )

    @functools.cached_property
    def _parcels(self) -> parcel.Parcels:
        info = self._engine.info()
        return parcel.Parcels(
            self._engine,
            CONF.instances_path,
            architecture=info.architecture,
            layers=layer.Layers(self._engine, info),
        )

    @functools.cached_property
    def _depot(self) -> depot.Depot:
        return depot.Depot(glance.API(), nova_images.fetch)

    def _containers(self) -> list[model.Container]:
        host = self._tools.host
        return [
            container
            for container in self._engine.containers()
            if identity.is_ours(container, host.name, *host.runtimes)
            and identity.role(container) is model.Role.WORKLOAD
        ]


def _metadata_ports(network_id: str) -> list[dict[str, Any]]:
    client = neutron.get_client(nova_context.get_admin_context(), admin=True)
    found = client.list_ports(
        network_id=network_id, device_owner=metadata.DEVICE_OWNER
    )
    return list(found['ports'])
