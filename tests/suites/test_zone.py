"""A docker host beside one of another driver, set up by ``novadocker-zone``.

Nova's API, scheduler and Placement are the real ones, so what the command
says that they do is what they do. The other host has Nova's fake driver, and
the scheduler likes it better.
"""

import contextlib
import io
import pathlib
import types

import fixtures
from keystoneauth1 import session
from keystoneauth1 import token_endpoint
from nova import test
from nova.tests import fixtures as nova_fixtures
from nova.tests.functional import integrated_helpers
from nova.virt import fake
from openstack import connection

from novadocker.cmd import zone
from novadocker.zone import cloud as zone_cloud
from novadocker.zone import desired
from novadocker.zone import error
from novadocker.zone import fact
from novadocker.zone import model
from novadocker.zone import writer
from tests.fixtures import fake_cloud
from tests.suites import suite

DOCKER, KVM = 'compute', 'kvm-host'
# What stands for virtual machines here calls itself so.
WISH = desired.USUAL.replace('[QEMU]', '[fake]')
FAKE_DRIVER = fake.FakeDriver
Kind = fact.Kind


class ZoneCase(suite.Case, integrated_helpers._IntegratedTestBase):
    ADMIN_API = True
    microversion = '2.100'
    CAST_AS_CALL = False

    def setUp(self):
        self.flags(enable_isolated_aggregate_filtering=True, group='scheduler')
        self.useFixture(
            nova_fixtures.HostNameWeigherFixture({KVM: 100, DOCKER: 1})
        )
        super().setUp()
        self.cloud = self._connect()
        self.useFixture(
            fixtures.MonkeyPatch(
                'novadocker.zone.cloud.connect', lambda *names: self.cloud
            )
        )
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.file = self.folder / 'zone.yaml'
        self.file.write_text(WISH)
        self.container = self.glance.image1['id']
        self.disk = self.glance.image2['id']
        self._label(self.container, 'docker', model.IMAGE_PROPERTIES)
        self._label(self.disk, 'bare', {})

    def _setup_compute_service(self):
        docker = self._start_compute(DOCKER)
        self.stub_out('nova.virt.fake.FakeDriver', FAKE_DRIVER)
        test.TestCase.flags(self, compute_driver='fake.FakeDriver')
        self._start_compute(KVM)
        return docker

    def _connect(self):
        """Reach the APIs of this process as an administrator does."""
        headers = {
            'X-Auth-User': 'admin',
            'X-User-Id': 'admin',
            'X-Auth-Project-Id': self.api.project_id,
            'X-Roles': 'admin,member,reader',
        }
        reached = connection.Connection(
            session=session.Session(
                auth=token_endpoint.Token('http://unused', 'admin'),
                additional_headers=headers,
            ),
            compute_endpoint_override=self.api.base_url,
            placement_endpoint_override=self.placement_fixture.endpoint,
            compute_default_microversion=zone_cloud.COMPUTE_VERSION,
        )
        self.addCleanup(reached.close)
        return types.SimpleNamespace(
            compute=reached.compute,
            placement=reached.placement,
            image=fake_cloud.FakeImage(),
            config=fake_cloud.FakeConnection().config,
        )

    def _label(self, image_id, container_format, properties):
        """Tell Nova's fake of Glance and ours the same of an image."""
        image = self.glance.images[image_id]
        image['container_format'] = container_format
        image['properties'] = dict(properties)
        self.cloud.image.add(
            *(image_id, image['name'], container_format), **properties
        )

    def zone(self, code, command, *words):
        """Run the command, and give what it said; ``cried`` is the rest."""
        if command in ('apply', 'check'):
            words = (*words, '--file', str(self.file))
        if command in ('apply', 'undo'):
            words = (*words, '--record', str(self.folder / 'record.json'))
        said, cried = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(cried),
        ):
            found = zone.main([command, *words])
        # Among what the SDK warns of.
        self.cried = cried.getvalue()
        self.assertEqual(code, found, said.getvalue() + self.cried)
        return said.getvalue()

    def boot(self, image_id, **request):
        return self._create_server(
            image_uuid=image_id, networks='none', **request
        )

    def host_of(self, server):
        return server['OS-EXT-SRV-ATTR:host']

    def refused(self, image_id, **request):
        """Boot what cannot be booted, and give the fault."""
        server = self.boot(image_id, expected_state='ERROR', **request)
        return server['fault']['message']

    def disable(self, host):
        """Let a host take no servers any more."""
        (service,) = self.cloud.compute.services(
            binary='nova-compute', host=host
        )
        self.cloud.compute.disable_service(service, disabled_reason='fan')

    def facts(self):
        return fact.from_cloud(zone_cloud.read(self.cloud))

    def put(self, kind, *names, value=fact.PRESENT):
        writer.Writer(self.cloud).put(fact.Key(kind, *names), value)


class LandingTest(ZoneCase):
    def setUp(self):
        super().setUp()
        self.zone(0, 'apply')

    def test_each_image_lands_where_explain_says_and_nowhere_else(self):
        for image_id, host, other in (
            (self.container, DOCKER, KVM),
            (self.disk, KVM, DOCKER),
        ):
            self.assertEqual(host, self.host_of(self.boot(image_id)))
            self.zone(0, 'explain', image_id, '--host', host)
            self.zone(1, 'explain', image_id, '--host', other)
            self.disable(host)
            self.assertIn('No valid host', self.refused(image_id))
            said = self.zone(1, 'explain', image_id)
            self.assertIn('nova-compute is disabled (fan)', said)

    def test_host_that_is_named(self):
        """It is not filtered, and neither Placement nor a driver is asked."""
        labelled = self.glance.image3['id']
        self._label(labelled, 'bare', model.IMAGE_PROPERTIES)
        for image_id, host, step, sentence in (
            (self.disk, DOCKER, 'isolate_aggregates', 'No valid host'),
            (self.container, KVM, 'traits', 'No valid host'),
            (labelled, DOCKER, 'driver', 'container_format=bare'),
        ):
            fault = self.refused(image_id, az=f'nova:{host}')
            self.assertIn(sentence, fault)
            said = self.zone(1, 'explain', image_id, '--zone', f'nova:{host}')
            self.assertIn(f'NO  {step}: ', said)


class SetUpTest(ZoneCase):
    def test_cloud_is_as_it_was_after_undo(self):
        self._rack()
        before = self.facts()
        self.assertIn('+ aggregate docker: host', self.zone(0, 'apply'))
        after = self.facts()
        self.assertLess(before.items(), after.items())
        self.assertEqual('docker', after[fact.Key(Kind.ZONE, 'docker')])
        self.assertEqual('Nothing had to change.\n', self.zone(0, 'apply'))
        self.assertEqual('Nothing is off.\n', self.zone(0, 'check'))

        server = self.boot(self.container)
        self.zone(1, 'undo')
        self.assertIn('cannot leave aggregate docker', self.cried)
        self.assertEqual(after, self.facts())
        leaving = (Kind.HOST, 'docker', DOCKER)
        self.assertRaises(error.CloudRefused, self.put, *leaving, value=None)
        self._delete_server(server)
        self.zone(0, 'undo')
        self.assertEqual(before, self.facts())

    def _rack(self):
        """Make an aggregate that is not ours."""
        self.put(Kind.AGGREGATE, 'rack')
        self.put(Kind.METADATA, 'rack', 'ssd', value='true')
        for host in (DOCKER, KVM):
            self.put(Kind.HOST, 'rack', host)

    def test_servers_keep_their_zone(self):
        """What is left out is what Nova would have refused."""
        self.put(Kind.AGGREGATE, 'east')
        self.put(Kind.ZONE, 'east', value='east')
        before = self.facts()
        self.boot(self.container)
        self.zone(1, 'apply')
        self.assertIn('Aggregate docker cannot get zone docker', self.cried)
        joined = fact.Key(Kind.HOST, 'docker', DOCKER)
        self.assertIn(joined, self.facts())
        for names, value in (
            ((Kind.ZONE, 'docker'), 'docker'),
            ((Kind.HOST, 'east', DOCKER), fact.PRESENT),
        ):
            self.assertRaises(
                error.CloudRefused, self.put, *names, value=value
            )
        self.zone(0, 'undo')
        self.assertEqual(before, self.facts())
