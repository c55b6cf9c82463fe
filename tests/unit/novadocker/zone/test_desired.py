import pathlib
import textwrap

import testtools

from novadocker.zone import desired
from novadocker.zone import error
from novadocker.zone import fact
from novadocker.zone import model
from tests.unit.novadocker.zone import clouds

DOC = pathlib.Path(__file__).parents[4] / 'doc/source'
Kind = fact.Kind
Key = fact.Key


class ReadTestCase(testtools.TestCase):
    def _refused(self, text):
        return str(self.assertRaises(error.WishInvalid, desired.read, text))

    def test_usual_wish_isolates_docker_hosts_and_no_others(self):
        wish = desired.read(desired.USUAL)
        docker, kvm = wish.aggregates
        self.assertEqual(('docker', 'docker'), (docker.name, docker.zone))
        self.assertEqual(
            {'trait:CUSTOM_NOVA_DOCKER': 'required'}, docker.metadata
        )
        self.assertEqual(('kvm', None, {}), (kvm.name, kvm.zone, kvm.metadata))
        self.assertEqual((), wish.images)
        self.assertEqual(3, len(wish.flavors))

    def test_usual_wish_is_the_one_that_is_documented(self):
        self.assertIn(
            textwrap.indent(desired.USUAL, '    '),
            (DOC / 'admin/zones.rst').read_text(),
        )

    def test_nothing_is_a_wish_for_nothing(self):
        for text in ('', '{}', 'aggregates:\nflavors:\nimages:\n'):
            self.assertEqual(desired.Wish((), (), ()), desired.read(text))

    def test_names_alone_make_an_aggregate(self):
        (found,) = desired.read('aggregates: {a: }').aggregates
        self.assertEqual(
            ('a', None, ()), (found.name, found.zone, found.hosts)
        )

    def test_numbers_among_texts_are_written_as_they_are_read(self):
        (found,) = desired.read(
            'flavors: {f: {vcpus: 1, ram_mb: 2, disk_gb: 0, '
            'extra_specs: {"docker:pids_limit": 100}}}'
        ).flavors
        self.assertEqual(
            model.Flavor(
                'f', 1, 2, 0, extra_specs={'docker:pids_limit': '100'}
            ),
            found,
        )

    def test_images_are_a_list_or_all(self):
        self.assertEqual(('a', 'b'), desired.read('images: [a, b]').images)
        self.assertEqual(('all',), desired.read('images: all').images)

    def test_what_cannot_be_meant_is_named(self):
        size = '{vcpus: 1, ram_mb: 2, disk_gb: 3'
        for text, sentence in (
            ('{', 'no YAML'),
            ('[a]', 'the file: names and values'),
            ('1: 2', 'the file: names and values'),
            ('hosts: []', 'the file: hosts is not known'),
            ('aggregates: [a]', 'aggregates: names and values'),
            ('aggregates: {a: {host: x}}', 'aggregates: a: host is not known'),
            ('aggregates: {a: {hosts: x}}', 'a: hosts: a list'),
            ('aggregates: {a: {hosts: [1]}}', 'a: hosts: a list'),
            ('aggregates: {a: {availability_zone: "b:c"}}', 'without a colon'),
            ('aggregates: {a: {availability_zone: 1}}', 'has to be a text'),
            ('aggregates: {a: {metadata: {k: true}}}', 'quote it'),
            ('aggregates: {a: {metadata: {k: }}}', 'quote it'),
            (
                'aggregates: {a: {metadata: {availability_zone: z}}}',
                'beside metadata',
            ),
            ('flavors: {f: {vcpus: 1, ram_mb: 2}}', 'disk_gb has to be'),
            ('flavors: {f: {vcpus: true}}', 'vcpus has to be a number'),
            ('flavors: {f: {vcpus: 0}}', 'vcpus has to be a number'),
            (f'flavors: {{f: {size}, extra_specs: [a]}}}}', 'extra_specs'),
            ('images: memcached', 'images: a list'),
        ):
            self.assertIn(sentence, self._refused(text), text)


class FactsTestCase(testtools.TestCase):
    def test_hosts_are_found_by_name_and_by_type(self):
        wish = desired.read(
            'aggregates: {a: {hosts: [k2], hypervisor_types: [Docker]}}'
        )
        cloud = clouds.cloud(
            clouds.host('d1'),
            clouds.host('k1', 'QEMU'),
            clouds.host('k2', 'QEMU'),
        )
        self.assertEqual(
            {
                Key(Kind.AGGREGATE, 'a'): 'present',
                Key(Kind.HOST, 'a', 'd1'): 'present',
                Key(Kind.HOST, 'a', 'k2'): 'present',
            },
            desired.facts(wish, (), cloud),
        )

    def test_images_get_both_properties(self):
        found = desired.facts(
            desired.read(''), [clouds.image('i')], clouds.cloud()
        )
        self.assertEqual(
            {
                Key(Kind.PROPERTY, 'i', 'img_hv_type'): 'docker',
                Key(
                    Kind.PROPERTY, 'i', 'trait:CUSTOM_NOVA_DOCKER'
                ): 'required',
            },
            found,
        )
