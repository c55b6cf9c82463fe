"""The fake keeps what the contract says."""

import testtools

from tests.contract import engine_contract
from tests.contract import terminal_contract
from tests.fixtures import fake_engine
from tests.fixtures import fake_terminals


class FakeTerminalsTest(
    terminal_contract.TerminalContract, testtools.TestCase
):
    def setUp(self):
        super().setUp()
        self.engine = fake_engine.FakeEngine()
        self.engine.add_image('image')
        self.terminals = self.useFixture(
            fake_terminals.FakeTerminals(self.engine)
        )

    def run_server(self, **process):
        spec = engine_contract.spec('image', 'nova', **process)
        container_id = self.engine.create(spec)
        self.engine.start(container_id)
        return container_id

    def wait_until(self, predicate):
        self.assertTrue(predicate())
