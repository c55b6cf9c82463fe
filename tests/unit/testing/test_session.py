"""One run: what is prepared, and what becomes of a level that cannot run."""

import contextlib
import io
import pathlib

import fixtures
import testtools

from tools.testing import failure
from tools.testing import level
from tools.testing import report
from tools.testing import session
from tools.testing import trixie

ROOMS = 'tools.testing.'
OVS = '--network ovs --volumes'


class SessionTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        top = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (top / 'checkout').mkdir()
        self.built, self.installed = [], []
        for name, value in (
            ('package.install', lambda *args, **kwargs: None),
            ('venv.ensure', lambda *args, **kwargs: True),
            ('venv.build_wheel', self._build),
            ('venv.install_wheel', self._install),
            ('suite.Suite.run', lambda suite, deadline: self._result(suite)),
        ):
            self._patch(name, value)
        self.session = session.Session(top / 'checkout', top)

    def _patch(self, name, value):
        self.useFixture(fixtures.MonkeyPatch(ROOMS + name, value))

    def _build(self, folder, source, target, **kwargs):
        self.built.append(source)
        return target / 'x.whl'

    def _install(self, folder, wheel, **kwargs):
        self.installed.append((folder.name, wheel.name))

    @staticmethod
    def _result(suite):
        return report.Result(suite.title, suite.log, 1, passed=1)

    def _run(self, name, following=''):
        (found,) = level.chosen([name], full=False)
        clouds = [it.cloud for it in level.chosen([following], full=False)]
        with contextlib.redirect_stdout(io.StringIO()):
            return self.session.run(
                found, deadline=0, following=clouds[0] if clouds else ()
            )

    def test_one_wheel_goes_into_every_environment(self):
        results = self._run('contract')
        self.assertEqual(
            ['contract[nova-34]', 'contract[nova-33]'],
            [each.title for each in results],
        )
        self.assertEqual(1, len(self.built))
        self.assertEqual(
            [('nova-34', 'x.whl'), ('nova-33', 'x.whl')], self.installed
        )

    def test_a_level_that_cannot_start_is_one_failure_by_its_name(self):
        def fail(*args, **kwargs):
            raise failure.LevelNotRun('pip ended with 1')

        self._patch('venv.ensure', fail)
        (result,) = self._run('unit')
        self.assertEqual(['unit: pip ended with 1'], result.failed)

    def test_forms_are_checked_without_a_wheel(self):
        self._patch(
            'style.check',
            lambda *args, log, deadline: report.Result('style', log, 1),
        )
        self._run('style')
        self.assertEqual([], self.built)

    def test_the_newer_engine_is_made_for_the_level_that_tests_it(self):
        made, settings = [], []

        def run(tests, deadline):
            settings.append(tests.settings)
            return self._result(tests)

        self._patch(
            'trixie.ensure', lambda root, **kwargs: made.append(str(root))
        )
        self._patch('suite.Suite.run', run)
        self._run('functional')
        self._run('functional-26')
        self.assertEqual(1, len(made))
        self.assertEqual([{}, {trixie.VARIABLE: made[0]}], settings)

    def _clouds(self):
        used = []

        @contextlib.contextmanager
        def up(checkout, options, **kwargs):
            used.append(' '.join(options))
            yield
            used.append('down')

        self._patch('cloud.up', up)
        self._patch('cloud.leaks', lambda checkout: used.append('leaks') or [])
        return used

    def test_the_cloud_is_there_while_its_tests_run(self):
        used = self._clouds()
        self._run('integration')
        self.assertEqual([OVS, 'leaks', 'down'], used)

    def test_what_is_left_in_the_cloud_fails_its_level(self):
        self._patch('cloud.up', lambda *args, **kw: contextlib.nullcontext())
        self._patch('cloud.leaks', lambda checkout: ['leak: netns a'])
        (result,) = self._run('integration')
        self.assertEqual(['leak: netns a'], result.failed)
        self.assertEqual(1, result.passed)

    def test_the_cloud_stays_up_for_the_level_that_needs_the_same(self):
        used = self._clouds()
        self._run('integration', following='integration-long')
        self._run('integration-long', following='integration-stacks')
        self._run('integration-stacks', following='integration-ovn')
        self._run('integration-ovn')
        self.assertEqual(
            [
                *(OVS, 'leaks', 'leaks', 'down'),
                *(f'{OVS} --stacks', 'leaks', 'down'),
                *('--network ovn --volumes', 'leaks', 'down'),
            ],
            used,
        )

    def test_the_cloud_goes_with_the_level_that_could_not_run(self):
        used = self._clouds()
        self._run('integration', following='integration-long')

        def fail(*args, **kwargs):
            raise failure.LevelNotRun('pip ended with 1')

        self._patch('venv.ensure', fail)
        self._run('integration-long', following='integration-long')
        self.assertEqual([OVS, 'leaks', 'down'], used)

    def test_tempest_is_run_by_the_quickstart_while_the_cloud_is_there(self):
        asked = []

        def run(checkout, title, regex, filters, **kwargs):
            asked.append((title, regex))
            return report.Result(title, kwargs['log'], 1, passed=2)

        self._patch('cloud.up', lambda *args, **kw: contextlib.nullcontext())
        self._patch('tempest.run', run)
        (result,) = self._run('tempest')
        self.assertEqual(2, result.passed)
        self.assertEqual(
            [('tempest', r'^tempest\.(api\.compute|scenario)\.')], asked
        )
        self.assertEqual([], self.built)
