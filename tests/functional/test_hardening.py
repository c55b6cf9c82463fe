"""What a container may and may not do, tried from inside of one.

Each test of HardeningTest is a line of doc/source/admin/hardening.rst and
has its words for a name (tests/unit/novadocker/test_documents.py). The
containers are those of the driver: its own builder makes them of a flavor
without extra specs.
"""

import os
import pathlib
import socket

from novadocker import identity
from novadocker.inventory import disk
from novadocker.spec import builder
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import probe
from tests.functional import probing

MIB = 1024 * 1024
# capabilities(7), by their numbers in the kernel.
CAPABILITIES = {
    'CHOWN': 0,
    'DAC_OVERRIDE': 1,
    'FOWNER': 3,
    'FSETID': 4,
    'KILL': 5,
    'SETGID': 6,
    'SETUID': 7,
    'SETPCAP': 8,
    'NET_BIND_SERVICE': 10,
    'SYS_CHROOT': 18,
    'SETFCAP': 31,
}
DEVICES = {
    *('console', 'core', 'fd', 'full', 'mqueue', 'null', 'ptmx', 'pts'),
    *('random', 'shm', 'stderr', 'stdin', 'stdout', 'tty', 'urandom', 'zero'),
}
# Kinds of file systems that a container has of its own in its folders of the
# kernel.
OWN_FILE_SYSTEMS = {
    *('proc', 'sysfs', 'tmpfs', 'devpts', 'mqueue', 'cgroup', 'cgroup2'),
}
PLAIN_ID = '11111111-2222-4333-8444-666666666666'
# To be another user that root has become, as a service does.
BECOME_1000 = '$) = "1000 1000"; $( = 1000; $< = $> = 1000;'
BECOME_ROOT = 'chmod 04755, "/bin/id";' + BECOME_1000 + 'exec "/bin/id", "-u"'


@dockerd.needs_dockerd
class HardeningTest(probing.ProbeTestCase):
    # -- privilege

    def test_has_eleven_capabilities(self):
        status = fields(self.output_of('cat', '/proc/self/status'))
        expected = sum(1 << number for number in CAPABILITIES.values())
        for name in ('CapEff', 'CapPrm', 'CapBnd'):
            self.assertEqual(expected, int(status[name], 16), name)
        self.assertEqual(0, int(status['CapAmb'], 16))

    def test_has_no_capability_as_an_ordinary_user(self):
        status = fields(
            self.output_of('cat', '/proc/self/status', user='1000')
        )
        self.assertEqual(0, int(status['CapEff'], 16))

    def test_runs_under_the_default_seccomp_filter(self):
        status = fields(self.output_of('cat', '/proc/self/status'))
        self.assertEqual('2', status['Seccomp'])

    def test_gains_nothing_from_a_setuid_program(self):
        self.assertEqual('1000\n', self.output_of(*probe.perl(BECOME_ROOT)))

    def test_may_be_root_in_its_own_files(self):
        found = self.errors_of(
            probe.attempt('chown 1000, 1000, "/etc"'),
            probe.attempt('mkdir "/new"'),
            probe.attempt('chmod 06755, "/bin/id"'),
            probe.attempt('chroot "/tmp"'),
        )
        self.assertEqual({'done'}, set(found))

    def test_gets_nothing_that_its_image_asks_for(self):
        plain = self.start('sleep', '60', image=self.load(PLAIN_ID, {}))
        greedy = self.start('sleep', '60')
        ours, theirs = (
            self.dockerd.client.inspect_container(each)
            for each in (plain, greedy)
        )
        self.assertEqual(ours['HostConfig'], theirs['HostConfig'])
        self.assertEqual(mounted(ours), mounted(theirs))
        found = self.engine.inspect(greedy)
        self.assertTrue(identity.is_ours(found, 'host1', dockerd.RUNTIME))

    # -- the kernel

    def test_mounts_no_file_system(self):
        self.assert_refused(
            probe.call('mount', '"none", "/tmp", "tmpfs", 0, 0'),
            probe.call('mount', '"/", "/tmp", "none", 4096, 0'),
        )

    def test_unmounts_nothing_that_hides_the_host(self):
        self.assert_refused(probe.call('umount2', '"/proc/kcore", 2'))

    def test_makes_and_joins_no_namespace(self):
        self.assert_refused(
            probe.call('unshare', '0x10000000'),
            probe.call('unshare', '0x00020000'),
            'open(my $own, "<", "/proc/self/ns/net"); '
            + probe.call('setns', 'fileno($own), 0'),
        )

    def test_has_namespaces_of_its_own(self):
        names = ('ipc', 'mnt', 'net', 'pid', 'uts')
        found = self.output_of(
            'readlink', *(f'/proc/self/ns/{name}' for name in names)
        ).split()
        hosts = {os.readlink(f'/proc/self/ns/{name}') for name in names}
        self.assertEqual(len(names), len(found), found)
        self.assertEqual(set(), hosts & set(found))

    def test_loads_no_kernel_module(self):
        self.assert_refused(probe.call('init_module', '"x", 1, ""'))

    def test_loads_no_bpf_program(self):
        self.assert_refused(probe.call('bpf', '0, "\\0" x 128, 128'))

    def test_uses_no_kernel_keyring(self):
        self.assert_refused(probe.call('keyctl', '0, -3, 1'))

    def test_opens_no_file_by_its_handle(self):
        self.assert_refused(
            probe.call('open_by_handle_at', '-100, "\\0" x 64, 0')
        )

    def test_watches_no_performance_events(self):
        self.assert_refused(
            probe.call('perf_event_open', '"\\0" x 128, 0, -1, -1, 0')
        )

    def test_reads_no_kernel_log(self):
        self.assert_refused(probe.call('syslog', '3, "\\0" x 64, 64'))

    def test_sets_no_clock(self):
        # An invalid time, in case that it should be allowed.
        self.assert_refused(
            probe.call('clock_settime', '0, pack("q2", 0, -1)')
        )

    def test_reboots_nothing(self):
        # Without the magic numbers, in case that it should be allowed.
        self.assert_refused(
            probe.call('reboot', '0, 0, 0, 0'),
            probe.call('kexec_load', '0, 0, 0, -1'),
        )

    def test_changes_no_host_name(self):
        self.assert_refused(probe.call('sethostname', '"x", 1'))

    def test_takes_no_higher_priority(self):
        self.assert_refused(
            probe.call('setpriority', '0, 0, -5'),
            probe.call('sched_setscheduler', '0, 1, pack("i", 1)'),
        )

    def test_raises_none_of_its_resource_limits(self):
        read = 'my $limit = "\\0" x 16; '
        read += probe.call('prlimit64', '0, 7, 0, $limit')
        more = 'my @limit = unpack("Q2", $limit); $limit[1]++; '
        more += '$limit = pack("Q2", @limit); '
        more += probe.call('prlimit64', '0, 7, $limit, 0')
        found = self.errors_of(read, more)
        self.assertEqual(['done', 'EPERM'], found)

    def test_may_trace_its_own_processes(self):
        self.assertEqual(
            ['done'], self.errors_of(probe.call('ptrace', '0, 0, 0, 0'))
        )

    def test_sees_only_its_own_processes(self):
        found = self.output_of('ls', '/proc').split()
        numbers = [int(each) for each in found if each.isdigit()]
        # The init of the container, and ls.
        self.assertEqual(2, len(numbers), numbers)

    def test_writes_no_kernel_setting(self):
        self.assert_read_only(
            *(
                probe.writing('/proc/' + name)
                for name in (
                    'sys/kernel/core_pattern',
                    'sys/kernel/hostname',
                    'sys/net/ipv4/ip_unprivileged_port_start',
                    'sys/vm/drop_caches',
                    'sysrq-trigger',
                    'irq/default_smp_affinity',
                )
                if os.path.exists('/proc/' + name)
            )
        )

    def test_writes_nothing_below_sys(self):
        self.assert_read_only(
            probe.attempt('mkdir "/sys/new"'),
            probe.attempt('chmod 0700, "/sys/kernel"'),
        )

    def test_reads_no_secrets_of_the_kernel(self):
        hidden = (
            'kcore',
            'keys',
            'timer_list',
            'sched_debug',
            'latency_stats',
        )
        paths = [
            f'/proc/{name}'
            for name in hidden
            if os.path.exists(f'/proc/{name}')
        ]
        script = 'head -c 100 "$@"; ls -A /sys/firmware /proc/acpi /proc/scsi'
        output = self.output_of('sh', '-c', script, 'sh', *paths)
        content = [
            line
            for line in output.splitlines()
            if line and not line.startswith('==>') and line[-1] != ':'
        ]
        self.assertEqual(
            [], [line for line in content if 'No such file' not in line]
        )

    # -- devices and files

    def test_makes_no_device_node(self):
        self.assert_refused(
            probe.call('mknodat', '-100, "/tmp/disk", 060600, 0xfe00'),
            probe.call('mknodat', '-100, "/tmp/memory", 020600, 0x101'),
        )

    def test_has_only_harmless_devices(self):
        found = set(self.output_of('ls', '/dev').split())
        self.assertEqual(set(), found - DEVICES)

    def test_sees_no_mount_of_the_host(self):
        own, others = set(), set()
        for line in self.output_of('cat', '/proc/self/mountinfo').splitlines():
            point, kind = line.split()[4], line.split(' - ')[1].split()[0]
            if point.startswith(('/proc', '/sys', '/dev')):
                own.add(kind)
            else:
                others.add(point)
        self.assertEqual(set(), own - OWN_FILE_SYSTEMS)
        names = builder.NAME_FILES.values()
        self.assertEqual({'/', '/sbin/docker-init', *names}, others)

    def test_changes_no_file_of_the_host_behind_etc(self):
        for path in builder.NAME_FILES.values():
            with self.subTest(path):
                self.assertEqual(
                    ['EROFS', 'EROFS', 'EROFS', 'EBUSY', 'EBUSY'],
                    self.errors_of(
                        probe.writing(path),
                        probe.attempt(f'chmod 06755, "{path}"'),
                        probe.attempt(f'chown 1000, 1000, "{path}"'),
                        probe.attempt(f'unlink "{path}"'),
                        probe.attempt(f'rename "{path}", "/etc/moved"'),
                    ),
                )
        for name in builder.NAME_FILES:
            text = (self.folder / name).read_text()
            self.assertEqual('the host says\n', text)

    def test_finds_no_socket_of_the_engine(self):
        found = self.errors_of(
            probe.attempt('-e "/run/docker.sock"'),
            probe.attempt('-e "/var/run/docker.sock"'),
            probe.attempt(f'-e "{self.dockerd.path}/docker.sock"'),
        )
        self.assertEqual({'ENOENT'}, set(found))
        sockets = self.output_of('cat', '/proc/net/unix').splitlines()
        self.assertEqual(1, len(sockets), sockets)

    def test_keeps_the_volumes_of_its_image_in_its_own_layer(self):
        container_id = self.start(*probe.perl(probe.attempt('mkdir "/tmp/x"')))
        self.engine.wait_exit(container_id, 60)
        client = self.dockerd.client
        changed = [each['Path'] for each in client.diff(container_id)]
        self.assertIn('/tmp/x', changed)
        self.assertEqual([], client.volumes()['Volumes'] or [])

    def test_runs_no_health_check_of_its_image(self):
        container_id = self.start('sleep', 'infinity')
        found = self.dockerd.client.inspect_container(container_id)
        self.assertNotIn('Health', found['State'])

    # -- resources

    def test_forks_up_to_its_limit(self):
        bomb = 'my $n = 1; while (defined(my $pid = fork)) { '
        bomb += '$pid or sleep 60; $n++ } print $!+0, " $n\\n"; kill 9, -1'
        error, count = self.output_of(
            *probe.perl(bomb), pids_limit='40'
        ).split()
        self.assertEqual(['EAGAIN'], probe.errors(error))
        self.assertLessEqual(int(count), 40)

    def test_may_have_4096_processes(self):
        found = self.control_group('pids', 'pids.max', 'pids.max')
        self.assertEqual('4096', found.strip())

    def test_is_killed_beyond_its_memory(self):
        greed = probe.perl('my $x = "x" x (128 << 20)')
        self.output_of(*greed)
        self.assertEqual(137, self.exit_code)
        self.output_of(*greed, memory_mb=512)
        self.assertEqual(0, self.exit_code)

    def test_gets_no_more_time_than_its_vcpus(self):
        # A tenth of one, so that a busy machine lets it reach that, too.
        container_id = self.start(
            *('sh', '-c', 'while :; do :; done'),
            **{'quota:cpu_quota': '10000'},
        )
        pid = self.engine.inspect(container_id).pid
        stat = control_group_of(pid, 'cpu') / 'cpu.stat'
        netns.wait_until(
            lambda: int(fields(stat.read_text(), ' ')['nr_throttled']) > 0,
            'a throttled period',
        )

    def test_changes_none_of_its_limits(self):
        self.assert_read_only(
            probe.attempt('mkdir "/sys/fs/cgroup/memory/new"')
            if os.path.isdir('/sys/fs/cgroup/memory')
            else probe.writing('/sys/fs/cgroup/memory.max')
        )

    def test_has_64_mib_of_shared_memory(self):
        fill = 'dd if=/dev/zero of=/dev/shm/x bs=1M count=100; '
        output = self.output_of(
            *('sh', '-c', fill + 'stat -c %s /dev/shm/x'), memory_mb=256
        )
        self.assertEqual(str(64 * MIB), output.split()[-1])

    def test_keeps_two_files_of_log(self):
        container_id = self.start(
            *('dd', 'if=/dev/zero', 'of=/dev/stdout', 'bs=1k', 'count=9000')
        )
        self.engine.wait_exit(container_id, 60)
        folder = self.dockerd.path / 'root' / 'containers' / container_id
        sizes = [path.stat().st_size for path in folder.glob('*-json.log*')]
        self.assertEqual(2, len(sizes))
        # A file is ended after the line that makes it too large.
        self.assertLess(sum(sizes), 2 * 1_100_000)

    # -- network

    def test_opens_no_raw_socket(self):
        self.assert_refused(
            probe.attempt('socket(my $ip, 2, 3, 1)'),
            probe.attempt('socket(my $ip6, 10, 3, 58)'),
            probe.attempt('socket(my $packet, 17, 3, 0x300)'),
        )

    def test_may_ping(self):
        for user in ('0', '1000'):
            with self.subTest(user=user):
                output = self.output_of(
                    *('ping', '-c', '1', '-W', '10', '127.0.0.1'), user=user
                )
                self.assertEqual(0, self.exit_code, output)

    def test_may_listen_on_low_ports(self):
        listen = 'socket(my $s, 2, 1, 6); ' + probe.attempt(
            'bind($s, pack("S n C4 x8", 2, 80, 127, 0, 0, 1))'
        )
        self.assertEqual(['done'], self.errors_of(BECOME_1000 + listen))

    def test_changes_nothing_of_its_network(self):
        self.assert_refused(
            'socket(my $s, 2, 2, 0); '
            # SIOCSIFFLAGS: take the loopback device down.
            'my $down = pack("a16 s x22", "lo", 0); '
            + probe.attempt('ioctl($s, 0x8914, $down)')
        )

    def test_is_in_the_network_that_nova_made(self):
        found = self.output_of('readlink', '/proc/self/ns/net').strip()
        made = pathlib.Path('/run/netns', self.namespace.name).stat().st_ino
        self.assertEqual(f'net:[{made}]', found)

    def test_does_not_reach_the_loopback_of_its_host(self):
        listener = socket.create_server(('127.0.0.1', 0))
        self.addCleanup(listener.close)
        port = listener.getsockname()[1]
        found = self.errors_of(connecting('127, 0, 0, 1', port))
        self.assertEqual(['ECONNREFUSED'], found)

    def test_reaches_metadata_by_its_ports_alone(self):
        # This one has none.
        found = self.errors_of(connecting('169, 254, 169, 254', 80))
        self.assertEqual(['ENETUNREACH'], found)

    def control_group(self, controller, version_1, version_2):
        script = f'cat /sys/fs/cgroup/{controller}/{version_1} || '
        script += f'cat /sys/fs/cgroup/{version_2}'
        return self.output_of('sh', '-c', f'({script}) 2>/dev/null')


@dockerd.needs_dockerd
class WidenedTest(probing.ProbeTestCase):
    """The same probes succeed where a flavor allows it: they do probe."""

    def test_setuid_program_where_it_is_allowed(self):
        output = self.output_of(
            *probe.perl(BECOME_ROOT), new_privileges='true'
        )
        self.assertEqual('0\n', output)

    def test_raw_socket_with_the_capability(self):
        line = probe.attempt('socket(my $ip, 2, 3, 1)')
        output = self.output_of(*probe.perl(line), cap_add='NET_RAW')
        self.assertEqual(['done'], probe.errors(output))

    def test_no_capability_is_left_of_all(self):
        output = self.output_of(
            'cat', '/proc/self/status', cap_drop='ALL', cap_add='KILL'
        )
        self.assertEqual(
            1 << CAPABILITIES['KILL'], int(fields(output)['CapEff'], 16)
        )

    def test_mount_with_the_capability(self):
        line = probe.call('mount', '"none", "/tmp", "tmpfs", 0, 0')
        output = self.output_of(*probe.perl(line), cap_add='SYS_ADMIN')
        self.assertEqual(['done'], probe.errors(output))

    def test_root_that_is_read_only(self):
        line = probe.attempt('mkdir "/new"')
        output = self.output_of(*probe.perl(line), read_only_root='true')
        self.assertEqual(['EROFS'], probe.errors(output))

    def test_other_runtime_starts_in_the_network_of_nova(self):
        info = self.engine.info()
        self.assertEqual(
            {dockerd.RUNTIME, dockerd.OTHER_RUNTIME},
            info.runtimes_like(dockerd.RUNTIME),
        )
        output = self.output_of(
            'readlink', '/proc/self/ns/net', runtime=dockerd.OTHER_RUNTIME
        )
        made = pathlib.Path('/run/netns', self.namespace.name).stat().st_ino
        self.assertEqual(f'net:[{made}]', output.strip())
        self.assertIn('create', self.dockerd.other_runc_log.read_text())

    def test_rate_of_reads(self):
        found = disk.host_disk(self.engine.info())
        if found is None:
            self.skipTest('the engine is on no disk whose reads are limited')
        container_id = self.start(
            'sleep', '60', **{'quota:disk_read_bytes_sec': '1048576'}
        )
        pid = self.engine.inspect(container_id).pid
        number = os.stat(found.device).st_rdev
        device = f'{os.major(number)}:{os.minor(number)}'
        folder = control_group_of(pid, 'blkio')
        version_1 = folder / 'blkio.throttle.read_bps_device'
        limits = version_1 if version_1.exists() else folder / 'io.max'
        self.assertIn(device, limits.read_text())
        self.assertIn('1048576', limits.read_text())

    def test_ulimit_of_a_flavor(self):
        output = self.output_of(
            'sh', '-c', 'ulimit -n; ulimit -Hn', ulimits='nofile=100:200'
        )
        self.assertEqual(['100', '200'], output.split())


def connecting(address, port):
    """Make perl that opens a TCP connection."""
    return 'socket(my $s, 2, 1, 6); ' + probe.attempt(
        f'connect($s, pack("S n C4 x8", 2, {port}, {address}))'
    )


def mounted(container):
    return {each['Destination']: each for each in container['Mounts']}


def fields(text, separator=':'):
    lines = (line.partition(separator) for line in text.splitlines())
    return {name: value.strip() for name, _, value in lines}


def control_group_of(pid, controller):
    """Give the folder of a process in cgroup v1 or v2."""
    root = pathlib.Path('/sys/fs/cgroup')
    for line in pathlib.Path(f'/proc/{pid}/cgroup').read_text().splitlines():
        _, controllers, path = line.split(':', 2)
        if controller in controllers.split(','):
            return root / controller / path.lstrip('/')
    return root / path.lstrip('/')
