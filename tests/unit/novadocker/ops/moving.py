"""What the tests of moves share: two hosts in memory, and Glance between."""

import dataclasses
import os

import fixtures

from novadocker import identity
from novadocker import model
from novadocker.image import depot
from novadocker.image import layer
from novadocker.image import parcel
from novadocker.ops import arrival
from novadocker.ops import create
from novadocker.ops import departure
from novadocker.ops import luggage as ops_luggage
from novadocker.ops import tools as ops_tools
from novadocker.spec import builder
from novadocker.volume import volumes
from tests.fixtures import fake_disks
from tests.fixtures import fake_engine
from tests.fixtures import fake_glance
from tests.fixtures import fake_network
from tests.unit.novadocker.ops import stories

LARGER = dataclasses.replace(stories.FLAVOR, memory_mb=128)


class MoveTestCase(stories.StoryTestCase):
    """A server that runs on one of two hosts."""

    # What it has of Cinder.
    volumes = ()

    def setUp(self):
        super().setUp()
        self.begin()

    def anew(self):
        """Begin once more, with hosts that have nothing on them."""
        self.engine = fake_engine.FakeEngine()
        self.plumber = fake_network.FakePlumber()
        self.images = stories.FakeImages(self.engine)
        self.disks.engines = [self.engine]
        self.tools = dataclasses.replace(
            self.tools, engine=self.engine, plumber=self.plumber
        )
        self.begin()

    def begin(self):
        self.glance = fake_glance.FakeGlance(image={'status': 'active'})
        self.depot = depot.Depot(self.glance, self.glance.fetch)
        self.instance.image_ref = 'image'
        self.instance.trusted_certs = None
        self.source = self.tools
        self.connector_there = fake_disks.FakeConnector()
        self.target = dataclasses.replace(
            self.tools,
            engine=fake_engine.FakeEngine(),
            volumes=volumes.Volumes(
                '/run/nova-docker/netns',
                self.connector_there,
                volumes.Settings(is_enabled=True, filesystem='ext4'),
                clock=self._now,
                sleep=self._sleep,
            ),
            plumber=fake_network.FakePlumber(),
            host=builder.Host('host2', 'nova', has_disk_quota=False),
            settings=dataclasses.replace(
                self.tools.settings,
                instances_path=self.useFixture(fixtures.TempDir()).path,
            ),
        )
        self.disks.engines.append(self.target.engine)
        self.first = self.boot(volumes=self.volumes)

    def _parcels(self, tools):
        return parcel.Parcels(
            tools.engine,
            tools.settings.instances_path,
            architecture='x86_64',
            layers=layer.Layers(tools.engine, fake_engine.CLOSED),
        )

    def move(self, *, stays, flavor=LARGER, **changes):
        usual = {
            'id': 'move',
            'instance': self.instance,
            'view': dataclasses.replace(self.view, flavor=flavor),
            'network_info': self.ports,
            'stays': stays,
            'timeout_s': 5,
            'volumes': self.volumes,
        }
        return departure.Move(**{**usual, **changes})

    def departure(self):
        return departure.Departure(
            self.source, self._parcels(self.source), self.depot
        )

    def depart(self, *, stays=False, **changes):
        return self.departure().depart(
            self.context, self.move(stays=stays, **changes)
        )

    def arrival(self, tools):
        return arrival.Arrival(
            tools,
            stories.FakeImages(tools.engine),
            self._parcels(tools),
            self.depot,
        )

    def arriving(self, **changes):
        usual = {
            'instance': self.instance,
            'view': dataclasses.replace(self.view, flavor=LARGER),
            'image_id': 'image',
            'network_info': self.ports,
            'volumes': self.volumes,
        }
        return create.Boot(**{**usual, **changes})

    def arrive(self, luggage, tools=None, **changes):
        tools = tools or (self.target if luggage.parcel_id else self.source)
        ops_luggage.note(tools, self.uuid, ops_luggage.text_of(luggage))
        self.arrival(tools).arrive(None, self.arriving(**changes), luggage)
        return ops_tools.find(tools, self.uuid)

    def kept(self):
        return ops_tools.find(self.source, self.uuid, model.Role.RESIZE)

    def brought(self, tools):
        """List what an engine has of servers that have moved."""
        repository = identity.moved_repository('*')
        return tools.engine.find_images(repository)

    def assert_as_it_was(self):
        """See that the server runs where it ran, and nothing else is left."""
        self.engine.is_available = True
        found = self.found()
        self.assertEqual(self.first.id, found.id)
        self.assertTrue(found.state.is_live)
        self.assertEqual([found], self.engine.containers())
        ports = [port['id'] for port in self.ports]
        self.assertEqual({self.uuid: ports}, self.plumber.plugged)
        self.assertEqual(set(), self.plumber.silent)
        self.assertEqual({found.id: self.uuid}, self.plumber.mapped)
        self.assert_nothing_travels(self.source)

    def assert_nothing_travels(self, *hosts):
        self.assertEqual(['image'], list(self.glance.images))
        for tools in hosts:
            self.assertEqual([], self.brought(tools))
            self.assertEqual([], tools.engine.find_images('nova-snapshot/*'))

    def assert_host_is_empty(self, tools):
        self.assertEqual([], tools.engine.containers())
        self.assertEqual(set(), tools.plumber.netns)
        self.assertEqual({}, tools.plumber.plugged)
        self.assertEqual({}, tools.plumber.mapped)
        self.assertEqual([], self.brought(tools))
        folders = os.listdir(tools.settings.instances_path)
        self.assertNotIn(self.uuid, folders)
