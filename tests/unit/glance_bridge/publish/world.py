"""A registry, a Glance and rows in memory, and a publisher between them."""

import contextlib
import dataclasses
import json

from glance_bridge import model
from glance_bridge.catalogue import wait
from glance_bridge.publish import neighbour
from glance_bridge.publish import publisher
from glance_bridge.verdict import model as verdict_model
from tests.fixtures import fake_catalogue
from tests.fixtures import fake_registry

OWNER = 'project'
REPOSITORY = model.Repository('demo', 'web/api')
NAME = 'web/api:latest'
MEDIA_TYPE = 'application/vnd.oci.image.manifest.v1+json'


class Crash(BaseException):
    """Nobody in the bridge hears of it, as of a kill."""


class FakeRows:
    """The publications of :class:`glance_bridge.db.api.Database`."""

    def __init__(self):
        self.rows = {}
        self.watch = lambda: None

    def publication(self, image_id):
        return self.rows.get(image_id)

    def publications(self, repository=None, tag=None):
        return [
            each
            for each in self.rows.values()
            if repository in (None, each.repository)
            and tag in (None, each.tag)
        ]

    def save_publication(self, publication):
        self.watch()
        self.rows[publication.image_id] = publication


class FakeJudge:
    """Takes every manifest at its word."""

    def __init__(self):
        self.count = 0

    def judge(self, repository, content, media_type):
        self.count += 1
        return verdict_of(content)


class FakeLocks:
    """Knows which locks are held; there is one thread."""

    def __init__(self):
        self.names = []

    @contextlib.contextmanager
    def held(self, name):
        self.names.append(name)
        try:
            yield
        finally:
            self.names.remove(name)


class FakeClock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds


def manifest(number=1, kind='image', children=()):
    """Write what the fake judge reads."""
    document = {'number': number, 'kind': kind, 'children': list(children)}
    return json.dumps(document).encode()


def verdict_of(content):
    found = json.loads(content)
    return verdict_model.Verdict(
        kind=verdict_model.Kind(found['kind']),
        reason='said so',
        manifest_digest=digest_of(content),
        config_digest='sha256:' + 'c' * 64,
        architecture='x86_64',
        size_bytes=4096,
        min_ram_mb=6,
        children=tuple(found['children']),
    )


def digest_of(content):
    registry = fake_registry.FakeRegistry()
    return registry.put_manifest('demo/x', 'x', content, MEDIA_TYPE)


class World:
    def __init__(self):
        self.registry = fake_registry.FakeRegistry()
        self.catalogue = fake_catalogue.FakeCatalogue()
        self.rows = FakeRows()
        self.judge = FakeJudge()
        self.locks = FakeLocks()
        self.bindings = {'demo': model.Binding('demo', OWNER, 'default')}
        self.restart()

    def restart(self):
        """Be another process of the bridge."""
        clock = FakeClock()
        waiter = wait.Waiter(
            self.catalogue,
            active_timeout_s=10,
            hash_timeout_s=100,
            clock=clock,
            sleep=clock.sleep,
        )
        neighbours = neighbour.Neighbours(
            catalogue=self.catalogue,
            waiter=waiter,
            registry=self.registry,
            database=self.rows,
            judge=self.judge,
            locks=self.locks,
            owner_of=self.bindings.get,
        )
        self.publisher = publisher.Publisher(neighbours, b'key')

    def tag(self, content, tag='latest', repository=REPOSITORY):
        """Do what the engine does of a push."""
        return self.registry.put_manifest(
            str(repository), tag, content, MEDIA_TYPE
        )

    def push(self, content, tag='latest', repository=REPOSITORY):
        """Do what the front does of a push."""
        self.tag(content, tag, repository)
        return self.publisher.publish(repository, tag, is_push=True)

    def sweep(self, tag='latest', repository=REPOSITORY):
        return self.publisher.publish(repository, tag)

    def visible(self, name=NAME):
        return self.catalogue.named(OWNER, name)

    def shown(self):
        """Say which digest each visible name stands for."""
        found = {}
        for image in self.catalogue.listed(os_hidden='false', owner=OWNER):
            digest = fake_catalogue.digest_of(image, self.catalogue)
            found.setdefault(image.name, []).append(digest)
        return found

    def pinned(self, publication):
        """Say what the pins of an image keep."""
        prefix = f'g-{publication.image_id}'
        return {
            digest
            for (_, tag), digest in self.registry.tagged.items()
            if tag.startswith(prefix)
        }

    def row(self, publication):
        return self.rows.rows[publication.image_id]

    def set_row(self, publication, **values):
        self.rows.rows[publication.image_id] = dataclasses.replace(
            publication, **values
        )
