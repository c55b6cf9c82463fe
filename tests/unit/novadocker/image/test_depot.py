"""What lies in the depot is whole, is no image to boot, and goes again."""

import pathlib

import fixtures
from nova import context as nova_context
from nova import exception as nova_exception
from oslo_utils.fixture import uuidsentinel
import testtools

from novadocker import exception
from novadocker.image import depot
from tests.fixtures import fake_glance
from tests.fixtures import vif


class DepotTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.glance = fake_glance.FakeGlance()
        self.depot = depot.Depot(self.glance, self.glance.fetch)
        self.log = self.useFixture(fixtures.FakeLogger())
        self.instance = vif.instance(uuidsentinel.instance)
        self.context = nova_context.RequestContext(
            'user', 'demo', is_admin=False
        )

    def put(self, *chunks):
        return self.depot.put(self.context, self.instance, iter(chunks))

    def test_what_is_put_is_taken(self):
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        image_id = self.put(b'ab', b'c')
        with self.depot.taken(None, image_id, folder) as path:
            self.assertEqual(b'abc', path.read_bytes())
        self.assertEqual([], list(folder.iterdir()))

    def test_download_that_fails_leaves_nothing(self):
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)

        def fail():
            with self.depot.taken(None, uuidsentinel.other, folder):
                raise AssertionError('it is not there')

        self.assertRaises(nova_exception.ImageNotFound, fail)
        self.assertEqual([], list(folder.iterdir()))

    def test_it_is_in_no_list_and_nobody_can_boot_it(self):
        found = self.glance.images[self.put(b'a')]
        self.assertIs(True, found['os_hidden'])
        self.assertIs(False, found['is_public'])
        self.assertEqual('bare', found['container_format'])
        self.assertEqual(
            self.instance.uuid, found['properties']['instance_uuid']
        )

    def test_it_is_of_the_project_of_its_server(self):
        self.assertNotIn('owner', self.glance.images[self.put(b'a')])
        self.context = nova_context.RequestContext(
            'operator', 'admin', is_admin=False
        )
        found = self.glance.images[self.put(b'a')]
        self.assertEqual('demo', found['owner'])

    def test_glance_to_which_who_moves_it_is_no_administrator(self):
        self.context = nova_context.RequestContext(
            'operator', 'admin', is_admin=False
        )
        self.glance.has_admins = False
        found = self.glance.images[self.put(b'a')]
        self.assertNotIn('owner', found)
        self.assertIn('belongs to project admin', self.log.output)

    def test_name_is_one_that_glance_takes(self):
        self.instance.display_name = 'x' * 255
        name = self.glance.images[self.put(b'a')]['name']
        self.assertGreaterEqual(255, len(name))
        self.assertTrue(name.endswith('-moving'))

    def test_it_goes_and_may_be_gone(self):
        image_id = self.put(b'a')
        self.depot.discard(None, image_id)
        self.assertEqual({}, self.glance.images)
        self.depot.discard(None, image_id)

    def test_upload_that_fails_leaves_nothing(self):
        self.glance.failure = nova_exception.ImageNotAuthorized(image_id='x')
        self.assertRaises(nova_exception.ImageNotAuthorized, self.put, b'a')
        self.assertEqual({}, self.glance.images)

    def test_upload_that_was_tried_again_with_the_rest_is_refused(self):
        self.glance.attempts = 2
        error = self.assertRaises(exception.MoveRefused, self.put, b'ab', b'c')
        self.assertIn('1 of the 3 bytes', str(error))
        self.assertEqual({}, self.glance.images)

    def test_image_that_the_receiver_could_not_get(self):
        self.glance.images['x'] = {'status': 'active'}
        self.assertTrue(self.depot.has_image(None, 'x'))
        self.glance.images['x'] = {'status': 'deactivated'}
        self.assertFalse(self.depot.has_image(None, 'x'))
        self.assertFalse(self.depot.has_image(None, 'y'))
