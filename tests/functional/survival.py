"""A driver with everything real but Nova, Neutron and Glance.

What a server survives is seen on its processes, its devices and its files;
what the driver says of it is compared with that.
"""

from collections.abc import Callable
import contextlib
import dataclasses
import os
import pathlib
import signal
import threading
from unittest import mock

import fixtures
from nova import conf as nova_conf
from nova import exception as nova_exception
from nova import objects
from nova.compute import power_state
from nova.network import model as network_model
from oslo_config import fixture as config_fixture
import pyroute2
import testtools

from novadocker import driver
from novadocker import exception
from novadocker import identity
from novadocker.engine import engine as docker_engine
from novadocker.privsep import link
from novadocker.privsep import netns as privsep_netns
from novadocker.privsep import runtime_map
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.fixtures import rootfs
from tests.fixtures import vif

# nova-compute does it when it starts.
objects.register_all()

CONF = nova_conf.CONF
HOST = 'host1'
IMAGE_ID = '11111111-2222-4333-8444-555555555555'
ADDRESS = '10.10.10.9'
GATEWAY = '10.10.10.1'
# It ends at once when dockerd asks it to.
COMMAND = ('bash', '-c', 'trap exit TERM; cat /proc/net/dev; sleep 600 & wait')
_OWN_DEVICES = {'lo', 'ovs-netdev', 'br-int'}


class VirtAPI:
    """Nova's side of a boot: Neutron has wired the ports when it is asked."""

    def __init__(self) -> None:
        self.while_waiting: Callable[[], None] | None = None

    @contextlib.contextmanager
    def wait_for_instance_event(self, *args, **kwargs):
        yield
        if self.while_waiting:
            self.while_waiting()


class SurvivalTestCase(testtools.TestCase):
    """One server on one host; ``config`` is more for its daemon.json."""

    config: dict[str, object] = {}
    command = COMMAND

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dockerd = dockerd.for_class(cls, cls.config)

    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.switch = self.useFixture(ovs.OpenVSwitch())
        self.instances = self.useFixture(fixtures.TempDir()).path
        self.namespace = self.useFixture(netns.Namespace(made=False))
        self._configure()
        self.told = []
        self._reviving = None
        self._is_over = False
        self.virtapi = VirtAPI()
        self.driver = self.started_driver()
        # Its own view of the engine: that of the driver may be manipulated.
        self.engine = docker_engine.Engine(self.dockerd.host)
        self.instance = self._instance()
        self.port = vif.vif(
            vif.subnet('10.10.10.0/24', ADDRESS, gateway=GATEWAY)
        )
        self.ports = network_model.NetworkInfo([self.port])
        self.addCleanup(self._bring_back)

    def _configure(self):
        config = self.useFixture(config_fixture.Config(CONF))
        # No agent wires the ports.
        config.config(instances_path=self.instances, vif_plugging_timeout=0)
        config.config(
            group='docker',
            host=self.dockerd.host,
            runtime=dockerd.RUNTIME,
            runtime_map_dir=self.dockerd.map_dir,
            start_check_ms=100,
            stop_event_delay=0,
        )
        self.useFixture(
            fixtures.MonkeyPatch('nova.virt.images.fetch', self._download)
        )
        # What Nova's database has of its volumes.
        self.mapped = []
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova.objects.BlockDeviceMappingList.get_by_instance_uuid',
                lambda *args: self.mapped,
            )
        )
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova.objects.VirtualInterfaceList.get_by_instance_uuid',
                lambda *args: [],
            )
        )
        neutron = mock.Mock()
        neutron.list_ports.return_value = {'ports': []}
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova.network.neutron.get_client', lambda *a, **kw: neutron
            )
        )

    def _download(self, context, image_id, path, trusted_certs=None):
        programs = (*rootfs.PROGRAMS, 'bash')
        pathlib.Path(path).write_bytes(
            rootfs.archive('a:b', self.command, programs=programs)
        )

    def _instance(self):
        instance = vif.instance(self.namespace.uuid)
        instance.flavor = objects.Flavor(
            vcpus=1, memory_mb=64, swap=0, root_gb=1, extra_specs={}
        )
        instance.metadata = {}
        instance.system_metadata = {}
        instance.hostname = 'web'
        instance.image_ref = IMAGE_ID
        instance.trusted_certs = None
        return instance

    def started_driver(self, host=HOST):
        """Start a driver, as nova-compute does."""
        made = driver.DockerDriver(self.virtapi)
        made.register_event_listener(
            lambda event: self.told.append(event.get_transition())
        )
        made.init_host(host)
        self.addCleanup(made.cleanup_host, host)
        return made

    def check_starts_for(self, *, ms):
        """Give a command so long to end; one that does is found sooner."""
        tools = self.driver._tools
        settings = dataclasses.replace(tools.settings, start_check_ms=ms)
        self.driver._tools = dataclasses.replace(tools, settings=settings)
        # It is made anew, of these.
        self.driver.__dict__.pop('_creator', None)

    # -- what Nova asks for

    def spawn(self):
        image = objects.ImageMeta(id=IMAGE_ID, container_format='docker')
        self.driver.spawn(None, self.instance, image, [], None, {}, self.ports)
        return self.container()

    def destroy(self):
        self.driver.destroy(None, self.instance, self.ports)

    def power_on(self):
        self.driver.power_on(None, self.instance, self.ports)

    def boot(self):
        """Boot a server, and remove it after the test."""
        self.addCleanup(self.destroy)
        return self.spawn()

    def boot_heard(self):
        """Boot a server, and see that who listens to the engine knows it.

        The driver listens in a thread of its own, which begins with a look.
        """
        self._wait_until_listener(
            lambda known: self.instance.uuid not in known
        )
        container = self.boot()
        self._wait_until_listener(lambda known: self.instance.uuid in known)
        return container

    def _wait_until_listener(self, predicate):
        netns.wait_until(
            lambda: predicate(self.driver._listener._said), 'the listener'
        )

    def container(self):
        name = identity.container_name(self.namespace.uuid)
        return self.engine.inspect(name)

    def state(self):
        return self.driver.get_info(self.instance).state

    # -- what happens to the engine

    def restart(self):
        """Kill dockerd and start it again."""
        self.dockerd.kill()
        self.dockerd.start()

    def kill_for_a_while(self):
        """Kill dockerd, and start it again while the test goes on."""
        self.dockerd.kill()
        self.revive()

    def revive(self, program='dockerd'):
        """Start a daemon again when it has ended, as its unit does."""
        deeds = {
            'dockerd': self.dockerd.start,
            'containerd': self.dockerd.start_containerd,
        }

        def start():
            netns.wait_until(
                lambda: self._is_over or self.dockerd.has_ended(program),
                f'the end of {program}',
            )
            if not self._is_over:
                deeds[program]()

        self._reviving = threading.Thread(target=start)
        self._reviving.start()

    def reboot_the_host(self):
        """End all that a reboot of the host ends, and start the rest."""
        self.driver.cleanup_host(HOST)
        self.dockerd.crash()
        privsep_netns.delete(self.namespace.name)
        link.delete(self.port['devname'])
        self.switch.vsctl('--if-exists', 'del-port', self.port['devname'])
        self.dockerd.boot()
        self.driver = self.started_driver()

    def wait_for_engine(self):
        self._reviving.join()

    def _bring_back(self):
        # Perhaps nobody has stepped into the trap.
        self._is_over = True
        if self._reviving:
            self._reviving.join()
        if not self.dockerd.is_running:
            self.dockerd.start()

    def at(self, method, deed, *, before=False):
        """Do something right after, or before, the engine is next asked."""
        real = getattr(docker_engine.Engine, method)
        todo = [deed]

        def wrapper(engine, *args, **kwargs):
            if before and todo:
                todo.pop()()
            result = real(engine, *args, **kwargs)
            if todo:
                todo.pop()()
            return result

        self.useFixture(
            fixtures.MonkeyPatch(
                f'novadocker.engine.engine.Engine.{method}', wrapper
            )
        )

    # -- what there is to see

    def assert_running(self):
        container = self.container()
        self.assertEqual(power_state.RUNNING, self.state())
        self.assertEqual(container.pid, self._live(container.pid))
        inside = os.stat(f'/proc/{container.pid}/ns/net').st_ino
        made = os.stat(identity.netns_path(self.namespace.uuid)).st_ino
        self.assertEqual(made, inside)
        self.assertEqual([self.port['devname']], self.switch.ports())
        return container

    def _live(self, pid):
        return pid if os.path.exists(f'/proc/{pid}/exe') else None

    def assert_nothing_left(self):
        self.assertEqual([], self.engine.containers())
        self.assertEqual([], self.switch.ports())
        self.assertNotIn(self.namespace.name, privsep_netns.names())
        entries = runtime_map.container_ids(self.dockerd.map_dir)
        self.assertEqual([], list(entries))
        folder = pathlib.Path(self.instances, self.namespace.uuid)
        self.assertFalse(folder.exists())
        # The kernel takes down a namespace, and what is in it, later.
        netns.wait_until(lambda: _devices() <= _OWN_DEVICES, 'no device')
        self.wait_for_no_process()

    def wait_for_no_process(self):
        netns.wait_until(lambda: not self.shims(), 'no process')

    def shims(self):
        return self.dockerd.shims()

    def assert_not_found(self):
        self.assertRaises(nova_exception.InstanceNotFound, self.state)

    def assert_away(self, deed, *args):
        self.assertRaises(exception.EngineUnavailable, deed, *args)


def kill(pid):
    """Kill a process, and see that it has ended."""
    os.kill(pid, signal.SIGKILL)
    netns.wait_until(lambda: not os.path.exists(f'/proc/{pid}/exe'), 'its end')


def _devices():
    with pyroute2.IPRoute() as ip:
        return {link.get_attr('IFLA_IFNAME') for link in ip.get_links()}
