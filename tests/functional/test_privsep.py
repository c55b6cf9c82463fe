"""The same deeds through the real daemon, with the capabilities it has."""

import os
import pathlib
import signal
import subprocess
import sys

import fixtures
from oslo_config import cfg
from oslo_privsep import priv_context
import testtools

from novadocker import exception
import novadocker.privsep
from novadocker.privsep import cgroup
from novadocker.privsep import interface
from novadocker.privsep import link
from novadocker.privsep import netns as privsep_netns
from novadocker.privsep import runtime_map
from novadocker.privsep import shim
from tests.fixtures import netns

_DEVICE = 'tap0a0b0c0d-0f'
_MAC = 'fa:16:3e:00:00:01'
_ID = 'fedcba9876543210' * 4
_TOP = pathlib.Path(__file__).parents[2]


class Daemon(fixtures.Fixture):
    """privsep-helper as nova-compute starts it, but for sudo."""

    def __init__(self, context=novadocker.privsep.net):
        super().__init__()
        self._context = context

    def _setUp(self):
        context = self._context
        path = os.pathsep.join(
            [os.path.dirname(sys.executable), os.environ['PATH']]
        )
        self.useFixture(fixtures.EnvironmentVariable('PATH', path))
        self.useFixture(fixtures.EnvironmentVariable('PYTHONPATH', str(_TOP)))
        self.useFixture(
            fixtures.MonkeyPatch(
                'oslo_privsep.priv_context._HELPER_COMMAND_PREFIX', ['env']
            )
        )
        cfg.CONF([], project='nova', default_config_files=[])
        self.addCleanup(context.set_client_mode, context.client_mode)
        context.set_client_mode(True)
        context.start(priv_context.Method.ROOTWRAP)
        self.addCleanup(context.stop)


@netns.needs_root
class DaemonTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        # The daemon inherits the network that stands for the host.
        self.useFixture(netns.HostNetwork())
        self.useFixture(Daemon())
        self.namespace = self.useFixture(netns.Namespace(made=False))

    def test_a_port_comes_and_goes(self):
        name = self.namespace.name
        self.assertTrue(privsep_netns.create(name))
        self.assertFalse(privsep_netns.create(name))
        self.assertIn(name, privsep_netns.names())
        self.assertTrue(link.create_veth(_DEVICE, name, 'eth0', _MAC, 1442))
        for _ in range(2):
            interface.configure(
                _DEVICE,
                name,
                mac=_MAC,
                mtu=1442,
                addresses=('10.0.0.5/24', 'fd00::5/64'),
                routes=[('0.0.0.0/0', '10.0.0.1'), ('192.0.2.1/32', None)],
                accept_ra=True,
                tx_checksum=False,
            )
        self.assertEqual(
            '1', self.namespace.sysctl('ipv6/conf/eth0/accept_ra')
        )
        link.delete(_DEVICE)
        privsep_netns.delete(name)
        self.assertNotIn(name, privsep_netns.names())

    def test_the_map_is_written(self):
        folder = f'{self.useFixture(netns.RunFolder()).path}/netns'
        runtime_map.write(folder, _ID, self.namespace.name)
        self.assertEqual((_ID,), runtime_map.container_ids(folder))
        self.assertEqual(self.namespace.name, runtime_map.read(folder, _ID))
        runtime_map.remove(folder, _ID)
        self.assertEqual((), runtime_map.container_ids(folder))
        runtime_map.write(folder, _ID, self.namespace.name)
        runtime_map.remove_all(folder, self.namespace.name)
        self.assertEqual((), runtime_map.container_ids(folder))

    def test_a_lost_shim_is_killed(self):
        # What an exec of containerd's looks like; its owner is root, too.
        lost = subprocess.Popen(
            ['containerd-shim-x', '-c', 'input()', '-id', _ID],
            executable=sys.executable,
            stdin=subprocess.PIPE,
        )
        self.addCleanup(lost.stdin.close)
        self.addCleanup(lost.kill)
        netns.wait_until(lambda: shim.pids(_ID) == (lost.pid,), 'its name')
        shim.kill(_ID)
        self.assertEqual(-signal.SIGKILL, lost.wait(60))
        self.assertEqual((), shim.pids(_ID))

    def test_memory_is_taken_from_a_group_of_root(self):
        top = pathlib.Path('/sys/fs/cgroup')
        v1 = top / 'memory'
        group = (v1 if v1.is_dir() else top) / _ID
        group.mkdir()
        self.addCleanup(group.rmdir)
        member = subprocess.Popen(['cat'], stdin=subprocess.PIPE)
        self.addCleanup(member.wait)
        self.addCleanup(member.stdin.close)
        (group / 'cgroup.procs').write_text(str(member.pid))
        cgroup.reclaim(_ID, member.pid)
        self.assertRaises(
            exception.MemoryNotReclaimed, cgroup.reclaim, _ID, os.getpid()
        )

    def test_refusals_keep_their_class_and_sentence(self):
        raised = self.assertRaises(exception.LinkFailed, link.delete, 'eth0')
        self.assertIn('it is not the device of a port', str(raised))
        self.assertRaises(
            exception.NetnsBroken, privsep_netns.delete, '../self'
        )
