"""The command line and its exit codes."""

import contextlib
import io
import pathlib

import fixtures
import testtools

from tools.testing import cli
from tools.testing import failure
from tools.testing import level
from tools.testing import report

LOG = pathlib.Path('/tmp/x.log')
OVS = ('--network', 'ovs', '--volumes')


class CliTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.cache = self.useFixture(fixtures.TempDir()).path
        self.results = [report.Result('unit', LOG, 1, passed=3)]
        self._patch('tools.testing.cli.require', lambda *args: None)
        self._patch(
            'tools.testing.session.Session.run',
            self._run,
        )
        self.asked = []

    def _run(self, _, each, deadline, *, following):
        self.asked.append((each.name, following))
        return self.results

    def _patch(self, name, value):
        self.useFixture(fixtures.MonkeyPatch(name, value))

    def _main(self, *arguments):
        with (
            contextlib.redirect_stdout(io.StringIO()) as out,
            contextlib.redirect_stderr(io.StringIO()) as err,
        ):
            code = cli.main([*arguments, '--cache', self.cache])
        return code, out.getvalue().splitlines(), err.getvalue()

    def test_a_level_knows_the_cloud_of_the_next(self):
        self._main('functional', 'integration', 'tempest-smoke', 'style')
        self.assertEqual(
            [
                ('style', ()),
                ('functional', OVS),
                ('integration', OVS),
                ('tempest-smoke', ()),
            ],
            self.asked,
        )

    def test_the_last_line_stands_alone(self):
        code, out, _ = self._main('unit')
        self.assertEqual(0, code)
        self.assertEqual('3 passed, 0 failed, 0 skipped', out[-1])

    def test_a_failure_is_exit_code_1(self):
        self.results = [report.Result('unit', LOG, 1, failed=['a'])]
        code, out, _ = self._main('unit')
        self.assertEqual(1, code)
        self.assertIn('FAILED unit: a', out)

    def test_a_filter_that_matches_nothing_is_wrong_usage(self):
        self.results = [report.Result('unit', LOG, 1)]
        self.assertEqual(2, self._main('unit', '--filter', 'zorro')[0])

    def test_an_unknown_level_is_wrong_usage(self):
        with contextlib.redirect_stderr(io.StringIO()) as err:
            raised = self.assertRaises(SystemExit, cli.main, ['units'])
        self.assertEqual(2, raised.code)
        self.assertIn('no such level: units', err.getvalue())

    def test_what_the_machine_lacks_is_one_line_and_exit_code_3(self):
        def lack(*args):
            raise failure.PreconditionMissing('there is no disk')

        self._patch('tools.testing.cli.require', lack)
        code, out, err = self._main('unit')
        self.assertEqual(3, code)
        self.assertEqual([], out)
        self.assertEqual('tools/run-tests: there is no disk\n', err)

    def test_a_second_run_is_kept_out(self):
        with cli.only_run(pathlib.Path(self.cache)):
            code, _, err = self._main('unit')
        self.assertEqual(3, code)
        self.assertIn('another run uses', err)


class RequireTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.cache = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.useFixture(
            fixtures.MonkeyPatch(
                'tools.testing.package.require', lambda names: None
            )
        )
        self.useFixture(fixtures.MonkeyPatch('os.geteuid', lambda: 1000))

    def _refused(self, *names):
        levels = level.chosen(names, full=False)
        raised = self.assertRaises(
            failure.PreconditionMissing, cli.require, levels, self.cache
        )
        return str(raised)

    def test_some_levels_need_root(self):
        self.assertIn('functional', self._refused('unit', 'functional'))

    def test_units_do_not(self):
        levels = level.chosen(['unit'], full=False)
        self.assertIsNone(cli.require(levels, self.cache))

    def test_little_disk_is_refused(self):
        self.useFixture(
            fixtures.MonkeyPatch('tools.testing.cli.NEEDED_GB', 10**9)
        )
        self.assertIn('--cache', self._refused('unit'))

    def test_a_machine_without_its_python_is_refused(self):
        self.useFixture(
            fixtures.MonkeyPatch('tools.testing.venv.PYTHON', '/no/python3')
        )
        self.assertIn('/no/python3', self._refused('unit'))
