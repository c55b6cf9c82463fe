"""A server's connections, containerd, and the host as a whole."""

import contextlib
import os
import socket
import threading

from nova import exception as nova_exception
from nova.compute import power_state
import pyroute2
import testtools

from novadocker import exception
from novadocker.privsep import runtime_map
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.functional import survival

_PORT = 7777
# It calls the host, and gives back whatever it gets.
_ECHO = (
    'bash',
    '-c',
    'cat /proc/net/dev; while :; do sleep 0.1; '
    f'exec 3<>/dev/tcp/{survival.GATEWAY}/{_PORT} && cat <&3 >&3; done',
)
_BLOCK_BYTES = 4096
# As a busy client; no pause would only keep the machine busy.
_PAUSE_S = 0.002


class Stream:
    """A connection of a server, over which random bytes go and come back."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._connection.settimeout(60)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.blocks = 0
        self.failure: Exception | None = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._over.set()
        self._thread.join()
        self._connection.close()

    def _run(self):
        try:
            while not self._over.wait(_PAUSE_S):
                sent = os.urandom(_BLOCK_BYTES)
                self._connection.sendall(sent)
                if self._received() != sent:
                    raise ValueError(f'block {self.blocks} came back changed')
                self.blocks += 1
        except Exception as err:  # it is looked at by the test
            self.failure = err

    def _received(self):
        data = b''
        while len(data) < _BLOCK_BYTES:
            part = self._connection.recv(_BLOCK_BYTES - len(data))
            if not part:
                raise ConnectionError('the server has closed it')
            data += part
        return data


class StreamTestCase(survival.SurvivalTestCase):
    command = _ECHO

    def setUp(self):
        super().setUp()
        with pyroute2.IPRoute() as ip:
            (index,) = ip.link_lookup(ifname=self.switch.bridge)
            ip.addr('add', index=index, address=survival.GATEWAY, prefixlen=24)
            ip.link('set', index=index, state='up')
        self.listener = socket.create_server((survival.GATEWAY, _PORT))
        self.listener.settimeout(60)
        self.addCleanup(self.listener.close)

    @contextlib.contextmanager
    def stream(self):
        """Have a connection that has to be alive before and after."""
        connection, (address, _) = self.listener.accept()
        self.assertEqual(survival.ADDRESS, address)
        with Stream(connection) as stream:
            self.wait_for_blocks(stream)
            yield stream
            self.wait_for_blocks(stream)
        self.assertIsNone(stream.failure)

    def wait_for_blocks(self, stream, count=50):
        wanted = stream.blocks + count
        netns.wait_until(
            lambda: stream.failure or stream.blocks >= wanted, 'the stream'
        )
        self.assertIsNone(stream.failure)


@dockerd.needs_dockerd
@ovs.needs_ovs
class StreamTest(StreamTestCase):
    def test_dockerd(self):
        before = self.boot()
        with self.stream() as stream:
            for end in (self.dockerd.kill, self.dockerd.stop):
                end()
                self.wait_for_blocks(stream)
                self.dockerd.start()
                self.wait_for_blocks(stream)
        self.assertEqual(before.pid, self.assert_running().pid)

    def test_containerd(self):
        before = self.boot()
        with self.stream() as stream:
            self.dockerd.kill_containerd()
            self.wait_for_blocks(stream)
            self.assertEqual(power_state.RUNNING, self.state())
            self.dockerd.start_containerd()
            self.wait_for_blocks(stream)
        self.assertEqual(before.pid, self.assert_running().pid)

    def test_both(self):
        before = self.boot()
        with self.stream() as stream:
            self.dockerd.kill()
            self.dockerd.kill_containerd()
            self.wait_for_blocks(stream)
            self.dockerd.boot()
        self.assertEqual(before.pid, self.assert_running().pid)

    def test_nova_compute(self):
        before = self.boot()
        with self.stream() as stream:
            for _ in range(10):
                self.driver.cleanup_host(survival.HOST)
                self.driver = self.started_driver()
                # As Nova does for each server when it starts.
                self.driver.plug_vifs(self.instance, self.ports)
                self.wait_for_blocks(stream, 5)
        self.assertEqual(before.pid, self.assert_running().pid)
        # It found all of it in order.
        told = [
            line
            for line in self.log.output.splitlines()
            if line.startswith('Map entries')
            or (self.instance.uuid in line and '): ' in line)
        ]
        self.assertEqual([], told)

    def test_switch(self):
        # A userspace switch takes its connections with it and starts empty;
        # the ports of servers it finds again in its database.
        before = self.boot()
        with self.stream() as stream:
            for program in ('ovs-vswitchd', 'ovsdb-server'):
                self.switch.restart(program)
                self.wait_for_blocks(stream)
                self.driver.plug_vifs(self.instance, self.ports)
                self.wait_for_blocks(stream)
        self.assertEqual(before.pid, self.assert_running().pid)
        self.destroy()
        self.assert_nothing_left()

    def test_pause(self):
        self.boot()
        with self.stream():
            self.driver.pause(self.instance)
            self.restart()
            self.driver.unpause(self.instance)


@dockerd.needs_dockerd
@ovs.needs_ovs
class ContainerdTest(survival.SurvivalTestCase):
    """What is asked of dockerd while its containerd is away."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._bring_containerd_back)
        self._is_away = False

    def _bring_containerd_back(self):
        if self._is_away:
            self._come_back()

    def _go(self):
        self.dockerd.kill_containerd()
        self._is_away = True

    def _come_back(self):
        self.dockerd.start_containerd()
        self._is_away = False

    def _go_for_a_while(self):
        self._go()
        thread = threading.Thread(target=self._come_back)
        thread.start()
        self.addCleanup(thread.join)

    def test_boot_is_whole_or_leaves_nothing(self):
        self.at('start', self._go_for_a_while, before=True)
        with contextlib.suppress(nova_exception.NovaException):
            self.spawn()
            self.assert_running()
            self.destroy()
        self.assert_nothing_left()

    def test_delete_is_finished_when_it_is_back(self):
        self.spawn()
        self.at('remove', self._go_for_a_while, before=True)
        self.destroy()
        self.assert_nothing_left()

    def test_all_that_nova_asks_for_works_afterwards(self):
        self.boot()
        self._go()
        self._come_back()
        self.driver.pause(self.instance)
        self.driver.unpause(self.instance)
        self.driver.reboot(None, self.instance, self.ports, 'HARD')
        self.assert_running()
        self.destroy()
        self.assert_nothing_left()


@dockerd.needs_dockerd
@ovs.needs_ovs
class HostRebootTest(StreamTestCase):
    """Nothing of /run, no process and no device outlives it."""

    def _forget_callers(self):
        """Hang up on a server that called again before it was stopped."""
        self.listener.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.listener.accept()[0].close()
        self.listener.settimeout(60)

    def _assert_does_not_start(self, container):
        error = self.assertRaises(
            exception.EngineError, self.engine.start, container.id
        )
        self.assertIn('stop and start the server', str(error))
        self.assertEqual(power_state.SHUTDOWN, self.state())
        self.wait_for_no_process()

    def _bring_up(self, deed):
        before = self.boot()
        with self.stream():
            pass
        self.reboot_the_host()
        self._forget_callers()
        self.assertEqual(power_state.SHUTDOWN, self.state())
        uuids = self.driver.list_instance_uuids()
        self.assertEqual([self.instance.uuid], uuids)
        getattr(self.driver, deed)(None, self.instance, self.ports)
        with self.stream():
            after = self.assert_running()
        self.assertEqual(before.id, after.id)
        self.destroy()
        self.assert_nothing_left()

    def test_server_that_nova_resumes(self):
        self._bring_up('resume_state_on_host_boot')

    def test_server_that_its_user_starts(self):
        self._bring_up('power_on')

    def test_container_alone_does_not_start(self):
        container = self.boot()
        self.reboot_the_host()
        self._assert_does_not_start(container)
        # Not even where the map has been left.
        runtime_map.write(
            self.dockerd.map_dir, container.id, self.namespace.name
        )
        self._assert_does_not_start(container)

    def test_server_can_be_deleted(self):
        self.boot()
        self.reboot_the_host()
        self.destroy()
        self.assert_nothing_left()


class FixtureTest(testtools.TestCase):
    def test_stream_that_changes_is_noticed(self):
        ours, theirs = socket.socketpair()
        self.addCleanup(theirs.close)
        with Stream(ours) as stream:
            theirs.sendall(b'x' * _BLOCK_BYTES)
            netns.wait_until(lambda: stream.failure, 'the failure')
        self.assertIsInstance(stream.failure, ValueError)
