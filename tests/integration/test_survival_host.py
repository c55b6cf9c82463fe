"""A reboot of the host, as nova-compute and the servers meet it.

What /run had of a server is gone, and so are its processes and its ports;
nova-compute is not told, and starts last.
"""

import os
import pathlib
import signal
import subprocess

from tests.integration import cloud
from tests.integration import survival

_CONFIG = survival.HOME / 'etc/nova/nova-compute.conf'
_OPTION = 'resume_guests_state_on_host_boot = '
_MAP_DIR = pathlib.Path('/run/nova-docker/netns')
_OVSDB = f'unix:{survival.HOME}/run/openvswitch/db.sock'
# Nova compares power states within a minute of its start.
_NOTICED_S = 180.0


class HostRebootTest(survival.SurvivalCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self._restart_compute)
        self.addCleanup(_CONFIG.write_text, _CONFIG.read_text())

    def _restart_compute(self):
        self.wait_well('nova-compute', self.kill('nova-compute'))

    def _configure(self, *, resumes):
        text = _CONFIG.read_text()
        self.assertIn(_OPTION, text)
        lines = [
            f'{_OPTION}{str(resumes).lower()}'
            if line.startswith(_OPTION)
            else line
            for line in text.splitlines()
        ]
        _CONFIG.write_text('\n'.join([*lines, '']))

    def _reboot_the_host(self, server):
        """Take away what a server loses, while nova-compute is not there."""
        pid = self.pid('nova-compute')
        os.killpg(pid, signal.SIGSTOP)
        try:
            self.engine.kill(f'nova-{server.id}')
            self._take_network_away(server)
        finally:
            os.killpg(pid, signal.SIGKILL)
        self.wait_well('nova-compute', pid)

    def _take_network_away(self, server):
        (_MAP_DIR / self.container(server)['Id']).unlink()
        _run('ip', 'netns', 'delete', f'nova-{server.id}')
        for port in self.admin.network.ports(device_id=server.id):
            device = f'tap{port.id[:11]}'
            _run('ovs-vsctl', f'--db={_OVSDB}', 'del-port', device)
            # The kernel takes down a namespace, and what is in it, later.
            cloud.wait_until(
                lambda it=device: (
                    not pathlib.Path('/sys/class/net', it).exists()
                ),
                f'the end of {device}',
            )

    def _booted(self):
        server = self.boot(security_groups=[{'name': self.open_port()}])
        address = self.floating_ip(server)
        self._ask(address)
        return server, address, self.container(server)

    def _ask(self, address):
        answer = cloud.ask_memcached(address, 'version\r\n', within_s=60.0)
        self.assertIn('VERSION', answer)

    def _assert_back(self, server, address, before):
        """See the same container run again, reachable as before."""
        self._ask(address)
        after = self.container(server)
        self.assertEqual(before['Id'], after['Id'])
        self.assertNotEqual(before['State']['Pid'], after['State']['Pid'])
        found = self.admin.compute.get_server(server.id)
        self.assertEqual(('ACTIVE', 1), (found.status, found.power_state))
        self.delete(server)
        self.assert_no_leaks()

    def test_server_is_resumed_where_nova_is_to(self):
        server, address, before = self._booted()
        self._configure(resumes=True)
        self._reboot_the_host(server)
        self._assert_back(server, address, before)

    def test_server_stays_stopped_where_nova_is_not_to(self):
        server, address, before = self._booted()
        self._configure(resumes=False)
        self._reboot_the_host(server)
        found = cloud.wait_until(
            lambda: self._is_stopped(server),
            f'the stop of {server.name}',
            within_s=_NOTICED_S,
        )
        self.assertEqual(4, found.power_state)
        self.assertEqual(before['Id'], self.container(server)['Id'])
        self.assertFalse(self.container(server)['State']['Running'])
        self.admin.compute.start_server(server)
        self.wait_for_status(server, 'ACTIVE')
        self._assert_back(server, address, before)

    def _is_stopped(self, server):
        found = self.admin.compute.get_server(server.id)
        is_settled = found.status == 'SHUTOFF' and found.task_state is None
        return found if is_settled else None


def _run(*command):
    subprocess.run(command, check=True, capture_output=True)
