"""A start of nova-compute: an engine that cannot be used is refused."""

import dataclasses

import fixtures
import testtools

from novadocker import exception
from novadocker.ops import recover
from tests.fixtures import fake_engine

REFUSED = {
    'too old': ({'api_version': (1, 40)}, 'Docker 20.10'),
    'no runtime': (
        {'runtimes': frozenset({'runc'})},
        '"--nova-map-dir=/run/map"',
    ),
    'rootless': ({'security_options': ('name=rootless',)}, 'rootless'),
}


class CheckEngineTestCase(testtools.TestCase):
    def _check(self, **changes):
        info = dataclasses.replace(fake_engine.INFO, **changes)
        recover.check_engine(
            info, host='unix:///x', runtime='nova', map_dir='/run/map'
        )

    def test_engine_that_can_be_used(self):
        log = self.useFixture(fixtures.FakeLogger())
        self._check()
        self.assertEqual('', log.output)

    def test_engines_that_cannot(self):
        for name, (changes, cure) in REFUSED.items():
            with self.subTest(name):
                error = self.assertRaises(
                    exception.EngineUnsupported, self._check, **changes
                )
                self.assertIn(cure, str(error))
                self.assertIn('unix:///x', str(error))

    def test_engine_without_live_restore_is_told_of(self):
        log = self.useFixture(fixtures.FakeLogger())
        self._check(live_restore=False)
        self.assertIn('live-restore', log.output)
