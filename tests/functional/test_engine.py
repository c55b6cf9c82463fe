"""The engine's room against a real dockerd."""

import concurrent.futures
import dataclasses
import pathlib
import subprocess
import tracemalloc

import fixtures
import testtools

from novadocker import constants
from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.engine import engine
import novadocker.privsep
from novadocker.privsep import runtime_map
from tests.contract import engine_contract
from tests.fixtures import dockerd
from tests.fixtures import engine_root
from tests.fixtures import netns
from tests.fixtures import rootfs

MIB = 1024 * 1024
# capabilities(7), by their numbers in the kernel.
_CAP_NET_ADMIN, _CAP_NET_RAW, _CAP_MKNOD = 12, 13, 27
_CGROUP_V1 = {
    'memory.max': ('memory.limit_in_bytes',),
    'cpu.max': ('cpu.cfs_quota_us', 'cpu.cfs_period_us'),
}
# Larger than what the engine keeps of a log.
_LONG_OUTPUT = (
    'i=0; while [ $i -lt 40000 ]; do echo "$i and much more than that, so '
    'that the log is larger than what is kept of it"; i=$((i+1)); done; '
    'echo the end'
)


class EngineTestCase(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dockerd = dockerd.for_class(cls)
        cls.dockerd.load_image()

    def setUp(self):
        super().setUp()
        self.useFixture(netns.InProcess(novadocker.privsep.net))
        self.engine = engine.Engine(self.dockerd.host)
        self.image = dockerd.IMAGE
        self.archive = rootfs.archive

    def prepare(self, container_id, spec):
        namespace = self.useFixture(netns.Namespace())
        runtime_map.write(self.dockerd.map_dir, container_id, namespace.name)

    def create(self, **changes):
        process = changes.pop('process', model.Process(init=False))
        wanted = dataclasses.replace(
            engine_contract.spec(self.image, 'nova'),
            process=process,
            **changes,
        )
        container_id = self.engine.create(wanted)
        self.addCleanup(self.engine.remove, container_id, force=True)
        self.prepare(container_id, wanted)
        return container_id

    def output_of(self, *command, **changes):
        container_id = self.create(
            process=model.Process(command=command, init=False), **changes
        )
        self.engine.start(container_id)
        self.engine.wait_exit(container_id, 60)
        return self.engine.logs(container_id, MIB).decode()


@dockerd.needs_dockerd
class ContractTest(engine_contract.EngineContract, EngineTestCase):
    pass


@dockerd.needs_dockerd
class ContainerTest(EngineTestCase):
    def test_kernel_knows_the_limits(self):
        container_id = self.create(
            resources=model.Resources(
                nano_cpus=500_000_000,
                memory_bytes=32 * MIB,
                memory_swap_bytes=32 * MIB,
                pids_limit=17,
                shm_bytes=MIB,
                ulimits=(model.Ulimit('nofile', 100, 100),),
            ),
            process=model.Process(
                command=('sh', '-c', 'ulimit -n; exec sleep infinity'),
                init=False,
            ),
        )
        self.engine.start(container_id)
        group = _control_group(self.engine.inspect(container_id).pid)
        self.assertEqual(32 * MIB, int(group('memory.max')))
        self.assertEqual(17, int(group('pids.max')))
        quota, period = group('cpu.max').split()
        self.assertEqual(0.5, int(quota) / int(period))
        netns.wait_until(
            lambda: self.engine.logs(container_id, 100) == b'100\n',
            'the limit of open files in the log',
        )

    def test_unprivileged_process_has_no_power(self):
        security = model.Security(cap_drop=('MKNOD', 'NET_RAW'))
        status = _fields(
            self.output_of('cat', '/proc/self/status', security=security)
        )
        self.assertEqual('1', status['NoNewPrivs'])
        self.assertEqual('2', status['Seccomp'])
        capabilities = int(status['CapEff'], 16)
        for number in (_CAP_MKNOD, _CAP_NET_RAW, _CAP_NET_ADMIN):
            self.assertFalse(capabilities & 1 << number)

    def test_root_can_be_read_only(self):
        output = self.output_of(
            *('sh', '-c', 'mkdir /new && echo made'),
            security=model.Security(read_only_root=True),
        )
        self.assertNotIn('made', output)

    def test_holes_count_as_what_a_commit_makes_of_them(self):
        hole = 'dd if=/dev/zero of=/tmp/hole bs=1 count=0 seek=52428800'
        container_id = self.create(
            process=model.Process(command=('sh', '-c', hole), init=False)
        )
        before = self.engine.layer_bytes(container_id)
        self.engine.start(container_id)
        self.engine.wait_exit(container_id, 20)
        self.assertEqual(
            before + 50 * MIB, self.engine.layer_bytes(container_id)
        )

    def test_files_of_the_host_are_mounted(self):
        path = pathlib.Path(self.useFixture(fixtures.TempDir()).path, 'hosts')
        path.write_text('127.0.0.1 localhost\n')
        self.assertEqual(
            '127.0.0.1 localhost\n',
            self.output_of(
                *('cat', '/etc/hosts'),
                mounts=(model.Mount(str(path), '/etc/hosts'),),
            ),
        )

    def test_empty_entrypoint_removes_the_images(self):
        reference = 'nova-docker-test:entrypoint'
        self.dockerd.load_image(
            reference, config={'Entrypoint': ['/no/such/command']}
        )
        self.addCleanup(self.engine.remove_image, reference)
        container_id = self.create(
            image=reference,
            process=model.Process(
                command=('echo', 'hello'), entrypoint=(), init=False
            ),
        )
        self.engine.start(container_id)
        self.assertEqual(0, self.engine.wait_exit(container_id, 60))

    def test_volumes_go_with_their_container(self):
        reference = 'nova-docker-test:volumes'
        self.dockerd.load_image(reference, config={'Volumes': {'/data': {}}})
        self.addCleanup(self.engine.remove_image, reference)
        container_id = self.engine.create(
            engine_contract.spec(reference, 'nova')
        )
        client = self.dockerd.client
        self.assertEqual(1, len(client.volumes()['Volumes']))
        self.engine.remove(container_id)
        self.assertEqual([], client.volumes()['Volumes'] or [])

    def test_engine_is_that_of_the_root_that_was_asked_for(self):
        root = engine_root.ROOT or '/'
        said = subprocess.run(
            ['chroot', root, 'dockerd', '--version'],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        self.assertIn(f' {self.engine.info().version},', said)

    def test_container_that_another_made_from_our_snapshot_is_not_ours(self):
        labels = engine_contract.spec(self.image, 'nova').labels
        created = self.dockerd.client.create_container_from_config(
            {'Image': self.image, 'Labels': dict(labels)}
        )
        self.addCleanup(self.engine.remove, created['Id'])
        (found,) = (
            each
            for each in self.engine.containers()
            if each.id == created['Id']
        )
        self.assertFalse(identity.is_ours(found, 'host1', 'nova'))


@dockerd.needs_dockerd
class LogTest(EngineTestCase):
    def test_log_of_a_terminal_is_read(self):
        container_id = self.create(
            process=model.Process(
                command=('echo', 'hello'), tty=True, init=False
            )
        )
        self.engine.start(container_id)
        self.engine.wait_exit(container_id, 60)
        self.assertEqual(b'hello\r\n', self.engine.logs(container_id, 100))

    def test_stdout_and_stderr_are_read(self):
        output = self.output_of('sh', '-c', 'echo out; echo error >&2')
        self.assertEqual(['error', 'out'], sorted(output.split()))

    def test_end_of_a_large_log_is_read_in_little_memory(self):
        container_id = self.create(
            process=model.Process(
                command=('sh', '-c', _LONG_OUTPUT), init=False
            )
        )
        self.engine.start(container_id)
        self.engine.wait_exit(container_id, 60)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        log = self.engine.logs(container_id, constants.MAX_CONSOLE_BYTES)
        _, peak_bytes = tracemalloc.get_traced_memory()
        self.assertEqual(constants.MAX_CONSOLE_BYTES, len(log))
        self.assertEqual(b'the end\n', log[-8:])
        self.assertLess(peak_bytes, 10 * constants.MAX_CONSOLE_BYTES)


@dockerd.needs_dockerd
class ConcurrencyTest(EngineTestCase):
    def test_many_threads_share_one_engine(self):
        container_id = self.create()
        with concurrent.futures.ThreadPoolExecutor(30) as pool:
            found = [*pool.map(lambda _: self.engine.containers(), range(90))]
        for containers in found:
            self.assertIn(container_id, [each.id for each in containers])


@dockerd.needs_dockerd
class AbsenceTest(EngineTestCase):
    def setUp(self):
        super().setUp()
        self.container_id = self.create()
        self.addCleanup(self._revive)

    def _revive(self):
        if not self.dockerd.is_running:
            self.dockerd.start()

    def test_engine_that_was_killed_is_unavailable_until_it_is_back(self):
        self.engine.inspect(self.container_id)
        self.dockerd.kill()
        self.assertRaises(
            exception.EngineUnavailable,
            self.engine.inspect,
            self.container_id,
        )
        self.dockerd.start()
        self.engine.inspect(self.container_id)

    def test_events_end_with_the_engine(self):
        events = self.engine.events(1)
        next(events)
        self.dockerd.kill()
        self.assertRaises(exception.EngineUnavailable, list, events)


def _fields(text):
    lines = (line.partition(':') for line in text.splitlines())
    return {name: value.strip() for name, _, value in lines}


def _control_group(pid):
    """Give what reads a limit of a process, by its name in cgroup v2."""
    lines = pathlib.Path(f'/proc/{pid}/cgroup').read_text().splitlines()
    groups = {}
    for line in lines:
        _, controllers, path = line.split(':', 2)
        for controller in controllers.split(','):
            groups[controller] = path.lstrip('/')
    root = pathlib.Path('/sys/fs/cgroup')

    def read(name):
        if 'memory' not in groups:
            return (root / groups[''] / name).read_text()
        controller = name.partition('.')[0]
        folder = root / controller / groups[controller]
        files = _CGROUP_V1.get(name, (name,))
        return ' '.join((folder / file).read_text() for file in files)

    return read
