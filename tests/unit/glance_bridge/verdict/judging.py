"""What the tests of a verdict stand on."""

import testtools

from glance_bridge.verdict import judge
from glance_bridge.verdict import model
from ocikit import platform
from tests.fixtures import fake_registry
from tests.fixtures import images

REPOSITORY = 'demo/web'
RULES = model.Rules(platform.Platform('linux', 'amd64'))


class JudgingTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.registry = fake_registry.FakeRegistry()

    def judge(self, made, rules=RULES, **changes):
        """Judge what is not stored yet, but for what it points to."""
        images.store(self.registry, REPOSITORY, made)
        media_type = changes.get('media_type', made.media_type)
        content = changes.get('content', made.content)
        return judge.Judge(self.registry, rules).judge(
            REPOSITORY, content, media_type
        )

    def assert_is(self, kind, found, reason=''):
        self.assertEqual((kind, reason), (found.kind, found.reason))

    def assert_refused(self, part, found):
        self.assertEqual(model.Kind.REFUSED, found.kind)
        self.assertIn(part, found.reason)

    def assert_artifact(self, part, found):
        self.assertEqual(model.Kind.ARTIFACT, found.kind)
        self.assertIn(part, found.reason)
