"""What the tests of the front stand on: it, and fakes of its neighbours."""

import contextlib
import json
import threading

import testtools
import webob

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.front import bearer
from glance_bridge.front import door
from glance_bridge.front import immutable
from glance_bridge.front import push
from glance_bridge.front import removal
from glance_bridge.front import turn
from glance_bridge.registry import connection
from glance_bridge.token import access
from glance_bridge.verdict import judge
from tests.fixtures import fake_registry
from tests.fixtures import images
from tests.unit.glance_bridge.verdict import judging

PROJECT = 32 * 'a'
REPOSITORY = 'demo/web'
PIN = 'g-0fb5cb4e-3b1c-5c8a-8f0e-0123456789ab'


class FakeRelay:
    """The engine as a client of it sees it.

    :ivar answer: given in the place of the engine's own, where set
    """

    def __init__(self, registry):
        self._registry = registry
        self.requests = []
        self.answer = None

    def send(self, method, repository, reference, headers, content=None):
        self.requests.append((method, repository, reference, dict(headers)))
        if self.answer is not None:
            return self.answer
        if method == 'PUT':
            kind = headers['Content-Type']
            digest = self._registry.put_manifest(
                repository, reference, content, kind
            )
            headers = {
                'Docker-Content-Digest': digest,
                'Location': f'http://engine:5043/v2/{repository}',
                'Set-Cookie': 'secret',
            }
            return connection.Answer(201, headers, b'')
        return self._get(method, repository, reference)

    def _get(self, method, repository, reference):
        try:
            found = self._registry.manifest(repository, reference)
        except exception.RegistryNotFound:
            return connection.Answer(404, {}, b'{"errors": []}')
        headers = {
            'Content-Type': found.media_type,
            'Content-Length': str(len(found.content)),
            'Docker-Content-Digest': found.digest,
        }
        content = b'' if method == 'HEAD' else found.content
        return connection.Answer(200, headers, content)


class FakePublisher:
    """Says what a tag is, and remembers who asked.

    :ivar failure: raised in the place of publishing, where set
    """

    def __init__(self, registry):
        self._registry = registry
        self._locks = {}
        self.published = []
        self.withdrawn = []
        self.failure = None
        self.entered = lambda: None

    @contextlib.contextmanager
    def locked(self, repository, tag):
        lock = self._locks.setdefault((repository, tag), threading.RLock())
        with lock:
            self.entered()
            yield

    def publish(self, repository, tag, *, is_push=False, verdict=None):
        if self.failure is not None:
            raise self.failure
        digest = self._registry.digest_of(str(repository), tag)
        self.published.append((tag, digest, is_push, verdict))
        if verdict.kind.value != 'image':
            return None
        return model.Publication(
            'image-id', repository, tag, digest, 0, model.State.ACTIVE
        )

    def withdraw(self, repository, tag):
        self.withdrawn.append((str(repository), tag))


class FakeQuota:
    def __init__(self):
        self.asked = []
        self.failure = None

    def check_more(self, project_id, size_bytes):
        self.asked.append((project_id, size_bytes))
        if self.failure is not None:
            raise self.failure


class FakeRows:
    def __init__(self):
        self.rows = []

    def publications(self, repository, tag):
        return self.rows


class FakeNamespaces:
    def __init__(self):
        self.binding = model.Binding('demo', PROJECT, 'default')

    def find(self, namespace):
        return self.binding


class FakeHints:
    def __init__(self):
        self.images = []

    def look_at_image(self, repository, image_id):
        self.images.append(image_id)
        return True


class FakeVerifier:
    """Reads tokens: ``ACTION,ACTION:REPOSITORY[:[service][:nobody]]``.

    Who they are of is PROJECT, or nobody.
    """

    def verify(self, text):
        actions, _, rest = text.partition(':')
        name, _, rest = rest.partition(':')
        service, _, nobody = rest.partition(':')
        if not name:
            raise exception.Unauthorized('The registry token is not valid.')
        given = access.Access('repository', name, tuple(actions.split(',')))
        return access.Claims(
            *('user-id', (given,), service == 'service', 'alice'),
            projects={} if nobody else {name.partition('/')[0]: PROJECT},
        )


class FrontTestCase(testtools.TestCase):
    patterns = ()
    warns = False
    turns = turn.Rules(32, 16, 100, 60)

    def setUp(self):
        super().setUp()
        self.registry = fake_registry.FakeRegistry()
        self.relay = FakeRelay(self.registry)
        self.publisher = FakePublisher(self.registry)
        self.quota, self.rows = FakeQuota(), FakeRows()
        self.namespaces, self.hints = FakeNamespaces(), FakeHints()
        rules = immutable.Rules(self.patterns)
        pusher = push.Pusher(
            push.Neighbours(
                self.relay,
                self.registry,
                judge.Judge(self.registry, judging.RULES),
                self.quota,
                self.rows,
                self.publisher,
                self.namespaces.find,
            ),
            rules,
        )
        remover = removal.Remover(
            self.registry, self.publisher, self.hints, rules
        )
        self.door = door.Door(
            door.Stories(
                *(pusher, remover, self.relay), turn.Turns(self.turns)
            ),
            bearer.Gate(FakeVerifier(), 'http://bridge/token', 'the-service'),
            self.namespaces,
            warns=self.warns,
        )

    def request(
        self,
        method,
        reference='latest',
        made=None,
        *,
        token=None,
        repository=REPOSITORY,
        **changes,
    ):
        """Send a request and give the answer.

        :param made: what is pushed, see images.py; what it points to is
            stored before
        :param token: all rights in the repository where none is given
        """
        token = f'pull,push,delete:{REPOSITORY}' if token is None else token
        request = webob.Request.blank(
            f'/v2/{repository}/manifests/{reference}', method=method
        )
        if token:
            request.headers['Authorization'] = f'Bearer {token}'
        if made is not None:
            images.store(self.registry, repository, made)
            request.body = changes.pop('body', made.content)
            request.content_type = changes.pop('media_type', made.media_type)
        for name, value in changes.items():
            request.headers[name.replace('_', '-')] = value
        deed = {'HEAD': 'get'}.get(method, method.lower())
        return getattr(self.door, deed)(request, repository, reference)

    def push(self, made, reference='latest', **changes):
        return self.request('PUT', reference, made, **changes)

    def manifest_of(self, tag, repository=REPOSITORY):
        return self.registry.digest_of(repository, tag)

    def errors(self, response):
        return json.loads(response.body)['errors']
