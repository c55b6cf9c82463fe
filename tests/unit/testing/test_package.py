"""Debian packages that the tests need."""

import fixtures
import testtools

from tools.testing import failure
from tools.testing import package


class RequireTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(fixtures.MonkeyPatch('os.geteuid', lambda: 1000))

    def test_what_is_missing_needs_root(self):
        self.useFixture(
            fixtures.MonkeyPatch(
                'tools.testing.package.missing', lambda names: ['docker.io']
            )
        )
        raised = self.assertRaises(
            failure.PreconditionMissing, package.require, ['docker.io']
        )
        self.assertIn('apt-get install docker.io', str(raised))

    def test_what_is_there_needs_nobody(self):
        self.useFixture(
            fixtures.MonkeyPatch(
                'tools.testing.package.missing', lambda names: []
            )
        )
        self.assertIsNone(package.require(['docker.io']))

    def test_another_system_is_refused(self):
        self.useFixture(
            fixtures.MonkeyPatch('shutil.which', lambda name: None)
        )
        raised = self.assertRaises(
            failure.PreconditionMissing, package.require, []
        )
        self.assertIn('not a Debian system', str(raised))
