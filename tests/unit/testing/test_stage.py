"""Copies of a checkout."""

import pathlib

import fixtures
import testtools

from tools.testing import stage


class StageTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        top = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.checkout, self.target = top / 'checkout', top / 'copy'
        for name in (
            '.git/HEAD',
            'nova/virt/docker.py',
            'novadocker/driver.py',
            'novadocker/__pycache__/x.pyc',
            'tests/unit/test_x.py',
            'tools/quickstart',
        ):
            path = self.checkout / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)

    def _files(self):
        return {
            str(path.relative_to(self.target))
            for path in self.target.rglob('*')
            if not path.is_dir()
        }

    def test_a_whole_copy_has_no_leftovers(self):
        stage.copy_all(self.checkout, self.target)
        self.assertEqual(
            {
                'nova/virt/docker.py',
                'novadocker/driver.py',
                'tests/unit/test_x.py',
                'tools/quickstart',
            },
            self._files(),
        )

    def test_a_copy_for_tests_has_nothing_that_the_wheel_has(self):
        stage.copy_tests(self.checkout, self.target)
        self.assertEqual(
            {'tests/unit/test_x.py', 'tools/quickstart'}, self._files()
        )

    def test_the_quickstart_stays_that_of_the_checkout(self):
        stage.copy_tests(self.checkout, self.target)
        self.assertEqual(
            self.checkout / 'tools' / 'quickstart',
            (self.target / 'tools' / 'quickstart').resolve(),
        )

    def test_a_copy_replaces_the_last_one(self):
        stage.copy_all(self.checkout, self.target)
        (self.target / 'old').write_text('old')
        stage.copy_all(self.checkout, self.target)
        self.assertNotIn('old', self._files())
