"""The fake that other tests stand on does what the real engine does."""

import testtools

from novadocker import exception
from novadocker import model
from tests.contract import engine_contract
from tests.fixtures import fake_engine
from tests.fixtures import rootfs

_IMAGE = 'nova-docker-test:latest'


class FakeEngineTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.engine = self.useFixture(fake_engine.FakeEngine())
        self.engine.add_image(_IMAGE)
        self.image = _IMAGE


class ContractTest(engine_contract.EngineContract, FakeEngineTestCase):
    archive = staticmethod(rootfs.archive)

    def setUp(self):
        super().setUp()
        self.engine.outcomes = {
            ('sh', '-c', 'exit 3'): fake_engine.Outcome(exit_code=3),
            ('echo', 'hello'): fake_engine.Outcome(0, b'hello\n'),
            ('/no/such/command',): fake_engine.Outcome(is_startable=False),
        }

    def prepare(self, container_id, spec):
        pass  # There is no runtime that would look for a namespace.


class BehaviourTest(FakeEngineTestCase):
    def _started(self):
        container_id = self.engine.create(engine_contract.spec(_IMAGE, 'nova'))
        self.engine.start(container_id)
        return container_id

    def test_engine_that_is_away_does_not_answer(self):
        self.engine.is_available = False
        self.assertRaises(exception.EngineUnavailable, self.engine.info)
        self.engine.is_available = True
        self.engine.info()

    def test_failure_happens_once(self):
        self.engine.failures['info'] = exception.EngineError(
            action='answer', reason='a test'
        )
        self.assertRaises(exception.EngineError, self.engine.info)
        self.engine.info()

    def test_every_command_can_be_made_to_exit_at_once(self):
        self.engine.outcome = fake_engine.Outcome(2, b'no config\n')
        container_id = self._started()
        self.assertEqual(2, self.engine.wait_exit(container_id, 1))
        self.assertEqual(b'no config\n', self.engine.logs(container_id, 100))

    def test_command_can_be_made_to_exit_later(self):
        container_id = self._started()
        self.engine.exit(container_id, 1, b'bye')
        found = self.engine.inspect(container_id)
        self.assertEqual(model.ContainerState.EXITED, found.state)
        self.assertEqual(1, found.exit_code)

    def test_events_end_when_the_engine_goes(self):
        events = self.engine.events(0)
        self.engine.is_available = False
        self.assertRaises(exception.EngineUnavailable, next, events)

    def test_image_in_use_cannot_be_removed(self):
        self._started()
        self.assertRaises(
            exception.ContainerConflict, self.engine.remove_image, _IMAGE
        )

    def test_calls_are_counted(self):
        self._started()
        self.assertEqual(['create', 'start'], self.engine.calls)
