"""Names with a colon, asked for by the clients that people have."""

import json
import uuid

from tests.integration import cloud

# What novaclient does for ``nova boot --image``, and glanceclient for a list.
_ASK = """
import json, os, sys
from glanceclient import client as glance
from keystoneauth1 import loading, session
from novaclient import client as nova

name = sys.argv[1]
auth = loading.get_plugin_loader('password').load_from_options(
    auth_url=os.environ['OS_AUTH_URL'],
    username=os.environ['OS_USERNAME'],
    password=os.environ['OS_PASSWORD'],
    project_name=os.environ['OS_PROJECT_NAME'],
    user_domain_name=os.environ['OS_USER_DOMAIN_NAME'],
    project_domain_name=os.environ['OS_PROJECT_DOMAIN_NAME'],
)
made = session.Session(auth=auth)
region = os.environ['OS_REGION_NAME']
by_nova = nova.Client('2.90', session=made, region_name=region)
by_glance = glance.Client('2', session=made, region_name=region)
listed = by_glance.images.list(filters={'name': name})
print(json.dumps({
    'nova': by_nova.glance.find_image(name).id,
    'glance': [image['id'] for image in listed],
}))
"""


class NameTest(cloud.CloudTestCase):
    def setUp(self):
        super().setUp()
        self.word = f'test-{uuid.uuid4().hex[:8]}'
        self.name = f'{self.word}/web:latest'
        self.image = self._create(self.name)

    def _create(self, name):
        image = self.admin.image.create_image(
            name=name,
            container_format='bare',
            disk_format='raw',
            data=b'x',
        )
        self.addCleanup(self.admin.image.delete_image, image.id)
        return image

    def _ask(self, query):
        return self.admin.image.get(f'/images?{query}')

    def _listed(self, query):
        answer = self._ask(query)
        self.assertEqual(200, answer.status_code, answer.text)
        return [image['id'] for image in answer.json()['images']]

    def test_openstackclient_finds_it(self):
        shown = cloud.quickstart(
            *('exec', 'openstack', 'image', 'show', self.name),
            *('-f', 'value', '-c', 'id'),
        )
        self.assertEqual(0, shown.returncode, shown.stderr)
        self.assertEqual(self.image.id, shown.stdout.strip())
        listed = cloud.quickstart(
            *('exec', 'openstack', 'image', 'list', '--name', self.name),
            *('-f', 'value', '-c', 'ID'),
        )
        self.assertEqual([self.image.id], listed.stdout.split())

    def test_the_sdk_finds_it(self):
        self.assertEqual(
            self.image.id, self.admin.image.find_image(self.name).id
        )

    def test_novaclient_and_glanceclient_find_it(self):
        asked = cloud.quickstart('exec', 'python', '-c', _ASK, self.name)
        self.assertEqual(0, asked.returncode, asked.stderr)
        self.assertEqual(
            {'nova': self.image.id, 'glance': [self.image.id]},
            json.loads(asked.stdout),
        )

    def test_every_spelling_finds_it(self):
        encoded = self.name.replace('/', '%2F').replace(':', '%3A')
        for query in (
            f'name={self.name}',
            f'name={encoded}',
            f'n%61me={encoded}',
            f'name=eq:{self.name}',
            f'name=in:{self.name},other:1',
            f'name=in%3A%22{encoded}%22',
            f'name={self.name}&status=active&sort=name:asc',
        ):
            self.assertEqual([self.image.id], self._listed(query), query)

    def test_other_names_are_not_found(self):
        for query in (
            f'name={self.name}2',
            f'name={self.word}/web:old',
            f'name={self.word}/web',
            f'name=eq:eq:{self.name}',
        ):
            self.assertEqual([], self._listed(query), query)

    def test_pages_go_on_with_the_same_name(self):
        other = self._create(self.name)
        answer = self._ask(f'name={self.name}&limit=1').json()
        found = [answer['images'][0]['id']]
        path = answer['next'].removeprefix('/v2')
        answer = self.admin.image.get(path).json()
        found.append(answer['images'][0]['id'])
        self.assertEqual({self.image.id, other.id}, {*found})

    def test_operators_stay_what_they_are(self):
        for operator in ('neq', 'gt', 'lte'):
            answer = self._ask(f'name={operator}:{self.name}')
            self.assertEqual(400, answer.status_code)
            self.assertIn('unknown operator', answer.text)
        self.assertIn(
            self.image.id,
            self._listed('created_at=gt:2020-01-01T00:00:00Z&limit=1000'),
        )
