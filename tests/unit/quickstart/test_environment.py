"""What the environment and the wheel are made from."""

import pathlib

import fixtures
import testtools

from deploy.quickstart import environment
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import lock


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
        self.assertFalse(environment.interpreter_works(home))


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
