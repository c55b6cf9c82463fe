import hashlib
import io
import os
import types
from unittest import mock

import fixtures
from glance_store import exceptions
from glance_store import location as glance_location
from oslo_config import cfg
import testtools

from glance_bridge import exception
from glance_bridge import location
from glance_bridge.store import driver
from glance_bridge.store import option
from ocikit import platform
from tests.fixtures import archives
from tests.fixtures import fake_registry

GROUP = 'registry'
IMAGE = 'a3f1c2d4-0000-4000-8000-000000000001'
PROJECT = '0123456789abcdef0123456789abcdef'
LAYERS = (archives.layer(1), archives.layer(2, 3000))
NEEDED = {
    'registry_url': 'http://192.0.2.1:5042',
    'registry_token_url': 'http://192.0.2.1:5042/token',
    'registry_user': 'glance',
    'registry_password': 'secret',
}
TENANT = types.SimpleNamespace(
    roles=['member'], service_roles=[], project_id=PROJECT
)
SERVICE = types.SimpleNamespace(
    roles=['service'], service_roles=[], project_id=PROJECT
)


class DriverTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.conf = cfg.ConfigOpts()
        self.conf([], project='glance', default_config_files=[])
        self.conf.register_opts(option.OPTIONS, group=GROUP)
        self.folder = self.useFixture(fixtures.TempDir()).path
        self.config(**NEEDED, registry_spool_dir=self.folder)
        self.config(registry_platform='linux/amd64')
        self.registry = fake_registry.FakeRegistry()
        self.store = self.make()

    def config(self, **options):
        for name, value in options.items():
            self.conf.set_override(name, value, group=GROUP)

    def make(self):
        store = driver.Store(self.conf, GROUP)
        store._registry = store._engine = self.registry
        store.configure(re_raise_bsc=True)
        return store

    def locate(self, url):
        return glance_location.Location(
            location.SCHEME,
            *(driver.StoreLocation, self.conf),
            uri=url,
            backend=GROUP,
        )

    def add(self, content=None, image_id=IMAGE, context=TENANT, **more):
        if content is None:
            content = archives.saved(LAYERS)
        return self.store.add(
            image_id, io.BytesIO(content), 0, 'sha512', context, **more
        )

    def uploaded(self):
        return self.locate(self.add()[0])


class ConfigureTest(DriverTestCase):
    def misconfigured(self, backend=GROUP):
        store = driver.Store(self.conf, backend)
        caught = self.assertRaises(
            exceptions.BadStoreConfiguration,
            *(store.configure, True),
        )
        return str(caught)

    def test_what_is_missing_is_named(self):
        self.config(registry_user=None, registry_password='')
        self.assertIn('registry_user, registry_password', self.misconfigured())

    def test_an_address_is_no_more_than_one(self):
        self.config(registry_url='http://192.0.2.1/x')
        self.assertIn('HOST', self.misconfigured())

    def test_a_platform_is_two_words(self):
        self.config(registry_platform='amd64')
        self.assertIn('linux/amd64', self.misconfigured())

    def test_a_store_without_a_name_is_none(self):
        self.assertIn('enabled_backends', self.misconfigured(None))

    def test_a_misconfigured_store_takes_nothing_in(self):
        self.config(registry_user=None)
        store = driver.Store(self.conf, GROUP)
        store.configure()
        self.assertRaises(
            exceptions.StoreAddDisabled,
            *(store.add, IMAGE, io.BytesIO(b''), 0, 'sha512'),
        )

    def test_the_platform_is_this_machines_unless_said(self):
        self.config(registry_platform=None)
        store = driver.Store(self.conf, GROUP)
        machine = platform.from_machine(os.uname().machine)
        self.assertEqual(machine, store._platform)

    def test_the_registry_is_the_one_of_the_options(self):
        store = driver.Store(self.conf, GROUP)
        with mock.patch(
            'glance_bridge.registry.client.Registry', autospec=True
        ) as made:
            store.configure()
            _ = store._engine
        for call, can_delete_tag in zip(
            made.call_args_list, (True, False), strict=True
        ):
            self.assertEqual(NEEDED['registry_url'], call.args[0])
            self.assertEqual(can_delete_tag, call.kwargs['can_delete_tag'])

    def test_glance_knows_whose_location_it_is(self):
        self.assertEqual((location.SCHEME,), self.store.get_schemes())
        url, *_ = self.add()
        self.assertTrue(url.startswith(self.store.url_prefix))

    def test_glance_finds_the_class_of_locations(self):
        self.assertIs(
            driver.StoreLocation, self.store.get_store_location_class()
        )


class LocationTest(DriverTestCase):
    URL = f'docker-registry://registry/demo/web@sha256:{"a" * 64}/{IMAGE}'

    def test_a_location_is_read_and_written(self):
        found = self.locate(self.URL)
        self.assertEqual(self.URL, found.get_store_uri())
        again = glance_location.Location(
            location.SCHEME,
            *(driver.StoreLocation, self.conf),
            store_specs={'location': found.store_location.found},
        )
        self.assertEqual(self.URL, again.get_store_uri())

    def test_what_the_bridge_did_not_write_is_no_location(self):
        for change in (
            ('registry/', 'registry:5000/'),
            ('registry/', 'evil.example.org/'),
            ('registry/', 'other/'),
            ('registry/', 'user:password@registry/'),
            ('demo/web', '../../web'),
            ('demo/web', 'web'),
            (f'/{IMAGE}', ''),
            ('sha256:', 'latest:'),
            (IMAGE, f'{IMAGE}?x=y'),
            (IMAGE, f'{IMAGE}#x'),
            ('docker-registry', 'http'),
        ):
            url = self.URL.replace(*change)
            self.assertRaises(exceptions.BadStoreUri, self.locate, url)


class AddTest(DriverTestCase):
    def test_an_upload_becomes_an_image_of_the_project(self):
        url, size, checksum, multihash, metadata = self.add()
        found = location.parse(url)
        self.assertEqual(f'{PROJECT}/uploads/{IMAGE}', found.repository)
        self.assertEqual(IMAGE, found.image_id)
        self.assertEqual({'store': GROUP}, metadata)
        self.assertEqual(
            found.manifest_digest,
            self.registry.tagged[found.repository, location.pin_of(IMAGE)],
        )
        chunks, _ = self.store.get(self.locate(url))
        content = b''.join(chunks)
        self.assertEqual(size, len(content))
        self.assertEqual(hashlib.md5(content).hexdigest(), checksum)
        self.assertEqual(hashlib.sha512(content).hexdigest(), multihash)

    def test_only_the_pin_names_it(self):
        self.add()
        self.assertEqual(
            [location.pin_of(IMAGE)],
            self.registry.tags(f'{PROJECT}/uploads/{IMAGE}'),
        )

    def test_no_other_tenants_image_can_be_meant(self):
        """Whose id the image has does not matter: the project decides."""
        url, *_ = self.add()
        other = types.SimpleNamespace(
            roles=['member'], service_roles=[], project_id='b' * 32
        )
        squatted, *_ = self.add(
            archives.saved([archives.layer(9)]), context=other
        )
        self.assertNotEqual(
            location.parse(url).repository, location.parse(squatted).repository
        )
        self.store.delete(self.locate(squatted))
        self.assertEqual(
            [location.pin_of(IMAGE)],
            self.registry.tags(location.parse(url).repository),
        )

    def test_a_hostile_archive_is_an_invalid_one(self):
        self.assertRaises(exceptions.Invalid, self.add, b'x' * 5000)
        self.assertEqual({}, self.registry.blobs)
        self.assertEqual([], os.listdir(self.folder))

    def test_who_has_no_project_has_no_repository(self):
        for context in (
            None,
            types.SimpleNamespace(project_id=None),
            types.SimpleNamespace(project_id='../x'),
            types.SimpleNamespace(project_id='A/b'),
        ):
            self.assertRaises(exceptions.Invalid, self.add, context=context)

    def test_an_id_that_no_tag_can_hold_is_refused(self):
        for image_id in (IMAGE.upper(), '../../x', ''):
            self.assertRaises(exceptions.Invalid, self.add, image_id=image_id)

    def test_a_signed_archive_is_refused(self):
        self.assertRaises(exceptions.Invalid, self.add, verifier=object())

    def test_a_registry_that_is_away_is_said_to_be(self):
        self.registry.failure = exception.RegistryUnavailable('x')
        self.assertRaises(exceptions.TimeoutError, self.add)


class GetTest(DriverTestCase):
    def get(self, found, **part):
        chunks, size = self.store.get(found, **part)
        content = b''.join(chunks)
        self.assertEqual(size, len(content))
        return content

    def test_a_part_is_that_of_the_whole(self):
        found = self.uploaded()
        whole = self.get(found)
        for offset, count in ((0, 1), (700, 5000), (len(whole) - 3, 99)):
            self.assertEqual(
                whole[offset : offset + count],
                self.get(found, offset=offset, chunk_size=count),
            )
        self.assertEqual(whole[900:], self.get(found, offset=900))
        self.assertEqual(b'', self.get(found, offset=len(whole) + 1))

    def test_what_is_gone_is_not_found(self):
        found = self.uploaded()
        self.registry.manifests.clear()
        self.assertRaises(exceptions.NotFound, self.store.get, found)

    def test_a_registry_that_is_away_is_said_to_be(self):
        found = self.uploaded()
        self.registry.failure = exception.RegistryUnavailable('x')
        self.assertRaises(
            exceptions.RemoteServiceUnavailable, self.store.get, found
        )


class GetSizeTest(DriverTestCase):
    def test_a_service_learns_the_size(self):
        found = self.uploaded()
        _, size = self.store.get(found)
        self.assertEqual(size, self.store.get_size(found, SERVICE))

    def test_a_tenant_learns_nothing(self):
        there = self.uploaded()
        gone = self.locate(
            f'docker-registry://registry/demo/x@sha256:{"b" * 64}/{IMAGE}'
        )
        texts = {
            str(
                self.assertRaises(
                    exceptions.BadStoreUri,
                    *(self.store.get_size, found, context),
                )
            )
            for found in (there, gone)
            for context in (TENANT, None)
        }
        self.assertEqual(1, len(texts))

    def test_what_is_no_image_is_no_location(self):
        found = self.locate(
            f'docker-registry://registry/demo/x@sha256:{"b" * 64}/{IMAGE}'
        )
        self.assertRaises(
            exceptions.NotFound, self.store.get_size, found, SERVICE
        )


class DeleteTest(DriverTestCase):
    def test_only_the_pin_goes(self):
        found = self.uploaded()
        repository = found.store_location.found.repository
        digest = found.store_location.found.manifest_digest
        content = self.registry.manifest(repository, digest).content
        self.registry.put_manifest(repository, 'latest', content, 'x')
        self.store.delete(found)
        self.assertEqual(['latest'], self.registry.tags(repository))
        self.assertEqual(
            content, self.registry.manifest(repository, digest).content
        )

    def test_what_is_gone_is_not_found(self):
        found = self.uploaded()
        self.store.delete(found)
        self.assertRaises(exceptions.NotFound, self.store.delete, found)

    def test_while_the_registry_is_away_the_image_stays(self):
        found = self.uploaded()
        self.registry.failure = exception.RegistryUnavailable('x')
        self.assertRaises(exceptions.TimeoutError, self.store.delete, found)

    def test_who_may_read_an_image_changes_nothing_here(self):
        self.registry.failure = AssertionError('nothing to ask')
        self.store.set_acls(object(), public=True, read_tenants=['x'])
