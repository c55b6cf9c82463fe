"""What the environment and the wheel are made from."""

import pathlib
import sys

import fixtures
import testtools

from deploy.quickstart import environment
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import lock
from deploy.quickstart import process


class SourceDigestTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.checkout = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.module = self.checkout / 'novadocker' / 'driver.py'
        self.module.parent.mkdir()
        self.module.write_text('one')
        self.before = environment.source_digest(self.checkout)

    def _after(self):
        return environment.source_digest(self.checkout)

    def test_changed_module_counts(self):
        self.module.write_text('two')
        self.assertNotEqual(self.before, self._after())

    def test_new_module_counts(self):
        self.module.with_name('model.py').touch()
        self.assertNotEqual(self.before, self._after())

    def test_what_is_not_in_the_wheel_does_not_count(self):
        (self.checkout / 'README.md').touch()
        cache = self.module.parent / '__pycache__'
        cache.mkdir()
        (cache / 'driver.pyc').touch()
        self.assertEqual(self.before, self._after())


class InterpreterTestCase(testtools.TestCase):
    def test_missing_environment_does_not_work(self):
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        home = home_module.Home(folder)
        self.assertFalse(environment.interpreter_works(home.venv))


class LockTestCase(testtools.TestCase):
    def test_second_story_is_refused(self):
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        home = home_module.Home(folder)
        with lock.held(home):
            self.assertRaises(exception.OperationFailed, self._hold, home)
        self._hold(home)

    def _hold(self, home):
        with lock.held(home):
            pass


class InstallDriverTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder / 'home')
        self.home.log.mkdir(parents=True)
        self.tool = folder / 'tool'
        self.patch(sys, 'executable', str(self.tool / 'python'))
        self.checkout = folder / 'checkout'
        (self.checkout / 'novadocker').mkdir(parents=True)
        (self.checkout / 'novadocker/driver.py').touch()
        (self.checkout / 'tests').mkdir()
        self.tag = '1.2.0\n'
        self.built = []
        self.versions = []
        self.commands = []
        self.patch(process, 'run', self._run)

    def _run(self, command, *, env=None, log=None, cwd=None):
        words = [str(word) for word in command]
        self.commands.append(words)
        if words[0] == 'git':
            if self.tag is None:
                raise exception.OperationFailed('no tag')
            return self.tag
        if 'wheel' in words:
            build = self.home.data / 'build'
            self.versions.append(env['PBR_VERSION'])
            self.built = sorted(
                str(path.relative_to(build / 'source'))
                for path in build.rglob('*.*')
            )
            (build / 'it.whl').touch()
        return ''

    def _install(self):
        environment.install_driver(self.home, self.checkout)

    def test_wheel_is_built_from_a_copy_of_what_is_in_it(self):
        self._install()
        self.assertEqual(['novadocker/driver.py'], self.built)
        self.assertEqual(['1.2.0'], self.versions)
        self.assertIn('--no-deps', self.commands[-1])
        self.assertTrue(self.commands[-1][-1].endswith('it.whl'))

    def test_leftovers_of_an_interrupted_build_go(self):
        left = self.home.data / 'build/source/left.py'
        left.parent.mkdir(parents=True)
        left.touch()
        self._install()
        self.assertEqual(['novadocker/driver.py'], self.built)

    def test_checkout_without_a_tag(self):
        self.tag = None
        self._install()
        self.assertEqual(['0.0.0.dev0'], self.versions)

    def test_environment_is_made_from_nothing(self):
        (self.home.venv / 'left').mkdir(parents=True)
        environment.make(self.home)
        self.assertFalse(self.home.venv.exists())
        self.assertIn('venv', self.commands[0])
        self.assertIn('-c', self.commands[1])
        self.assertEqual(environment.wanted(), environment.wanted())

    def test_uv_is_that_of_the_tool(self):
        into = environment.installer_of(self.home.venv, self.home.log)
        self.assertEqual(self.tool / 'uv', into.uv)

    def test_heat_has_one_of_its_own(self):
        for venv in (self.home.venv, self.home.heat_venv):
            (venv / 'left').mkdir(parents=True)
        environment.make_heat(self.home)
        self.assertTrue(self.home.venv.exists())
        self.assertFalse(self.home.heat_venv.exists())
        pip, pins = f'{self.home.heat_venv}/bin/pip', str(environment.HEAT)
        self.assertEqual(pip, self.commands[1][0])
        for name in ('requirements', 'constraints'):
            self.assertIn(f'{pins}/{name}.txt', self.commands[1])
        client = self.commands[2]
        self.assertEqual(f'{self.home.bin}/pip', client[0])
        self.assertIn('python-heatclient', client)
        self.assertIn(f'{pins}/constraints.txt', client)
        self.assertNotEqual(
            environment.wanted(), environment.wanted(environment.HEAT)
        )


class WorkingInterpreterTestCase(testtools.TestCase):
    def test_it_is_asked(self):
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        home = home_module.Home(folder)
        home.bin.mkdir(parents=True)
        python = home.bin / 'python'
        for code, expected in ((0, True), (1, False)):
            python.write_text(f'#!/bin/sh\nexit {code}\n')
            python.chmod(0o755)
            self.assertEqual(
                expected, environment.interpreter_works(home.venv)
            )
