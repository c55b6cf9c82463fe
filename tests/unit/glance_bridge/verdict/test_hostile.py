"""Whatever the document, a verdict is one of three and takes no harm."""

import json

import hypothesis
from hypothesis import strategies
import testtools

from glance_bridge.verdict import judge
from glance_bridge.verdict import model
from tests.fixtures import archives
from tests.fixtures import fake_registry
from tests.fixtures import images
from tests.unit.glance_bridge.verdict import judging

TYPES = (
    *(images.OCI_MANIFEST, images.OCI_INDEX),
    *(images.DOCKER_MANIFEST, images.DOCKER_LIST),
)
# The machine may be busy: no example has to be quick.
_SETTINGS = hypothesis.settings(deadline=None, max_examples=200)
VALUES = strategies.recursive(
    strategies.one_of(
        strategies.none(),
        strategies.booleans(),
        strategies.integers(),
        strategies.floats(),
        strategies.text(max_size=20),
        strategies.sampled_from(
            [*TYPES, archives.LAYER, 'sha256:' + 64 * 'a', 2]
        ),
    ),
    lambda inner: strategies.one_of(
        strategies.lists(inner, max_size=3),
        strategies.dictionaries(
            strategies.sampled_from(
                [
                    *('mediaType', 'digest', 'size', 'urls', 'platform'),
                    *('config', 'layers', 'manifests', 'annotations'),
                    *('os', 'architecture', 'MEDIATYPE', 'schemaVersion'),
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


def _places(document, path=()):
    """List the paths to all values of a document."""
    yield path
    if isinstance(document, dict):
        for name, value in document.items():
            yield from _places(value, (*path, name))
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from _places(value, (*path, number))


def _replaced(document, path, value):
    if not path:
        return value
    first, *rest = path
    copy = document.copy()
    copy[first] = _replaced(copy[first], rest, value)
    return copy


class HostileTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.registry = fake_registry.FakeRegistry()
        self.made = images.image(media_type=images.OCI_MANIFEST)
        self.index = images.index(self.made, images.attestation(self.made))
        images.store(self.registry, judging.REPOSITORY, self.index)
        self.judge = judge.Judge(self.registry, judging.RULES)

    def _kind(self, content, media_type):
        found = self.judge.judge(judging.REPOSITORY, content, media_type)
        self.assertEqual(archives.digest(content), found.manifest_digest)
        if found.kind is not model.Kind.IMAGE:
            self.assertTrue(found.reason.isprintable(), found.reason)
            self.assertEqual((), found.blobs)
        return found.kind

    @_SETTINGS
    @hypothesis.given(
        strategies.binary(max_size=200), strategies.sampled_from(TYPES)
    )
    def test_bytes_that_are_no_document_are_refused(self, content, kind):
        self.assertEqual(model.Kind.REFUSED, self._kind(content, kind))

    @_SETTINGS
    @hypothesis.given(VALUES, strategies.sampled_from(TYPES))
    def test_a_document_of_anything_is_no_image(self, value, kind):
        found = self._kind(json.dumps(value).encode(), kind)
        self.assertNotEqual(model.Kind.IMAGE, found)

    @_SETTINGS
    @hypothesis.given(strategies.data())
    def test_a_spoilt_document_is_an_image_or_is_not(self, data):
        made = data.draw(strategies.sampled_from([self.made, self.index]))
        document = json.loads(made.content)
        path = data.draw(strategies.sampled_from([*_places(document)]))
        spoilt = _replaced(document, path, data.draw(VALUES))
        self._kind(json.dumps(spoilt).encode(), made.media_type)

    def test_what_parsers_choke_on_is_refused(self):
        for content in (
            b'[' * 10**6,
            b'{"schemaVersion":2,"a":[' + b'{},' * 10**5 + b'0]}',
            b'{"a":' * 10**5 + b'1' + b'}' * 10**5,
            b'{"schemaVersion": 2, "schemaVersion": 2}',
            b'{"schemaVersion": ' + b'9' * 5000 + b'}',
            b'{"schemaVersion": 2, "layers": [], "Layers": [1]}',
            b'\xff\xfe{\x00}\x00',
            self.made.content + b'{}',
            b'\xef\xbb\xbf' + self.made.content,
        ):
            for kind in TYPES:
                self.assertEqual(model.Kind.REFUSED, self._kind(content, kind))
