"""Glance's store of the registry: saved, uploaded, pulled and attacked."""

import contextlib
import hashlib
import json
import pathlib
import random
import tempfile
import uuid

import openstack

from tests.fixtures import archives
from tests.fixtures import rootfs
from tests.integration import cloud
from tests.integration import registry

STORE = 'registry'

# glance-api as it is installed here, but with what operators must not set;
# the requests come with the roles of their senders.
_WITH_LOCATIONS = """
import json, sys
from oslo_config import cfg
import webob

import glance.common.wsgi_app
app = glance.common.wsgi_app.init_app()
cfg.CONF.set_override('show_multiple_locations', True)
for method, path, token, kind, body in json.load(sys.stdin):
    request = webob.Request.blank(path, method=method)
    request.headers['X-Auth-Token'] = token
    request.headers['Content-Type'] = kind
    request.body = json.dumps(body).encode()
    answer = request.get_response(app)
    print('ANSWER', json.dumps([answer.status_int, answer.text]))
"""


class StoreTestCase(registry.RegistryTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cloud.environment()
        cls.tenant = openstack.connect(
            auth_url=env['OS_AUTH_URL'],
            username=registry.PROJECT,
            password=registry.password(),
            project_name=registry.PROJECT,
            user_domain_name=env['OS_USER_DOMAIN_NAME'],
            project_domain_name=env['OS_PROJECT_DOMAIN_NAME'],
            region_name=env['OS_REGION_NAME'],
            load_envvars=False,
            load_yaml_config=False,
        )
        cls.addClassCleanup(cls.tenant.close)

    def setUp(self):
        super().setUp()
        self.log_in()

    def create(self, connection=None, **more):
        """Create an image without data, which goes with the test."""
        image = (connection or self.tenant).image.create_image(
            # One name for two images is another test's.
            name=f'{self.name}-{uuid.uuid4().hex[:4]}',
            container_format='docker',
            disk_format='raw',
            **more,
        )
        self.addCleanup(
            self.admin.image.delete_image, image.id, ignore_missing=True
        )
        return image

    def put(self, image, content, store=STORE):
        """Upload data, into a store if one is named; give the answer."""
        named = {'X-Image-Meta-Store': store} if store else {}
        return self.tenant.image.put(
            f'/images/{image.id}/file',
            data=content,
            headers={'Content-Type': 'application/octet-stream', **named},
        )

    def uploaded(self, content=None):
        image = self.create()
        done = self.put(image, content or rootfs.archive('evil:latest'))
        self.assertEqual(204, done.status_code, done.text)
        return self.tenant.image.get_image(image.id)

    def read(self, image, connection=None, **headers):
        return (connection or self.tenant).image.get(
            f'/images/{image.id}/file', headers=headers
        )

    def stores(self, image):
        return self.tenant.image.get(f'/images/{image.id}').json()['stores']

    def location(self, image):
        """Give an image's location as a service gets it."""
        answer = self.admin.image.get(f'/images/{image.id}/locations')
        (found,) = answer.json()
        return found['url']

    def pushed(self):
        """Push an image of our name; give what Glance has of it."""
        self.load()
        done = self.push(self.reference())
        self.assertEqual(0, done.returncode, done.stderr)
        (image,) = self.images()
        return image

    def uploads_reference(self, image):
        """Name an uploaded image as documents tell users to."""
        return (
            f'{registry.ADDRESS}/{image.owner}/uploads/{image.id}:g-{image.id}'
        )

    def can_be_pulled(self, reference):
        self.client.run('rmi', '--force', reference)
        self.addCleanup(self.client.run, 'rmi', '--force', reference)
        return self.client.run('pull', reference).returncode == 0


class DownloadTest(StoreTestCase):
    def test_any_range_is_that_of_the_whole(self):
        image = self.pushed()
        whole = self.read(image).content
        self.assertEqual(image.size, len(whole))
        chance = random.Random(7)
        for _ in range(20):
            first = chance.randrange(len(whole))
            last = min(first + chance.choice([0, 600, 10**6]), len(whole) - 1)
            part = self.read(image, Range=f'bytes={first}-{last}')
            self.assertEqual(206, part.status_code)
            self.assertEqual(whole[first : last + 1], part.content)
            self.assertEqual(
                f'bytes {first}-{last}/{len(whole)}',
                part.headers['Content-Range'],
            )
        end = self.read(image, Range='bytes=-1024')
        self.assertEqual(bytes(1024), end.content)
        beyond = self.read(image, Range=f'bytes={len(whole)}-')
        self.assertEqual(416, beyond.status_code)

    def test_every_download_is_the_same(self):
        image = self.pushed()
        self.assertEqual(1, len({self.read(image).content for _ in range(3)}))


class UploadTest(StoreTestCase):
    def saved(self):
        """Have docker save an image; give the file and the image's id."""
        self.load()
        config = json.loads(self.client.must('inspect', self.name))[0]['Id']
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = pathlib.Path(folder) / 'saved.tar'
        self.client.must('save', '--output', str(path), self.name)
        self.client.must('rmi', '--force', self.name)
        return path, config

    def test_what_docker_saved_is_pulled_and_loaded_again(self):
        path, config = self.saved()
        image = self.uploaded(path.read_bytes())
        self.assertEqual('active', image.status)
        reference = self.uploads_reference(image)
        self.assertTrue(self.can_be_pulled(reference))
        found = json.loads(self.client.must('inspect', reference))[0]['Id']
        self.assertEqual(config, found)
        self.client.must('rmi', '--force', reference)
        loaded = registry.tenant(
            *('sh', '-c'),
            f'openstack image save {image.id} | /usr/bin/docker load',
        )
        self.assertEqual(0, loaded.returncode, loaded.stderr)
        self.addCleanup(self.client.run, 'rmi', '--force', config)
        self.assertIn(config, loaded.stdout)

    def uploaded_by_client(self, path, *words):
        """Upload a file by openstackclient, which can name no store."""
        self.addCleanup(self.forget)
        made = registry.tenant(
            *('openstack', 'image', 'create', '--file', str(path), *words),
            *('--container-format', 'docker', '--disk-format', 'raw'),
            self.name,
        )
        self.assertEqual(0, made.returncode, made.stderr)
        (image,) = self.tenant.image.images(name=self.name)
        return image

    def test_openstackclient_uploads_where_the_filter_sends_it(self):
        path, _ = self.saved()
        image = self.uploaded_by_client(path)
        self.assertEqual('active', image.status)
        self.assertEqual(STORE, self.stores(image))
        self.assertTrue(self.can_be_pulled(self.uploads_reference(image)))

    def test_what_is_imported_stays_as_it_is(self):
        path, _ = self.saved()
        image = self.uploaded_by_client(path, '--import')
        cloud.wait_until(
            lambda: self.tenant.image.get_image(image.id).status == 'active',
            f'image {image.id}',
        )
        self.assertEqual('file', self.stores(image))
        self.assertEqual(path.read_bytes(), self.read(image).content)

    def test_who_names_another_store_means_it(self):
        image = self.create()
        content = rootfs.archive('mine:1')
        done = self.put(image, content, 'file')
        self.assertEqual(204, done.status_code, done.text)
        self.assertEqual('file', self.stores(image))
        self.assertEqual(content, self.read(image).content)

    def test_what_nova_makes_of_a_server_stays_as_it_is(self):
        """Nova compares what it has sent with what Glance has then."""
        image = self.create(instance_uuid=str(uuid.uuid4()))
        content = rootfs.archive('snapshot:1')
        done = self.put(image, content, store=None)
        self.assertEqual(204, done.status_code, done.text)
        self.assertEqual('file', self.stores(image))
        self.assertEqual(content, self.read(image).content)

    def test_what_is_no_archive_is_refused_by_the_filter_s_store(self):
        image = self.create()
        done = self.put(image, b'x' * 1000, store=None)
        self.assertEqual(400, done.status_code, done.text)
        again = self.tenant.image.get_image(image.id)
        self.assertEqual('queued', again.status)

    def test_the_hashes_are_those_of_a_download(self):
        image = self.uploaded()
        content = self.read(image).content
        self.assertEqual(image.size, len(content))
        self.assertEqual(hashlib.md5(content).hexdigest(), image.checksum)
        self.assertEqual(
            hashlib.new(image.hash_algo, content).hexdigest(),
            image.hash_value,
        )

    def test_the_row_is_the_uploaders_alone(self):
        image = self.uploaded()
        rows = [
            each.id
            for each in self.admin.image.images()
            if each.name and image.id in each.name
        ]
        self.assertEqual([], rows)

    def test_nobody_else_can_push_there(self):
        image = self.uploaded()
        self.load()
        reference = self.uploads_reference(image)
        self.client.must('tag', self.name, reference)
        self.addCleanup(self.client.run, 'rmi', '--force', reference)
        before = self.read(image).content
        self.assertNotEqual(0, self.client.run('push', reference).returncode)
        self.assertEqual(before, self.read(image).content)

    def test_a_hostile_archive_is_refused_and_leaves_nothing(self):
        for what, content in archives.hostile():
            if what in ('a bomb', 'a packed bomb'):
                continue  # Small beside the limits that stand here.
            image = self.create()
            done = self.put(image, content)
            self.assertEqual(400, done.status_code, (what, done.text))
            again = self.tenant.image.get_image(image.id)
            self.assertEqual('queued', again.status)
            reference = self.uploads_reference(image)
            self.assertFalse(self.can_be_pulled(reference), what)

    def test_after_a_refusal_it_may_be_tried_again(self):
        image = self.create()
        self.assertEqual(400, self.put(image, b'x' * 1000).status_code)
        done = self.put(image, rootfs.archive('mine:1'))
        self.assertEqual(204, done.status_code, done.text)

    def test_a_deleted_image_cannot_be_pulled(self):
        image = self.uploaded()
        reference = self.uploads_reference(image)
        self.assertTrue(self.can_be_pulled(reference))
        self.tenant.image.delete_image(image.id)
        self.assertFalse(self.can_be_pulled(reference))


class AttackTest(StoreTestCase):
    """What a tenant may try with what is another's."""

    def setUp(self):
        super().setUp()
        # The admin's project is as foreign to the tenant as any.
        self.foreign = self.create(self.admin, visibility='private')
        done = self.admin.image.put(
            f'/images/{self.foreign.id}/file',
            data=rootfs.archive('secret:1'),
            headers={
                'Content-Type': 'application/octet-stream',
                'X-Image-Meta-Store': STORE,
            },
        )
        self.assertEqual(204, done.status_code, done.text)
        self.url = self.location(self.foreign)
        self.before = self.read(self.foreign, self.admin).content

    def assert_unharmed(self):
        self.assertEqual(
            self.before, self.read(self.foreign, self.admin).content
        )

    def test_a_foreign_location_is_refused_by_the_new_api(self):
        image = self.create()
        done = self.tenant.image.post(
            f'/images/{image.id}/locations', json={'url': self.url}
        )
        self.assertEqual(403, done.status_code, done.text)
        self.assertEqual(
            'queued', self.tenant.image.get_image(image.id).status
        )

    def test_a_foreign_location_is_refused_by_the_old_api(self):
        image = self.uploaded()
        patch = [
            {
                'op': 'add',
                'path': '/locations/-',
                'value': {'url': self.url, 'metadata': {'store': STORE}},
            }
        ]
        done = self.tenant.image.patch(
            f'/images/{image.id}',
            json=patch,
            headers={
                'Content-Type': (
                    'application/openstack-images-v2.1-json-patch'
                )
            },
        )
        self.assertIn(done.status_code, (400, 403), done.text)

    def test_the_store_holds_where_locations_are_shown(self):
        """With the option that operators must not set."""
        image = self.create()
        squatted = self.url.replace(self.foreign.id, image.id)
        value = {'metadata': {'store': STORE}}
        patch = 'application/openstack-images-v2.1-json-patch'
        token = self.tenant.session.get_token()
        asked = [
            (
                'PATCH',
                f'/v2/images/{image.id}',
                token,
                patch,
                [
                    {
                        'op': 'replace',
                        'path': '/locations',
                        'value': [{'url': url, **value}],
                    }
                ],
            )
            for url in (self.url, squatted, self.url[:-1] + 'f')
        ]
        asked.append(
            (
                'POST',
                '/v2/images',
                token,
                'application/json',
                {'name': self.name, 'locations': [{'url': self.url, **value}]},
            )
        )
        with tempfile.NamedTemporaryFile('w') as file:
            json.dump(asked, file)
            file.flush()
            script = f'exec python -c "$0" < {file.name}'
            etc = registry.home() / 'etc/glance'
            done = cloud.quickstart(
                *('exec', 'env', f'OS_GLANCE_CONFIG_DIR={etc}'),
                *('sh', '-c', script, _WITH_LOCATIONS),
            )
        self.assertEqual(0, done.returncode, done.stderr)
        answers = [
            json.loads(line.removeprefix('ANSWER '))
            for line in done.stdout.splitlines()
            if line.startswith('ANSWER ')
        ]
        # 403 would come of Glance, were the option not set.
        self.assertEqual(
            [400, 400, 400, 403], [status for status, _ in answers], answers
        )
        self.tenant.image.delete_image(image.id)
        self.assert_unharmed()

    def test_a_taken_id_cannot_be_squatted(self):
        with contextlib.suppress(openstack.exceptions.HttpException):
            self.create(id=self.foreign.id)
            self.fail('the id was given twice')
        self.assert_unharmed()

    def test_an_upload_meets_no_other_repository(self):
        """The id is free to choose; the repository is the project's."""
        image = self.create(id=str(uuid.uuid4()))
        done = self.put(image, rootfs.archive('mine:1'))
        self.assertEqual(204, done.status_code, done.text)
        project = self.tenant.current_project_id
        self.assertIn(f'//{STORE}/{project}/uploads/', self.location(image))
        self.tenant.image.delete_image(image.id)
        self.assert_unharmed()

    def test_what_is_foreign_cannot_be_pulled(self):
        owner = self.admin.image.get_image(self.foreign.id).owner
        reference = (
            f'{registry.ADDRESS}/{owner}/uploads/{self.foreign.id}'
            f':g-{self.foreign.id}'
        )
        self.assertFalse(self.can_be_pulled(reference))
