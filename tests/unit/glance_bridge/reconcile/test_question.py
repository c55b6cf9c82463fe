"""Which tags are missed in Glance."""

import testtools

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.reconcile import question
from glance_bridge.verdict import judge
from glance_bridge.verdict import model as verdict_model
from ocikit import platform
from tests.fixtures import fake_registry
from tests.fixtures import images

REPOSITORY = model.Repository('demo', 'x')


class QuestionTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.registry = fake_registry.FakeRegistry()
        rules = verdict_model.Rules(platform.Platform('linux', 'amd64'))
        self.question = question.Question(
            self.registry, judge.Judge(self.registry, rules)
        )

    def test_images_are_and_others_not(self):
        for made, expected in (
            (images.image(), True),
            (images.index(images.image()), True),
            (images.image(os='windows'), False),
            (images.chart(), False),
            (images.signature(), False),
        ):
            images.push(self.registry, 'demo/x', made, '1')
            self.assertEqual(
                expected, self.question.is_image(REPOSITORY, made.digest)
            )

    def test_what_is_gone_is_said(self):
        self.assertRaises(
            exception.RegistryNotFound,
            self.question.is_image,
            REPOSITORY,
            images.image().digest,
        )
