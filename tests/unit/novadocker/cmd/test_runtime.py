import io
import json

import fixtures
import testtools

from novadocker.cmd import runtime


class MainTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.out = io.StringIO()
        self.err = io.StringIO()
        self.useFixture(fixtures.MonkeyPatch('sys.stdout', self.out))
        self.useFixture(fixtures.MonkeyPatch('sys.stderr', self.err))
        self.installed = []
        self.answer = True
        self.useFixture(
            fixtures.MonkeyPatch(
                'novadocker.runtime.install.install', self._install
            )
        )

    def _install(self, path):
        self.installed.append(path)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def test_install_prints_the_lines_for_daemon_json(self):
        self.assertEqual(
            0,
            runtime.main(
                ['install', '--path', '/p', '--map-dir', '/m', '--runc', '/r']
            ),
        )
        self.assertEqual(['/p'], self.installed)
        first, _, lines = self.out.getvalue().partition('\n')
        self.assertIn('/p is installed', first)
        self.assertEqual(
            ['--nova-map-dir=/m', '--nova-runc=/r'],
            json.loads(lines)['runtimes']['nova']['runtimeArgs'],
        )

    def test_second_install_says_that_nothing_changed(self):
        self.answer = False
        self.assertEqual(0, runtime.main(['install']))
        self.assertIn(
            '/usr/libexec/nova-docker/nova-runtime is up to date',
            self.out.getvalue(),
        )

    def test_failure_is_one_line(self):
        self.answer = PermissionError('/p may be written by others')
        self.assertEqual(1, runtime.main(['install', '--path', '/p/q']))
        self.assertEqual(
            'novadocker-runtime: /p may be written by others\n',
            self.err.getvalue(),
        )
        self.assertEqual('', self.out.getvalue())

    def test_no_command_is_wrong_usage(self):
        err = self.assertRaises(SystemExit, runtime.main, [])
        self.assertEqual(2, err.code)
