"""By what packages are installed, and when pip does it."""

import pathlib
import re

import fixtures
import testtools

from deploy.quickstart import installer

PIP = """#!/bin/sh
cat {folder}/settings
exit $(cat {folder}/code)
"""


class Failed(Exception):
    """A command failed."""


class InstallerTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.venv, self.uv = self.folder / 'venv', self.folder / 'uv'
        self.log = self.folder / 'log'
        self.uv.touch()
        self._pip_says("global.index-url='https://a.example/simple'")
        self.failing = {}
        self.ran = []
        self.into = installer.Installer(
            venv=self.venv,
            uv=self.uv,
            log=self.log,
            run=self._run,
            failed=Failed,
        )

    def _pip_says(self, text, code=0):
        (self.folder / 'settings').write_text(text)
        (self.folder / 'code').write_text(str(code))

    def _run(self, words, env):
        self.ran.append((words, env))
        if words[1:3] == ['-m', 'venv']:
            pip = self.venv / 'bin/pip'
            pip.parent.mkdir(parents=True)
            pip.write_text(PIP.format(folder=self.folder))
            pip.chmod(0o755)
        if error := self.failing.get(pathlib.Path(words[0]).name):
            (self.venv / 'half').touch()
            raise error

    def _who(self):
        return [pathlib.Path(words[0]).name for words, env in self.ran]

    def test_uv_installs_into_a_new_environment(self):
        (self.venv / 'left').mkdir(parents=True)
        self.into.make('-r', pathlib.Path('/r.txt'))
        self.assertFalse((self.venv / 'left').exists())
        self.assertEqual(['python3', 'uv'], self._who())
        words, env = self.ran[-1]
        self.assertEqual(
            f'{self.uv} pip install --quiet --compile-bytecode --python '
            f'{self.venv}/bin/python -r /r.txt',
            ' '.join(words),
        )
        self.assertEqual('https://a.example/simple', env['UV_DEFAULT_INDEX'])

    def test_wheel_takes_the_place_of_its_last_version(self):
        self.into.make()
        self.into.reinstall(pathlib.Path('/it.whl'))
        self.assertEqual(
            ['--no-deps', '--force-reinstall', '/it.whl'],
            self.ran[-1][0][-3:],
        )
        self.assertEqual(['python3', 'uv', 'pip'], self._who())

    def test_without_an_index_uv_uses_none(self):
        self._pip_says("global.no-index='true'")
        self.into.make('nova')
        self.assertEqual(['--no-index', 'nova'], self.ran[-1][0][-2:])

    def _assert_pip_installs(self, reason):
        self.into.make('-r', '/r.txt')
        self.assertEqual(['python3', 'pip'], self._who())
        self.assertEqual(
            f'{self.venv}/bin/pip --disable-pip-version-check --no-input '
            f'--quiet install -r /r.txt',
            ' '.join(self.ran[-1][0]),
        )
        self.assertIn(reason, self.log.read_text())

    def test_pip_installs_where_there_is_no_uv(self):
        self.uv.unlink()
        self._assert_pip_installs(f'there is no {self.uv}')

    def test_pip_installs_what_only_pip_can_be_told(self):
        self._pip_says("global.client-cert='/c.pem'")
        self._assert_pip_installs("pip's setting client-cert")

    def test_pip_speaks_for_itself_if_its_settings_are_wrong(self):
        self._pip_says('', code=1)
        self._assert_pip_installs('pip does not tell its settings')

    def test_pip_begins_anew_where_uv_failed(self):
        for error in (Failed('no route\nmore'), OSError('another machine')):
            self.ran.clear()
            self.failing['uv'] = error
            self.into.make('nova')
            self.assertEqual(['python3', 'uv', 'python3', 'pip'], self._who())
            self.assertFalse((self.venv / 'half').exists())
        self.assertEqual(
            [
                'uv failed, pip installs: no route',
                'uv failed, pip installs: another machine',
            ],
            self.log.read_text().splitlines(),
        )

    def test_adding_pip_keeps_the_environment(self):
        self.into.make()
        self.failing['uv'] = Failed()
        self.into.add('heat')
        self.assertEqual(['python3', 'uv', 'uv', 'pip'], self._who())
        self.assertEqual('heat', self.ran[-1][0][-1])

    def test_error_is_that_of_pip(self):
        self.failing = {'uv': Failed('of uv'), 'pip': Failed('of pip')}
        raised = self.assertRaises(Failed, self.into.make, 'nova')
        self.assertEqual('of pip', str(raised))

    def test_no_environment_is_an_error(self):
        self.failing['python3'] = Failed('of venv')
        raised = self.assertRaises(Failed, self.into.make, 'nova')
        self.assertEqual('of venv', str(raised))

    def test_uv_is_pinned(self):
        pins = [
            line
            for line in installer.REQUIREMENTS.read_text().splitlines()
            if not line.startswith('#')
        ]
        self.assertEqual(1, len(pins))
        self.assertTrue(re.fullmatch(r'uv==[0-9.]+', pins[0]), pins)
