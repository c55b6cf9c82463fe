"""What the tests of consoles share: a running container without an engine."""

from unittest import mock

import fixtures
import testtools

from tests.contract import engine_contract
from tests.fixtures import fake_engine
from tests.fixtures import fake_terminals


class ShellTestCase(testtools.TestCase):
    """Has ``ended``: container and number of what was hung up on."""

    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.engine = fake_engine.FakeEngine()
        self.engine.add_image('image')
        self.terminals = self.useFixture(
            fake_terminals.FakeTerminals(self.engine)
        )
        self.container_id = self.running()
        self.ended = []
        patcher = mock.patch(
            'novadocker.console.hangup.end',
            autospec=True,
            side_effect=lambda *which: self.ended.append(which),
        )
        patcher.start()
        self.addCleanup(patcher.stop)

    def running(self, **process):
        spec = engine_contract.spec('image', 'nova', **process)
        container_id = self.engine.create(spec)
        self.engine.start(container_id)
        return container_id
