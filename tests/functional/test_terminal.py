"""Terminals of a real engine keep what the contract says."""

from novadocker.engine import terminal
from tests.contract import terminal_contract
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.functional import probing


@dockerd.needs_dockerd
class TerminalTest(terminal_contract.TerminalContract, probing.ProbeTestCase):
    def setUp(self):
        super().setUp()
        self.terminals = terminal.Terminals(self.dockerd.host)

    def run_server(self, **process):
        return self.start(
            'sleep', 'infinity', change=probing.changing(**process)
        )

    def wait_until(self, predicate):
        netns.wait_until(predicate, 'a shell')
