"""Debian packages, and their services that do not start."""

import pathlib

import fixtures
import testtools

from deploy.quickstart import exception
from deploy.quickstart import package


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
