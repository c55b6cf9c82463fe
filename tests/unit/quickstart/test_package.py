"""Debian packages, and their services that do not start."""

import pathlib

import fixtures
import testtools

from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import package
from deploy.quickstart import process


class PolicyTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.policy = self.folder / 'policy-rc.d'
        self.aside = self.folder / 'policy-rc.d.nova-docker-saved'

    def _kept(self):
        return package.services_kept_from_starting(self.policy)

    def test_services_are_denied_only_for_a_while(self):
        with self._kept():
            self.assertIn('exit 101', self.policy.read_text())
            self.assertTrue(self.policy.stat().st_mode & 0o100)
        self.assertEqual([], list(self.folder.iterdir()))

    def test_a_policy_of_the_machine_comes_back_after_a_failure(self):
        self.policy.write_text('theirs')

        def fail():
            with self._kept():
                raise exception.OperationFailed

        self.assertRaises(exception.OperationFailed, fail)
        self.assertEqual('theirs', self.policy.read_text())
        self.assertEqual([self.policy], list(self.folder.iterdir()))

    def test_a_policy_that_an_interrupted_run_put_aside_comes_back(self):
        self.policy.write_text(package.POLICY_TEXT)
        self.aside.write_text('theirs')
        with self._kept():
            pass
        self.assertEqual('theirs', self.policy.read_text())

    def test_a_policy_that_an_interrupted_run_left_goes(self):
        self.policy.write_text(package.POLICY_TEXT)
        with self._kept():
            pass
        self.assertEqual([], list(self.folder.iterdir()))


class InstalledTestCase(testtools.TestCase):
    def test_only_what_is_whole_counts(self):
        answer = 'sudo ii\nradvd rc\nhaproxy iU\nstrange\n'
        self.assertEqual({'sudo'}, package.installed(answer))


class InstallTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder)
        self.policy = folder / 'policy-rc.d'
        self.patch(
            package.services_kept_from_starting.__wrapped__,
            '__defaults__',
            (self.policy,),
        )
        self.commands = []
        self.listing = ''
        self.failing = None
        self.patch(process, 'run', self._run)

    def _run(self, command, env=None, log=None):
        self.commands.append(command)
        if command[0] == self.failing:
            raise exception.OperationFailed(command[0])
        return self.listing

    def test_only_what_is_missing_is_installed(self):
        self.listing = '\n'.join(
            f'{name} ii' for name in package.PACKAGES if name != 'sudo'
        )
        package.install(self.home)
        self.assertEqual(
            ['dpkg-query', 'dpkg', 'apt-get', 'apt-get'],
            [command[0] for command in self.commands],
        )
        self.assertEqual(['sudo'], self.commands[-1][6:])

    def test_whole_machine_is_left_alone(self):
        self.listing = '\n'.join(f'{name} ii' for name in package.PACKAGES)
        package.install(self.home)
        self.assertEqual(1, len(self.commands))

    def test_fresh_machine_knows_none_of_them(self):
        self.failing = 'dpkg-query'
        self.assertEqual(list(package.PACKAGES), package.missing_packages())

    def test_failure_of_apt_leaves_services_as_they_were(self):
        self.failing = 'apt-get'
        self.assertRaises(
            exception.OperationFailed, package.install, self.home
        )
        self.assertFalse(self.policy.exists())
