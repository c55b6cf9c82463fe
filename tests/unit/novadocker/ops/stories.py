"""What the tests of stories share: an engine and a plumber in memory."""

import contextlib
import dataclasses
import os
import uuid

import fixtures
from nova import context as nova_context
import testtools

from novadocker import identity
from novadocker import model
from novadocker.network import metadata
from novadocker.network import wiring
from novadocker.ops import create
from novadocker.ops import patience
from novadocker.ops import tools as ops_tools
from novadocker.spec import builder
from novadocker.volume import volumes
from tests.fixtures import fake_disks
from tests.fixtures import fake_engine
from tests.fixtures import fake_network
from tests.fixtures import vif

FLAVOR = model.Flavor(vcpus=1, memory_mb=64, swap_mb=0, root_gb=1)


def with_properties(view, **properties):
    """Give a view of the same server, of an image with properties."""
    return dataclasses.replace(view, image_properties=properties)


class FakeImages:
    """The image store, reduced to what a boot asks of it."""

    def __init__(self, engine):
        self._engine = engine
        self.has_command = True
        self.failure = None
        self.max_bytes = None

    def ensure(self, context, image_id, *, max_bytes, trusted_certs=None):
        self.max_bytes = max_bytes
        if self.failure:
            raise self.failure
        reference = f'{identity.image_repository(image_id)}:digest'
        image = self._engine.add_image(reference)
        return model.LoadedImage(
            image_id=image_id,
            reference=reference,
            config_digest=image.id,
            size_bytes=1,
            has_command=self.has_command,
        )


class StoryTestCase(testtools.TestCase):
    """A host with nothing on it and one instance to work with."""

    def setUp(self):
        super().setUp()
        # Formats every record, and keeps them out of the output.
        self.log = self.useFixture(fixtures.FakeLogger())
        self.now = 0.0
        self.while_asleep = None
        self.instances = self.useFixture(fixtures.TempDir()).path
        self.engine = fake_engine.FakeEngine()
        self.plumber = fake_network.FakePlumber()
        self.connector = fake_disks.FakeConnector()
        self.disks = self.useFixture(fake_disks.FakeDisks(self.engine))
        self.images = FakeImages(self.engine)
        self.tools = ops_tools.Tools(
            engine=self.engine,
            plumber=self.plumber,
            metadata_ports=metadata.MetadataPorts(lambda network_id: []),
            wiring=wiring.Wiring(
                lambda port: port not in self.unwired,
                within_s=10,
                clock=self._now,
                sleep=self._sleep,
            ),
            host=builder.Host('host1', 'nova', has_disk_quota=False),
            settings=ops_tools.Settings(self.instances, start_check_ms=200),
            volumes=volumes.Volumes(
                '/run/nova-docker/netns',
                self.connector,
                volumes.Settings(is_enabled=True, filesystem='ext4'),
                clock=self._now,
                sleep=self._sleep,
            ),
            patience=patience.Patience(clock=self._now, sleep=self._sleep),
        )
        self.uuid = str(uuid.uuid4())
        self.instance = vif.instance(self.uuid)
        self.context = nova_context.RequestContext(
            'user', 'demo', is_admin=False
        )
        self.ports = [vif.vif(vif.subnet('10.0.0.0/24', '10.0.0.5'))]
        self.view = model.Instance(
            uuid=self.uuid,
            name='instance-1',
            hostname='web',
            project_id='p',
            flavor=FLAVOR,
        )
        self.wait_failure = None
        self.unwired = set()

    def _now(self):
        return self.now

    def _sleep(self, seconds):
        self.now += seconds
        if self.while_asleep:
            self.while_asleep()

    @contextlib.contextmanager
    def wait(self, instance, network_info):
        yield
        if self.wait_failure:
            raise self.wait_failure

    def boot(self, *, power_on=True, **guest):
        request = create.Boot(
            instance=self.instance,
            view=self.view,
            image_id='image',
            network_info=self.ports,
            power_on=power_on,
            **guest,
        )
        create.Creator(self.tools, self.images, self.wait).create(
            None, request
        )
        return self.found()

    def found(self):
        return ops_tools.find(self.tools, self.uuid)

    def assert_nothing_left(self):
        self.engine.is_available = True
        self.assertEqual([], self.engine.containers())
        self.assertEqual(set(), self.plumber.netns)
        self.assertEqual({}, self.plumber.plugged)
        self.assertEqual({}, self.plumber.mapped)
        self.assertEqual([], os.listdir(self.instances))
