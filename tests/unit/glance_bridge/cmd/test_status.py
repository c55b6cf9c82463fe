"""What an operator sees of a difference."""

import json

import fixtures
from oslo_config import cfg
import testtools

from glance_bridge import conf as bridge_conf
from glance_bridge import exception
from glance_bridge import model
from glance_bridge import rooms as bridge_rooms
from glance_bridge.cmd import status
from glance_bridge.reconcile import model as reconcile_model

REPOSITORY = model.Repository('demo', 'web/api')
FIRST, SECOND = (
    reconcile_model.Finding(
        *(reconcile_model.Kind.UNPUBLISHED, REPOSITORY, tag),
        digest='sha256:' + 'a' * 64,
    )
    for tag in ('1', '2')
)


class _Sweeper:
    def __init__(self) -> None:
        self.looks: list[list[reconcile_model.Finding]] = []
        self.failed: tuple[reconcile_model.Finding, ...] = ()
        self.error: Exception | None = None
        self.is_asked_for = False

    def look(self) -> list[reconcile_model.Finding]:
        if self.error:
            raise self.error
        return self.looks.pop(0)

    def sweep(self, *, is_asked_for: bool) -> reconcile_model.Outcome:
        self.is_asked_for = is_asked_for
        return reconcile_model.Outcome((FIRST, SECOND), self.failed)


class StatusTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.useFixture(
            fixtures.EnvironmentVariable(bridge_conf.FOLDER_VARIABLE, folder)
        )
        self.out = self._stream('stdout')
        self.err = self._stream('stderr')
        self.sweeper = _Sweeper()
        # A pause is for what happens meanwhile; here nothing does.
        self.useFixture(fixtures.MonkeyPatch('time.sleep', lambda s: None))
        self.useFixture(
            fixtures.MonkeyPatch(
                'glance_bridge.rooms.Rooms.sweeper', self.sweeper
            )
        )

    def _stream(self, name: str) -> fixtures.StringStream:
        stream = self.useFixture(fixtures.StringStream(name)).stream
        self.useFixture(fixtures.MonkeyPatch(f'sys.{name}', stream))
        return stream

    def _run(self, *arguments: str) -> tuple[int, str]:
        self.useFixture(
            fixtures.MonkeyPatch('oslo_config.cfg.CONF', cfg.ConfigOpts())
        )
        code = status.main(arguments)
        self.out.seek(0)
        return code, self.out.read()

    def test_nothing_differs(self):
        self.sweeper.looks = [[]]
        self.assertEqual((0, 'Nothing differs.\n'), self._run())

    def test_what_differs_is_a_table(self):
        self.sweeper.looks = [[FIRST, SECOND]] * 2
        code, text = self._run()
        self.assertEqual(1, code)
        self.assertEqual(
            [
                'WHAT         REPOSITORY    TAG  IMAGE  DIGEST',
                'unpublished  demo/web/api  1           sha256:aaaaaaaaaaaa',
                'unpublished  demo/web/api  2           sha256:aaaaaaaaaaaa',
            ],
            text.splitlines(),
        )

    def test_a_push_in_between_is_no_difference(self):
        self.sweeper.looks = [[FIRST, SECOND], [SECOND]]
        code, text = self._run('--json')
        self.assertEqual(1, code)
        (found,) = json.loads(text)['findings']
        self.assertEqual(
            ('unpublished', 'demo/web/api', '2'),
            (found['kind'], found['repository'], found['tag']),
        )

    def test_mending_says_what_is_left(self):
        self.assertEqual((0, 'Nothing differs.\n'), self._run('--mend'))
        self.assertTrue(self.sweeper.is_asked_for)
        self.sweeper.failed = (SECOND,)
        code, _ = self._run('--mend')
        self.assertEqual(1, code)
        self.err.seek(0)
        self.assertIn('Mended: 1. Left: 1.', self.err.read())

    def test_a_side_that_is_away_is_said(self):
        for error in (
            exception.RegistryUnavailable('away'),
            exception.ConfigurationInvalid('away'),
        ):
            self.sweeper.error = error
            self.assertEqual((2, ''), self._run())
            self.err.seek(0)
            self.assertIn('away', self.err.read())


class RoomsTestCase(testtools.TestCase):
    def test_the_double_stands_where_the_sweeper_does(self):
        self.assertIsInstance(bridge_rooms.Rooms.sweeper, bridge_rooms.room)
