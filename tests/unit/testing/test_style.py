"""The checks of form, each a program."""

import contextlib
import io
import pathlib
import time

import fixtures
import testtools

from tools.testing import style


class StyleTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.top = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        (self.top / 'bin').mkdir()
        for name in (
            *('ruff', 'mypy', 'reno', 'sphinx-build'),
            *('shellcheck', 'bashate'),
        ):
            self._program(name, 'exit 0')

    def _program(self, name, script):
        path = self.top / 'bin' / name
        path.write_text(f'#!/bin/sh\n{script}\n')
        path.chmod(0o755)

    def _check(self):
        with contextlib.redirect_stdout(io.StringIO()):
            return style.check(
                self.top,
                self.top,
                self.top,
                log=self.top / 'log',
                deadline=time.monotonic() + 60,
            )

    def test_each_check_counts(self):
        self.assertEqual(len(style.CHECKS), self._check().passed)

    def test_what_fails_is_named(self):
        self._program('mypy', 'echo error; exit 1')
        found = self._check()
        self.assertEqual(['mypy'], found.failed)
        self.assertEqual(len(style.CHECKS) - 1, found.passed)

    def test_all_shell_of_the_plugin_is_read(self):
        checkout = pathlib.Path(__file__).parents[3]
        told = style.files(checkout, 'shellcheck')
        self.assertEqual(told, style.files(checkout, 'bashate'))
        for name in ('plugin.sh', 'settings', 'override-defaults'):
            self.assertIn(f'devstack/{name}', told)
        self.assertLessEqual(
            {
                f'devstack/lib/{path.name}'
                for path in (checkout / 'devstack/lib').iterdir()
            },
            set(told),
        )

    def test_notes_are_checked_where_there_is_a_history(self):
        (self.top / '.git').mkdir()
        self._program('reno', 'exit 1')
        self.assertEqual(['release notes'], self._check().failed)
