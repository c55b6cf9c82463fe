"""What the doors of Nova have behind them, in memory."""

import json

import testtools
import webob

from glance_bridge import exception
from glance_bridge import location
from glance_bridge import model
from glance_bridge.catalogue import image as catalogue_image
from glance_bridge.identity import model as identity_model
from glance_bridge.identity import services
from glance_bridge.identity import tokens
from glance_bridge.policies import enforcer
from glance_bridge.pull import caller
from glance_bridge.pull import door
from glance_bridge.pull import place
from glance_bridge.token import access
from tests.fixtures import fake_catalogue
from tests.fixtures import fake_registry
from tests.fixtures import images
from tests.unit.glance_bridge import options

IMAGE_ID = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'
OTHER_ID = '1d2c3b4a-0000-4000-8000-00000000000a'
DEMO = identity_model.Project('d0' * 16, 'demo', 'default')
OTHER = identity_model.Project('0a' * 16, 'other', 'default')
SERVICE = identity_model.Project('5e' * 16, 'service', 'default')


class FakeTokens:
    """Keystone's tokens: set ``holders[token]``."""

    def __init__(self):
        self.holders = {
            'alice': tokens.Holder('u1', 'alice', DEMO, ('member',)),
            'bob': tokens.Holder('u2', 'bob', OTHER, ('member',)),
            'reader': tokens.Holder('u3', 'reader', DEMO, ('reader',)),
            'nova': tokens.Holder('n', 'nova', SERVICE, ('service',)),
        }
        self.expired = set()

    def holder(self, token, *, may_be_expired=False):
        is_over = token in self.expired and not may_be_expired
        if is_over or token not in self.holders:
            raise exception.Unauthorized('Keystone does not know the token.')
        return self.holders[token]


class FakeIssuer:
    def __init__(self):
        self.issued = []

    def issue(self, subject, granted, lifetime_s, *, user_name=''):
        self.issued.append(
            (subject, user_name, tuple(str(each) for each in granted))
        )
        return access.Token('registry-token', lifetime_s, None)


class FakeRows:
    def __init__(self):
        self.rows = {}

    def publication(self, image_id):
        return self.rows.get(image_id)


class FakeQuota:
    def __init__(self):
        self.error = None
        self.asked = []

    def check_more(self, project_id, size_bytes, *, images):
        self.asked.append((project_id, size_bytes, images))
        if self.error is not None:
            raise self.error


class DoorTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.tokens = FakeTokens()
        self.catalogue = fake_catalogue.FakeCatalogue()
        self.catalogue.tokens |= {
            'alice': DEMO.id,
            'reader': DEMO.id,
            'bob': OTHER.id,
        }
        self.registry = fake_registry.FakeRegistry()
        self.issuer = FakeIssuer()
        self.rows = FakeRows()
        self.behind = door.Behind(
            gate=caller.Gate(
                self.tokens,
                services.ServiceProject('service', 'default'),
                enforcer.Enforcer(options.make()),
            ),
            catalogue=self.catalogue,
            places=place.Places(self.rows, self.registry, self.catalogue),
            registry=self.registry,
            issuer=self.issuer,
        )
        self.door = None

    def have_image(self, image_id=IMAGE_ID, status='active', project=DEMO):
        self.catalogue._images[image_id] = catalogue_image.Image(
            image_id, 'web:1', project.id, status
        )

    def have_data(self, repository, digest, image_id=IMAGE_ID):
        """Have Glance take an image's data from the registry."""
        self.catalogue.locate(
            image_id, location.location_of(repository, digest, image_id)
        )

    def have_published(self, made, image_id=IMAGE_ID, **changes):
        """Have an image in Glance that came from the registry."""
        self.have_image(image_id)
        images.push(self.registry, 'demo/web', made, 'latest')
        images.push(self.registry, 'demo/web', made, location.pin_of(image_id))
        values = {
            'image_id': image_id,
            'repository': model.Repository('demo', 'web'),
            'tag': 'latest',
            'digest': made.digest,
            'generation': 0,
            'state': model.State.ACTIVE,
        }
        self.rows.rows[image_id] = model.Publication(**values | changes)
        self.have_data('demo/web', made.digest, image_id)

    def ask(
        self, body, image_id=IMAGE_ID, user='alice', service='nova'
    ) -> webob.Response:
        content = body if isinstance(body, bytes) else json.dumps(body)
        request = webob.Request.blank('/', method='POST', POST=content)
        if user:
            request.headers['X-Auth-Token'] = user
        if service:
            request.headers['X-Service-Token'] = service
        return self.door(request, image_id=image_id)
