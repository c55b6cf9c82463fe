"""What goes over the wire: the real SDK, and answers in the APIs' form.

The fake cloud stands in for openstacksdk elsewhere; here it is the real one.
"""

import openstack
import requests
import requests_mock
import testtools

from novadocker.zone import cloud
from novadocker.zone import error
from novadocker.zone import fact
from novadocker.zone import model
from novadocker.zone import writer

COMPUTE = 'http://compute.example/v2.1'
IMAGE = 'http://image.example/v2'
PLACEMENT = 'http://placement.example'
AGGREGATE = {
    'id': 7,
    'uuid': 'uuid-of-docker',
    'name': 'docker',
    'availability_zone': None,
    'hosts': ['d1'],
    'metadata': {'a': 'b'},
    'created_at': '2026-01-01T00:00:00',
    'deleted': False,
}
FLAVOR = {
    'id': 'id-of-tiny',
    'name': 'tiny',
    'vcpus': 1,
    'ram': 64,
    'disk': 1,
    'swap': 0,
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'os-flavor-access:is_public': True,
    'extra_specs': {'k': 'v'},
}
HYPERVISOR = {
    'id': 'id-of-node',
    'hypervisor_hostname': 'd1.example',
    'hypervisor_type': 'docker',
    'cpu_info': {'arch': 'x86_64', 'topology': {}},
    'service': {'host': 'd1', 'id': 'x', 'disabled_reason': None},
    'servers': [{'uuid': 'u', 'name': 'n'}],
}
SERVICE = {
    'id': 'x',
    'binary': 'nova-compute',
    'host': 'd1',
    'zone': 'nova',
    'state': 'up',
    'status': 'enabled',
    'disabled_reason': None,
    'forced_down': False,
}
ROW = {
    'id': 'i1',
    'name': 'web:1',
    'container_format': 'docker',
    'disk_format': 'raw',
    'status': 'active',
    'img_hv_type': 'docker',
    'trait:CUSTOM_NOVA_DOCKER': 'required',
}
PROVIDERS = {'resource_providers': [{'uuid': 'p1', 'name': 'd1.example'}]}


class WireTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.wire = requests_mock.Mocker()
        self.wire.start()
        self.addCleanup(self.wire.stop)
        self._answer_versions()
        self._answer_reads()
        self.connection = openstack.connect(
            load_envvars=False,
            load_yaml_config=False,
            auth_type='none',
            auth={'endpoint': COMPUTE},
            compute_endpoint_override=COMPUTE,
            image_endpoint_override=IMAGE,
            placement_endpoint_override=PLACEMENT,
            compute_default_microversion=cloud.COMPUTE_VERSION,
        )
        self.addCleanup(self.connection.close)

    def _answer_versions(self):
        for url, version, rest in (
            (COMPUTE, 'v2.1', {'version': '2.103', 'min_version': '2.1'}),
            (IMAGE, 'v2.16', {}),
            (PLACEMENT, 'v1.0', {'max_version': '1.39', 'min_version': '1.0'}),
        ):
            about = {
                'id': version,
                'status': 'CURRENT',
                'links': [{'rel': 'self', 'href': url}],
                **rest,
            }
            self.wire.get(url, json={'version': about, 'versions': [about]})

    def _answer_reads(self):
        for url, document in (
            (
                f'{COMPUTE}/os-hypervisors/detail',
                {'hypervisors': [HYPERVISOR]},
            ),
            (f'{COMPUTE}/os-services', {'services': [SERVICE]}),
            (f'{COMPUTE}/os-aggregates', {'aggregates': [AGGREGATE]}),
            (f'{COMPUTE}/flavors/detail', {'flavors': [FLAVOR]}),
            (f'{IMAGE}/images', {'images': [ROW]}),
            (f'{PLACEMENT}/resource_providers', PROVIDERS),
        ):
            self.wire.get(url, json=document)

    def _last(self):
        return self.wire.request_history[-1]

    def test_cloud_is_read(self):
        found = cloud.read(self.connection)
        self.assertEqual(
            model.Host(
                *('d1', 'd1.example', 'nova', 'docker', 'x86_64'),
                servers=1,
                has_trait=True,
            ),
            found.hosts['d1'],
        )
        self.assertEqual(
            frozenset({'d1.example'}), found.aggregates['docker'].nodes
        )
        self.assertEqual({'k': 'v'}, found.flavors['tiny'].extra_specs)
        (image,) = found.images
        self.assertEqual(model.IMAGE_PROPERTIES, image.properties)

    def test_what_is_asked_for(self):
        cloud.read(self.connection)
        asked = {
            each.path: each.qs for each in self.wire.request_history if each.qs
        }
        self.assertEqual(
            ['true'], asked['/v2.1/os-hypervisors/detail']['with_servers']
        )
        self.assertEqual(
            {'binary': ['nova-compute']}, asked['/v2.1/os-services']
        )
        # Those that are not public, too.
        self.assertEqual(['none'], asked['/v2.1/flavors/detail']['is_public'])
        for each in self.wire.request_history:
            if each.path.startswith('/v2.1/'):
                self.assertEqual(
                    'compute 2.87', each.headers['OpenStack-API-Version']
                )
            elif each.path == '/resource_providers':
                self.assertEqual(
                    'placement 1.30', each.headers['OpenStack-API-Version']
                )

    def _fails(self, kind, sentence):
        err = self.assertRaises(kind, cloud.read, self.connection)
        self.assertIn(sentence, str(err))

    def test_somebody_who_is_no_administrator(self):
        text = "Policy doesn't allow it to be performed."
        self.wire.get(
            f'{COMPUTE}/os-hypervisors/detail',
            status_code=403,
            json={'forbidden': {'code': 403, 'message': text}},
            headers={'Content-Type': 'application/json'},
        )
        self._fails(error.CloudRefused, f'{text} Most often it is the role')

    def test_api_that_is_away(self):
        for url in (
            f'{COMPUTE}/os-aggregates',
            f'{PLACEMENT}/resource_providers',
        ):
            self.wire.get(url, exc=requests.exceptions.ConnectionError)
            self._fails(error.CloudUnclear, f'connection to {url}')
            self.wire.get(
                url,
                status_code=503,
                text='<h1>Nobody home</h1>',
                headers={'Content-Type': 'text/html'},
            )
            self._fails(error.CloudUnclear, 'Nobody home')
            self._answer_reads()

    def test_something_else_answers(self):
        self.wire.get(f'{PLACEMENT}/resource_providers', text='<h1>Hi</h1>')
        self._fails(error.CloudUnclear, 'An answer is no JSON')

    def test_hidden_image_is_read(self):
        image_id = '7d4a51ea-9ac4-4f31-8f5a-9d6a6f1c2d11'
        url = f'{IMAGE}/images/{image_id}'
        self.wire.get(url, json={**ROW, 'id': image_id, 'os_hidden': True})
        found = cloud.read_image(self.connection, image_id)
        self.assertEqual('docker', found.properties['img_hv_type'])

    def test_provider_is_read(self):
        place = f'{PLACEMENT}/resource_providers/p1'
        stock = {
            'total': 4,
            'reserved': 0,
            'allocation_ratio': 2.0,
            'max_unit': 4,
        }
        self.wire.get(f'{place}/traits', json={'traits': ['T']})
        self.wire.get(
            f'{place}/inventories', json={'inventories': {'VCPU': stock}}
        )
        self.wire.get(f'{place}/usages', json={'usages': {'VCPU': 1}})
        self.assertEqual(
            model.Provider(
                frozenset({'T'}), {'VCPU': model.Inventory(8, 1, 4)}
            ),
            cloud.read_provider(self.connection, 'd1.example'),
        )

    def _put(self, method, url, kind, *names, value='v', answer=None):
        """Make a fact true, and give what was sent."""
        self.wire.register_uri(method, url, json=answer or {})
        key = fact.Key(kind, *names)
        writer.Writer(self.connection).put(key, value)
        self.assertEqual(
            (method, url), (self._last().method, self._last().url)
        )
        return self._last().json() if self._last().body else None

    def test_property_of_an_image(self):
        url = f'{IMAGE}/images/i1'
        for value, step in (
            ('v', {'op': 'add', 'path': '/trait:X', 'value': 'v'}),
            (None, {'op': 'remove', 'path': '/trait:X'}),
        ):
            sent = self._put(
                *('PATCH', url, fact.Kind.PROPERTY, 'i1', 'trait:X'),
                value=value,
            )
            self.assertEqual([step], sent)
            self.assertEqual(
                'application/openstack-images-v2.1-json-patch',
                self._last().headers['Content-Type'],
            )

    def test_aggregate(self):
        kind, url = fact.Kind, f'{COMPUTE}/os-aggregates'
        for method, place, key, value, expected in (
            (
                *('POST', url, (kind.AGGREGATE, 'new'), 'present'),
                {'aggregate': {'name': 'new'}},
            ),
            (
                *('PUT', f'{url}/7', (kind.ZONE, 'docker'), 'z'),
                {'aggregate': {'availability_zone': 'z'}},
            ),
            ('DELETE', f'{url}/7', (kind.AGGREGATE, 'docker'), None, None),
        ):
            sent = self._put(
                *(method, place, *key),
                value=value,
                answer={'aggregate': AGGREGATE},
            )
            self.assertEqual(expected, sent)

    def test_actions_on_an_aggregate(self):
        kind = fact.Kind
        for key, value, sent in (
            (
                (kind.METADATA, 'docker', 'k'),
                *('v', {'set_metadata': {'metadata': {'k': 'v'}}}),
            ),
            (
                (kind.METADATA, 'docker', 'k'),
                *(None, {'set_metadata': {'metadata': {'k': None}}}),
            ),
            (
                (kind.HOST, 'docker', 'd2'),
                *('present', {'add_host': {'host': 'd2'}}),
            ),
            (
                (kind.HOST, 'docker', 'd1'),
                *(None, {'remove_host': {'host': 'd1'}}),
            ),
        ):
            found = self._put(
                *('POST', f'{COMPUTE}/os-aggregates/7/action', *key),
                value=value,
                answer={'aggregate': AGGREGATE},
            )
            self.assertEqual(sent, found)

    def test_flavor(self):
        sent = self._put(
            *('POST', f'{COMPUTE}/flavors', fact.Kind.FLAVOR, 'new'),
            value='1 vCPU, 64 MiB, 2 GiB',
            answer={'flavor': FLAVOR},
        )
        self.assertEqual(
            {'name': 'new', 'vcpus': 1, 'ram': 64, 'disk': 2}, sent['flavor']
        )
        place = f'{COMPUTE}/flavors/id-of-tiny'
        self._put('DELETE', place, fact.Kind.FLAVOR, 'tiny', value=None)
        specs = f'{place}/os-extra_specs'
        spec = (fact.Kind.EXTRA_SPEC, 'tiny', 'docker:x')
        sent = self._put('POST', specs, *spec)
        self.assertEqual({'extra_specs': {'docker:x': 'v'}}, sent)
        self._put('DELETE', f'{specs}/docker:x', *spec, value=None)
