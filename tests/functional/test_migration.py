"""Moves between two real engines: all files, the new limits, no leak."""

import dataclasses
import os
import pathlib
import tracemalloc

import fixtures
from nova import conf as nova_conf
from nova import context as nova_context
from nova import exception as nova_exception
from nova.compute import task_states

from novadocker import exception
from novadocker import model
from novadocker.engine import engine as docker_engine
from novadocker.image import depot
from novadocker.image import layer
from novadocker.image import parcel
from novadocker.image import store
from novadocker.network import plumber
from novadocker.network import switch
from novadocker.ops import arrival
from novadocker.ops import create
from novadocker.ops import decision
from novadocker.ops import departure
from novadocker.ops import destroy
from novadocker.ops import power
from novadocker.ops import tools as ops_tools
import novadocker.privsep
from novadocker.privsep import runtime_map
from novadocker.spec import builder
from tests.fixtures import dockerd
from tests.fixtures import fake_glance
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.fixtures import rootfs
from tests.fixtures import vif
from tests.functional import test_boot

MIB = 1024**2
IMAGE_ID = test_boot.IMAGE_ID
PROGRAMS = (
    *rootfs.PROGRAMS,
    *('bash', 'chmod', 'chown', 'ln', 'mkfifo', 'rm', 'rmdir'),
)
FILES = {
    'etc/gone': 'of the image',
    'etc/changed': 'of the image',
    'folder/below': 'of the image',
    'story': """#!/bin/bash
trap exit TERM
cat /proc/net/dev
if [ -e /made ]; then
    cat /made /etc/changed
    for each in /etc/gone /folder/below /etc /bin/cat; do
        [ -e $each ] && echo there $each
    done
    stat -c '%n %F %a %u:%g %h %s' /owned /once /twice /way /fifo /hole \
        /folder /folder/new $'/tmp/name with\\nends'
    readlink /way
else
    rm /etc/gone /folder/below
    rmdir /folder
    mkdir /folder
    echo new > /folder/new
    echo of the server > /etc/changed
    echo x > /owned
    chown 1234:5678 /owned
    chmod 4751 /owned
    echo y > /once
    ln /once /twice
    ln -s /../../../../../etc/shadow /way
    mkfifo /fifo
    dd if=/dev/zero of=/hole bs=1 count=0 seek=3000000 2> /dev/null
    echo z > $'/tmp/name with\\nends'
    dd if=/dev/urandom of=/tmp/large bs=1048576 count=${SIZE_MB:-0} \
        2> /dev/null
    echo mark > /made
fi
echo ready
sleep 600 & wait
""",
}
EXPECTED = """mark
of the server
there /etc
there /bin/cat
/owned regular file 4751 1234:5678 1 2
/once regular file 644 0:0 2 2
/twice regular file 644 0:0 2 2
/way symbolic link 777 0:0 1 26
/fifo fifo 644 0:0 1 0
/hole regular file 644 0:0 1 3000000
/folder directory 755 0:0 2 4096
/folder/new regular file 644 0:0 1 4
/tmp/name with
ends regular file 644 0:0 1 2
/../../../../../etc/shadow
"""


@dockerd.needs_dockerd
@ovs.needs_ovs
class MigrationTestCase(test_boot.BootTestCase):
    """One server with two ports, and two hosts."""

    # What it has of Cinder.
    volumes = ()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_dockerd = dockerd.for_class(cls)

    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger())
        self.useFixture(netns.InProcess(novadocker.privsep.read))
        self.glance = fake_glance.FakeGlance(
            **{IMAGE_ID: {'status': 'active'}}
        )
        self.depot = depot.Depot(self.glance, self.glance.fetch)
        self.instance.image_ref = IMAGE_ID
        self.ports.append(
            vif.vif(
                vif.subnet('10.10.20.0/24', '10.10.20.9'),
                mac='fa:16:3e:00:00:02',
            )
        )
        self.source = self.tools
        engine = docker_engine.Engine(self.other_dockerd.host)
        self.target = dataclasses.replace(
            self.tools,
            engine=engine,
            plumber=plumber.Plumber(
                self.other_dockerd.map_dir,
                switch.Switch(lambda: nova_conf.CONF.os_vif_ovs),
            ),
            host=builder.Host('host2', dockerd.RUNTIME, False),
            settings=dataclasses.replace(
                self.tools.settings,
                instances_path=self.useFixture(fixtures.TempDir()).path,
            ),
        )
        self.addCleanup(self._destroy_on, self.source)
        self.addCleanup(self._destroy_on, self.target)

    def _download(self, context, image_id, path, trusted_certs):
        content = rootfs.with_files(PROGRAMS, FILES)
        pathlib.Path(path).write_bytes(
            rootfs.archive('base:tag', ('bash', '/story'), content=content)
        )

    def _destroy_on(self, tools):
        self.instance.task_state = None
        destroy.destroy(
            tools, self.instance, self.ports, attached=self.volumes
        )

    def _parcels(self, tools):
        info = tools.engine.info()
        return parcel.Parcels(
            tools.engine,
            tools.settings.instances_path,
            architecture=info.architecture,
            layers=layer.Layers(tools.engine, info),
        )

    def boot(self, **metadata):
        container = self._boot(
            metadata=metadata, guest={'volumes': self.volumes}
        )
        self.wait_ready(self.source, container)
        return container

    def wait_ready(self, tools, container):
        def is_ready():
            return b'ready' in tools.engine.logs(container.id, MIB)

        netns.wait_until(is_ready, 'the server', within_s=60)
        return tools.engine.logs(container.id, MIB).decode()

    def depart(self, *, stays, **flavor):
        usual = {'vcpus': 1, 'memory_mb': 96, 'swap_mb': 0, 'root_gb': 1}
        move = departure.Move(
            id='11111111-0000-4000-8000-000000000000',
            instance=self.instance,
            view=self._view(flavor=model.Flavor(**{**usual, **flavor})),
            network_info=self.ports,
            stays=stays,
            timeout_s=10,
            volumes=self.volumes,
        )
        self.moved_to = self.source if stays else self.target
        return departure.Departure(
            self.source, self._parcels(self.source), self.depot
        ).depart(
            nova_context.RequestContext('user', 'demo', is_admin=False), move
        )

    def arriving(self):
        tools = self.moved_to
        images = store.ImageStore(
            tools.engine,
            self._download,
            tools.settings.instances_path,
            architecture=tools.engine.info().architecture,
        )
        return arrival.Arrival(tools, images, self._parcels(tools), self.depot)

    def arrive(self, luggage, **changes):
        view = self._view(
            flavor=model.Flavor(vcpus=1, memory_mb=96, swap_mb=0, root_gb=1)
        )
        request = create.Boot(
            instance=self.instance,
            view=view,
            image_id=IMAGE_ID,
            network_info=self.ports,
            volumes=self.volumes,
            **changes,
        )
        self.arriving().arrive(None, request, luggage)
        return ops_tools.find(self.moved_to, self.namespace.uuid)

    def revert(self, *, power_on=True):
        self.instance.task_state = task_states.RESIZE_REVERTING
        destroy.destroy(
            self.moved_to, self.instance, self.ports, attached=self.volumes
        )
        self.instance.task_state = None
        decision.revert(
            self.source,
            self.instance,
            self._view(),
            self.ports,
            power_on=power_on,
            attached=self.volumes,
        )

    def assert_host_is_empty(self, tools, engine):
        self.assertEqual([], tools.engine.containers())
        for repository in ('nova-moved/*', 'nova-snapshot/*'):
            self.assertEqual([], tools.engine.find_images(repository))
        self.assertEqual([], [*runtime_map.container_ids(engine.map_dir)])
        folder = pathlib.Path(tools.settings.instances_path)
        self.assertFalse((folder / self.namespace.uuid).exists())
        left = [
            each.name
            for each in (folder / 'docker-images').glob('*')
            if each.is_file()
        ]
        self.assertEqual([], left)
        self.assertEqual([IMAGE_ID], list(self.glance.images))

    def assert_ports_are_plugged(self):
        self.assertEqual(
            sorted(port['devname'] for port in self.ports),
            sorted(self.switch.ports()),
        )


class StoryTest(MigrationTestCase):
    def _assert_moved(self, found):
        output = self.wait_ready(self.moved_to, found)
        self.assertIn(EXPECTED, output)
        # Both ports are there at the first instruction.
        self.assertRegex(output, r'(?s)eth0:.*eth1:.*mark')
        self.assert_ports_are_plugged()
        client = self.other_dockerd.client
        if self.moved_to is self.source:
            client = self.dockerd.client
        limits = client.inspect_container(found.id)['HostConfig']
        self.assertEqual(96 * MIB, limits['Memory'])

    def test_server_moves_with_all_its_files(self):
        self.boot()
        luggage = self.depart(stays=False)
        self.assertEqual([], self.switch.ports())
        # All of it came without the image that it lies upon.
        self.assertNotIn('the whole image', self.log.output)
        self._assert_moved(self.arrive(luggage))
        decision.confirm(self.source, self.instance, stays=False)
        self.assert_host_is_empty(self.source, self.dockerd)
        self._destroy_on(self.target)
        self.assert_host_is_empty(self.target, self.other_dockerd)

    def test_server_is_resized_on_its_host(self):
        self.boot()
        luggage = self.depart(stays=True)
        self.assert_ports_are_plugged()
        self._assert_moved(self.arrive(luggage))
        decision.confirm(self.source, self.instance, stays=True)
        self.assertEqual(1, len(self.engine.containers()))
        self._destroy()
        self.assert_host_is_empty(self.source, self.dockerd)

    def test_server_is_reverted(self):
        first = self.boot()
        for stays in (False, True):
            self.arrive(self.depart(stays=stays))
            self.revert()
            (found,) = self.engine.containers()
            self.assertEqual(first.id, found.id)
            self.assertIs(model.ContainerState.RUNNING, found.state)
            self.assertEqual(
                [], self.source.engine.find_images('nova-moved/*')
            )
            self.assert_ports_are_plugged()
        self.assert_host_is_empty(self.target, self.other_dockerd)

    def test_server_whose_move_nova_gives_up_runs_again(self):
        first = self.boot()
        luggage = self.depart(stays=False)
        decision.stay(self.source, self.instance, lambda: True)
        power.reboot(
            self.source, self.instance, self._view(), self.ports, is_hard=True
        )
        (found,) = self.engine.containers()
        self.assertEqual(first.id, found.id)
        self.assertIs(model.ContainerState.RUNNING, found.state)
        self.assert_ports_are_plugged()
        self.depot.discard(None, luggage.parcel_id)

    def test_server_moves_on_and_on(self):
        self.boot()
        self.arrive(self.depart(stays=True))
        decision.confirm(self.source, self.instance, stays=True)
        found = self.arrive(self.depart(stays=False))
        decision.confirm(self.source, self.instance, stays=False)
        self.assertIn(EXPECTED, self.wait_ready(self.target, found))
        self.assert_host_is_empty(self.source, self.dockerd)

    def test_image_travels_where_glance_has_it_no_more(self):
        self.boot()
        # Of an earlier test.
        for image in self.target.engine.find_images('nova-image/*'):
            self.target.engine.remove_image(image.tags[0])
        del self.glance.images[IMAGE_ID]
        found = self.arrive(self.depart(stays=False))
        self.assertIn(EXPECTED, self.wait_ready(self.target, found))

    def test_stopped_server_stays_stopped(self):
        self.boot()
        self.engine.kill(self.engine.containers()[0].id)
        found = self.arrive(self.depart(stays=False), power_on=False)
        self.assertIs(model.ContainerState.CREATED, found.state)
        self.assert_ports_are_plugged()


class BytesTest(MigrationTestCase):
    def test_five_megabytes_of_change_are_what_travels(self):
        self.boot(**{'docker:env:SIZE_MB': '5'})
        luggage = self.depart(stays=False)
        sent = len(self.glance.contents[luggage.parcel_id])
        # And the hole, which is none in a layer.
        self.assertLess(sent, 1.1 * 5 * MIB + 3_000_000)

    def test_memory_stays_flat(self):
        self.boot(**{'docker:env:SIZE_MB': '64'})
        self.moved_to = self.target
        self.arriving().images.ensure(None, IMAGE_ID, max_bytes=None)
        self._keep_on_disk()
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        luggage = self.depart(stays=False)
        self.arrive(luggage)
        _, peak = tracemalloc.get_traced_memory()
        self.assertLess(peak, 8 * MIB)

    def _keep_on_disk(self):
        path = pathlib.Path(self.useFixture(fixtures.TempDir()).path, 'kept')

        def receive(image_id, data, most):
            with path.open('wb') as file:
                while piece := data.read(MIB):
                    file.write(piece)
            self.glance.contents[image_id] = range(path.stat().st_size)

        def fetch(context, image_id, target, certs):
            os.link(path, target)

        self.glance._receive = receive
        self.depot._fetch = fetch


class FailureTest(MigrationTestCase):
    def _assert_as_it_was(self, first):
        (found,) = self.engine.containers()
        self.assertEqual(first.id, found.id)
        self.assertIs(model.ContainerState.RUNNING, found.state)
        self.assert_ports_are_plugged()
        for repository in ('nova-moved/*', 'nova-snapshot/*'):
            self.assertEqual([], self.engine.find_images(repository))
        self.assertEqual([IMAGE_ID], list(self.glance.images))

    def test_upload_that_fails_leaves_the_server_running(self):
        first = self.boot()
        self.glance.failure = nova_exception.ImageQuotaExceeded(image_id='x')
        self.assertRaises(
            nova_exception.ImageQuotaExceeded, self.depart, stays=False
        )
        self._assert_as_it_was(first)

    def test_engine_that_is_killed_leaves_the_server_running(self):
        first = self.boot()

        def kill():
            self.glance.while_uploading = None
            self.dockerd.kill()
            self.dockerd.start()
            raise OSError('the connection to Glance broke')

        self.glance.while_uploading = kill
        self.assertRaises(OSError, self.depart, stays=False)
        self._assert_as_it_was(first)

    def test_more_files_than_the_flavor_has_room_for(self):
        hole = "bash -c 'dd if=/dev/zero of=/hole bs=1 count=0 seek=2G; {}'"
        first = self._boot(
            metadata={
                'docker:command': hole.format('echo ready; sleep 600 & wait')
            }
        )
        self.wait_ready(self.source, first)
        error = self.assertRaises(
            exception.MoveRefused, self.depart, stays=False
        )
        self.assertIn('the flavor gives it 1 GB', str(error))
        self._assert_as_it_was(first)

    def test_host_that_cannot_take_it_tries_again(self):
        self.boot()
        luggage = self.depart(stays=False)
        self.other_dockerd.stop()
        self.addCleanup(self._back)
        self.assertRaises(exception.EngineUnavailable, self.arriving)
        self._back()
        found = self.arrive(luggage)
        self.assertIn(EXPECTED, self.wait_ready(self.target, found))

    def _back(self):
        if not self.other_dockerd.is_running:
            self.other_dockerd.start()
