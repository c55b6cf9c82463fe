"""Ports behind a bridge of their own, where iptables are the firewall.

That is how many older clouds run. The agent of the cloud is given that
firewall for the time of the tests.
"""

import pathlib
import re
import subprocess
import unittest

from tests.integration import cloud
from tests.integration import test_network

AGENT = 'neutron-openvswitch-agent'
_FIREWALL = re.compile(r'^firewall_driver = \w+$', re.MULTILINE)


def _saved(command):
    return subprocess.run(
        [f'{command}-save'], capture_output=True, text=True, check=True
    ).stdout


def _restore(command, rules):
    """Bring back the tables that there were, and empty the others."""
    tables = re.compile(r'^\*(\w+)$', re.MULTILINE)
    for table in {*tables.findall(_saved(command))} - {*tables.findall(rules)}:
        for what in ('--flush', '--delete-chain'):
            subprocess.run([command, '--table', table, what], check=True)
    subprocess.run([f'{command}-restore'], input=rules, text=True, check=True)


class HybridTest(test_network.SecurityGroupTest):
    """The same rules, kept by iptables on a bridge for each port."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        home = cloud.environment()['NOVA_DOCKER_HOME']
        path = pathlib.Path(home, 'etc/neutron/openvswitch_agent.ini')
        if not path.exists():
            raise unittest.SkipTest('with OVN there is no such agent')
        before = path.read_text()
        after = _FIREWALL.sub('firewall_driver = iptables_hybrid', before)
        for command in ('iptables', 'ip6tables'):
            # The agent leaves its chains where it is given another firewall.
            # Cleanups go backwards: it has the old one again by then.
            cls.addClassCleanup(_restore, command, _saved(command))
        cls.addClassCleanup(cls.restart_agent, path, before, is_hybrid=False)
        cls.restart_agent(path, after, is_hybrid=True)

    @classmethod
    def restart_agent(cls, path, text, *, is_hybrid):
        path.write_text(text)
        done = cloud.quickstart('restart', AGENT)
        if done.returncode:
            raise RuntimeError(done.stderr)
        # Neutron tells Nova what the agent has told it of itself.
        cloud.wait_until(
            lambda: cls._is_hybrid() is is_hybrid, 'word of the firewall'
        )

    @classmethod
    def _is_hybrid(cls):
        agents = cls.admin.network.agents(binary=AGENT, host=cloud.HOST)
        (agent,) = agents
        return agent.configuration['ovs_hybrid_plug']

    def test_port_has_a_bridge_that_goes_with_it(self):
        (port,) = self.admin.network.ports(device_id=self.server.id)
        self.assertTrue(port.binding_vif_details['ovs_hybrid_plug'])
        bridge = f'qbr{port.id}'[:14]
        self.assertIn(bridge, self.machine('ip', '-o', 'link'))
        self.delete(self.server)
        self.assert_left_by_none([port])
        self.assert_no_leaks()

    def test_reboot_keeps_its_network(self):
        self.rule('ingress')
        self.admin.compute.reboot_server(self.server, 'HARD')
        self.wait_for_status(self.server, 'ACTIVE')
        cloud.wait_until(
            lambda: self.can(self.client, self.ipv4(self.server)),
            'memcached',
        )

    def test_port_of_a_running_server_comes_and_goes(self):
        port = self.port(self.second_network())
        self.attach(self.server, port)
        self.assertEqual({'eth0', 'eth1'}, set(self.devices(self.server)))
        self.detach(self.server, port)
        self.assertEqual({'eth0'}, set(self.devices(self.server)))
        self.assert_left_by_none([port])
