"""The stories on a real engine, a real switch and real namespaces."""

import contextlib
import pathlib
import re

import fixtures
from nova import conf as nova_conf
from nova import exception as nova_exception
import testtools

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker import view
from novadocker.engine import engine as docker_engine
from novadocker.image import store
from novadocker.network import metadata
from novadocker.network import plumber
from novadocker.network import switch
from novadocker.network import wiring
from novadocker.ops import create
from novadocker.ops import destroy
from novadocker.ops import power
from novadocker.ops import tools as ops_tools
from novadocker.privsep import netns as privsep_netns
from novadocker.privsep import runtime_map
from novadocker.spec import builder
from novadocker.volume import connector
from novadocker.volume import volumes
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.fixtures import rootfs
from tests.fixtures import vif

IMAGE_ID = '11111111-2222-4333-8444-555555555555'
# What a program sees of its network in its very first instruction. Nobody
# waits for it when a server boots, so it says when it has seen all.
LOOK = (
    'cat /proc/net/dev /proc/net/route; cat /etc/hosts; echo seen;'
    ' exec sleep 600'
)
GATEWAY = '010A0A0A'  # 10.10.10.1 as /proc/net/route writes it

NO_INIT = {'docker_init': 'false'}
MISTAKES = [
    (
        {'docker:user': 'nobody-at-all-knows-this-user'},
        {},
        'unable to find user nobody-at-all-knows-this-user',
    ),
    ({}, {'os_admin_user': '99999999999'}, 'uids and gids must be in range'),
    ({'docker:workdir': '/bin/cat'}, {}, '/bin/cat is not a directory'),
    ({'docker:workdir': '/bin/cat/x'}, {}, '/bin/cat/x: not a directory'),
    ({'docker:command': '/no/such/program'}, NO_INIT, '"/no/such/program"'),
    ({'docker:command': '/no/such/program'}, {}, 'It was not found.'),
    ({'docker:command': '/etc/hosts'}, NO_INIT, 'permission denied'),
    ({'docker:command': '/etc/hosts'}, {}, 'It cannot be executed.'),
    ({'docker:env:PATH': '/nowhere'}, NO_INIT, '"sh": executable file not'),
]


def aborted(error):
    """Give what a fault has room for of an error, as spawn words it."""
    if isinstance(error, exception.EngineError):
        error = nova_exception.BuildAbortException(
            instance_uuid=IMAGE_ID, reason=str(error)
        )
    return str(error)[:255]


@dockerd.needs_dockerd
@ovs.needs_ovs
class BootTestCase(testtools.TestCase):
    # How long a command may not end; one that ends is found sooner.
    start_check_ms = 200

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dockerd = dockerd.for_class(cls)

    def setUp(self):
        super().setUp()
        self.switch = self.useFixture(ovs.OpenVSwitch())
        self.instances = self.useFixture(fixtures.TempDir()).path
        self.engine = docker_engine.Engine(self.dockerd.host)
        self.tools = ops_tools.Tools(
            engine=self.engine,
            plumber=plumber.Plumber(
                self.dockerd.map_dir,
                switch.Switch(lambda: nova_conf.CONF.os_vif_ovs),
            ),
            metadata_ports=metadata.MetadataPorts(lambda network_id: []),
            # No agent wires the ports.
            wiring=wiring.Wiring(lambda port: True, within_s=0),
            host=builder.Host('host1', dockerd.RUNTIME, False),
            settings=ops_tools.Settings(
                self.instances, start_check_ms=self.start_check_ms
            ),
            volumes=volumes.Volumes(
                self.dockerd.map_dir,
                connector.Connector('sudo'),
                volumes.Settings(is_enabled=False, filesystem='ext4'),
            ),
        )
        self.images = store.ImageStore(
            self.engine,
            self._download,
            self.instances,
            architecture=self.engine.info().architecture,
        )
        self.creator = create.Creator(self.tools, self.images, self._wait)
        self.namespace = self.useFixture(netns.Namespace(made=False))
        self.instance = vif.instance(self.namespace.uuid)
        subnet = vif.subnet(
            '10.10.10.0/24', '10.10.10.9', gateway='10.10.10.1'
        )
        self.ports = [vif.vif(subnet)]
        self.waited = []

    def _download(self, context, image_id, path, trusted_certs):
        pathlib.Path(path).write_bytes(
            rootfs.archive('someone-elses:tag', ('sh', '-c', LOOK))
        )

    @contextlib.contextmanager
    def _wait(self, instance, network_info):
        yield
        # Neutron is still at work: the container must not run yet.
        name = identity.container_name(instance.uuid)
        self.waited.append(self.engine.inspect(name).state)

    def _view(self, **changes):
        usual = {
            'uuid': self.namespace.uuid,
            'name': 'instance-1',
            'hostname': 'web',
            'project_id': 'demo',
            'flavor': model.Flavor(
                vcpus=1, memory_mb=64, swap_mb=0, root_gb=1
            ),
        }
        return model.Instance(**{**usual, **changes})

    def _boot(self, power_on=True, guest=None, **changes):
        boot = create.Boot(
            instance=self.instance,
            view=self._view(**changes),
            image_id=IMAGE_ID,
            network_info=self.ports,
            power_on=power_on,
            **(guest or {}),
        )
        self.creator.create(None, boot)
        return ops_tools.find(self.tools, self.namespace.uuid)

    def _log(self, container):
        return self.engine.logs(container.id, 65536).decode()

    def _log_of_looks(self, container, count=1):
        """Give the log when the command has looked so often."""
        netns.wait_until(
            lambda: self._log(container).count('seen\n') == count, 'the look'
        )
        return self._log(container)

    def _destroy(self):
        destroy.destroy(self.tools, self.instance, self.ports)

    def assert_nothing_left(self):
        self.assertEqual([], self.engine.containers())
        self.assertEqual([], self.switch.ports())
        self.assertNotIn(self.namespace.name, privsep_netns.names())
        entries = runtime_map.container_ids(self.dockerd.map_dir)
        self.assertEqual([], list(entries))
        left = [
            path.name
            for path in pathlib.Path(self.instances).rglob('*')
            # The image, its layers and the time of its use stay for the next
            # boot.
            if path.is_file() and path.parent.name not in ('used', 'layers')
        ]
        self.assertEqual([], left)


class StoriesTest(BootTestCase):
    def test_network_is_there_at_the_first_instruction(self):
        container = self._boot()
        self.addCleanup(self._destroy)
        log = self._log_of_looks(container)
        self.assertIn('eth0:', log)
        self.assertRegex(log, rf'eth0\s+00000000\s+{GATEWAY}')
        self.assertRegex(log, r'10\.10\.10\.9\s+web')

    def test_long_name_is_the_hosts_and_its_first_label_the_hostname(self):
        host, domain = view.split_hostname(f'{"w" * 100}.example.org')
        command = (
            "sh -c 'cat /proc/sys/kernel/hostname /etc/hosts; echo seen;"
            " exec sleep 600'"
        )
        container = self._boot(
            hostname=host, domain=domain, metadata={'docker:command': command}
        )
        self.addCleanup(self._destroy)
        short = 'w' * 63
        log = self._log_of_looks(container)
        self.assertTrue(log.startswith(f'{short}\n'), log)
        self.assertIn(f'10.10.10.9 {short}.example.org {short}\n', log)

    def test_container_waits_for_neutron(self):
        self._boot()
        self.addCleanup(self._destroy)
        self.assertEqual([model.ContainerState.CREATED], self.waited)

    def test_container_is_in_the_namespace_that_nova_made(self):
        container = self._boot()
        self.addCleanup(self._destroy)
        inside = pathlib.Path(f'/proc/{container.pid}/ns/net').stat()
        made = pathlib.Path(identity.netns_path(self.namespace.uuid)).stat()
        self.assertEqual(made.st_ino, inside.st_ino)

    def test_destroy_leaves_nothing(self):
        self._boot()
        self._destroy()
        self.assert_nothing_left()

    def test_destroy_of_what_is_not_there(self):
        self._destroy()
        self.assert_nothing_left()

    def test_server_that_shall_not_run_is_created_only(self):
        container = self._boot(power_on=False)
        self.addCleanup(self._destroy)
        self.assertIs(model.ContainerState.CREATED, container.state)

    def test_stop_and_start_keep_data_and_network(self):
        container = self._boot()
        self.addCleanup(self._destroy)
        self._log_of_looks(container)
        power.power_off(self.tools, self.instance, timeout_s=0)
        stopped = ops_tools.find(self.tools, self.namespace.uuid)
        self.assertIs(model.ContainerState.EXITED, stopped.state)
        self._start()
        started = ops_tools.find(self.tools, self.namespace.uuid)
        self.assertEqual(container.id, started.id)
        self.assertIs(model.ContainerState.RUNNING, started.state)
        log = self._log_of_looks(started, 2)
        self.assertEqual(2, log.count('eth0:'))

    def _start(self):
        power.power_on(self.tools, self.instance, self._view(), self.ports)

    def test_start_after_a_reboot_of_the_host_makes_the_network_anew(self):
        self._log_of_looks(self._boot())
        self.addCleanup(self._destroy)
        power.power_off(self.tools, self.instance, timeout_s=0)
        self._forget_as_a_reboot_does()
        self._start()
        started = ops_tools.find(self.tools, self.namespace.uuid)
        self.assertIs(model.ContainerState.RUNNING, started.state)
        log = self._log_of_looks(started, 2)
        self.assertEqual(2, log.count('eth0:'))

    def _forget_as_a_reboot_does(self):
        self.tools.plumber.unplug(self.instance, self.ports)
        self.tools.plumber.remove_netns(self.namespace.uuid)
        container = ops_tools.find(self.tools, self.namespace.uuid)
        self.tools.plumber.unmap(container.id)

    def test_reboots_end_running_from_every_state(self):
        container = self._boot()
        self.addCleanup(self._destroy)
        states = {
            'running': lambda: None,
            'paused': lambda: power.pause(self.tools, self.instance),
            'stopped': lambda: power.power_off(
                self.tools, self.instance, timeout_s=0
            ),
        }
        for state, bring in states.items():
            for is_hard in (False, True):
                with self.subTest(state=state, is_hard=is_hard):
                    bring()
                    self._reboot(is_hard)
                    found = ops_tools.find(self.tools, self.namespace.uuid)
                    self.assertIs(model.ContainerState.RUNNING, found.state)
                    self.assertEqual(container.id, found.id)

    def test_hard_reboot_leaves_the_port_wired(self):
        self._boot()
        self.addCleanup(self._destroy)
        before = self._switch_number()
        self._reboot(is_hard=True)
        self.assertEqual(before, self._switch_number())

    def _switch_number(self):
        name = self.ports[0]['devname']
        # The switch gives it in its own time.
        self.switch.vsctl('wait-until', 'Interface', name, 'ofport!=[]')
        return self.switch.vsctl('get', 'Interface', name, 'ofport')

    def _reboot(self, is_hard):
        power.reboot(
            self.tools,
            self.instance,
            self._view(),
            self.ports,
            is_hard=is_hard,
            timeout_s=1,
        )

    def test_limits_are_the_kernels(self):
        container = self._boot()
        self.addCleanup(self._destroy)
        limits = _cgroup(container.pid)
        self.assertEqual(64 * 1024**2, limits['memory'])
        self.assertEqual(4096, limits['pids'])
        self.assertEqual(1.0, limits['cpus'])

    def test_second_boot_leaves_the_first_alone(self):
        first = self._boot()
        self.addCleanup(self._destroy)
        self.assertRaises(exception.ContainerConflict, self._boot)
        again = ops_tools.find(self.tools, self.namespace.uuid)
        self.assertEqual((first.id, first.pid), (again.id, again.pid))


class FailuresTest(BootTestCase):
    # On a busy machine a command takes its time to end.
    start_check_ms = 60_000

    def test_command_that_ends_at_once_fails_the_boot(self):
        error = self.assertRaises(
            exception.ContainerExited,
            self._boot,
            metadata={'docker:command': "sh -c 'echo no config; exit 3'"},
        )
        self.assertIn('exit code 3', str(error))
        self.assertIn('no config', str(error))
        self.assert_nothing_left()

    def test_command_that_does_not_exist(self):
        error = self.assertRaises(
            exception.ContainerExited,
            self._boot,
            metadata={'docker:command': '/no/such/program'},
        )
        self.assertIn('exit code 127', str(error))
        self.assert_nothing_left()

    def test_command_without_an_init_that_does_not_exist(self):
        self.assertRaises(
            exception.CommandNotStartable,
            self._boot,
            metadata={'docker:command': '/no/such/program'},
            image_properties={'docker_init': 'false'},
        )
        self.assert_nothing_left()

    def test_sentence_says_what_is_wrong_with_the_tenants_words(self):
        for words, image_properties, sentence in MISTAKES:
            with self.subTest(words=words):
                error = self.assertRaises(
                    nova_exception.NovaException,
                    self._boot,
                    metadata=words,
                    image_properties=image_properties,
                )
                self.assertIn(sentence, aborted(error))
                self.assertNotIn(str(self.dockerd.path), str(error))
                self.assertEqual([], self.engine.containers())

    def test_container_that_is_not_ours_is_not_destroyed(self):
        # docker run --name nova-<uuid> by someone else.
        self.dockerd.load_image()
        name = identity.container_name(self.namespace.uuid)
        created = self.dockerd.client.create_container(
            dockerd.IMAGE, name=name
        )
        self._destroy()
        found = self.dockerd.client.inspect_container(name)
        self.assertEqual(created['Id'], found['Id'])
        self.dockerd.client.remove_container(name)


def _cgroup(pid):
    """Read the limits of a process, from cgroup v1 or v2."""
    paths = dict(
        line.split(':', 2)[1:]
        for line in pathlib.Path(f'/proc/{pid}/cgroup').read_text().split('\n')
        if line
    )
    root = pathlib.Path('/sys/fs/cgroup')
    if not (root / 'memory').is_dir():
        folder = root / paths[''].lstrip('/')
        quota, period = (folder / 'cpu.max').read_text().split()
        return {
            'memory': int((folder / 'memory.max').read_text()),
            'pids': int((folder / 'pids.max').read_text()),
            'cpus': int(quota) / int(period),
        }
    cpu = next(key for key in paths if 'cpu' in re.split(',', key))
    cpu_dir = root / 'cpu' / paths[cpu].lstrip('/')
    read = {
        'memory': root / 'memory' / paths['memory'].lstrip('/'),
        'pids': root / 'pids' / paths['pids'].lstrip('/'),
    }
    quota = int((cpu_dir / 'cpu.cfs_quota_us').read_text())
    period = int((cpu_dir / 'cpu.cfs_period_us').read_text())
    return {
        'memory': int((read['memory'] / 'memory.limit_in_bytes').read_text()),
        'pids': int((read['pids'] / 'pids.max').read_text()),
        'cpus': quota / period,
    }
