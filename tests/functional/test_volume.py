"""Volumes of servers, from Nova's calls down to the file system.

What Cinder's back end would do, loop devices and os-brick's LOCAL connector
do here.
"""

import json
import types
import uuid

import fixtures
from nova import exception as nova_exception
from nova import objects
from nova.compute import power_state
from nova.compute import vm_states
from oslo_config import fixture as config_fixture

from novadocker import exception
import novadocker.privsep
from novadocker.privsep import disk
from tests.fixtures import dockerd
from tests.fixtures import loop
from tests.fixtures import netns
from tests.fixtures import ovs
from tests.functional import survival

# A line more with each start; it ends when dockerd asks it to.
_WRITER = (
    'bash',
    '-c',
    'trap exit TERM; if [ -d /volumes/vdb ]; then echo start '
    '>>/volumes/vdb/story; cat /volumes/vdb/story; fi; echo ready; '
    'sleep 600 & wait',
)


class Disk(dict):
    """A row of Nova's block device mapping, as drivers see it."""

    def __init__(self, path, device='/dev/vdb', **data):
        self.volume_id = str(uuid.uuid4())
        self.saved = []
        super().__init__(
            mount_device=device,
            connection_info={
                'driver_volume_type': 'local',
                'serial': self.volume_id,
                'data': {'device_path': path, 'access_mode': 'rw', **data},
            },
        )

    def save(self):
        self.saved.append(json.dumps(self['connection_info']))


class VolumeTestCase(survival.SurvivalTestCase):
    command = _WRITER

    def setUp(self):
        super().setUp()
        self.useFixture(netns.InProcess(novadocker.privsep.mount))
        self.loop = self.useFixture(loop.Loop())
        self.disk = Disk(self.loop.path)
        self.disks = []
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova.virt.driver.get_block_device_info', self._info
            )
        )

    def _configure(self):
        super()._configure()
        config = self.useFixture(config_fixture.Config(survival.CONF))
        config.config(group='docker', volumes=True)

    # -- as Nova's manager does it

    def _info(self, *args):
        return {'block_device_mapping': self.disks}

    def row(self, volume, tag=None):
        return types.SimpleNamespace(
            volume_id=volume.volume_id,
            tag=tag,
            device_name=volume['mount_device'],
            connection_info='{}',
        )

    def spawn(self):
        image = objects.ImageMeta(
            id=survival.IMAGE_ID, container_format='docker'
        )
        self.driver.spawn(
            *(None, self.instance, image, [], None, {}, self.ports),
            self._info(),
        )
        container = self.container()
        # Nobody waits for its command when a server boots.
        netns.wait_until(
            lambda: b'ready' in self.engine.logs(container.id, 65536),
            'its command',
        )
        return container

    def boot_with(self, *disks):
        self.disks = [*disks]
        return self.boot()

    def destroy(self):
        self.driver.destroy(None, self.instance, self.ports, self._info())

    def attach(self, volume):
        self.driver.attach_volume(
            *(None, volume['connection_info'], self.instance),
            volume['mount_device'],
        )
        self.disks.append(volume)

    def detach(self, volume):
        self.driver.detach_volume(
            *(None, volume['connection_info'], self.instance),
            volume['mount_device'],
        )
        self.disks.remove(volume)

    def power_on(self):
        self.driver.power_on(None, self.instance, self.ports, self._info())

    # -- what there is to see

    def run_in(self, *command):
        client, name = self.dockerd.client, f'nova-{self.instance.uuid}'
        made = client.exec_create(name, [*command])
        said = client.exec_start(made['Id']).decode()
        return client.exec_inspect(made['Id'])['ExitCode'], said

    def assert_says(self, text, *command):
        self.assertEqual((0, text), self.run_in(*command))

    def mounts(self):
        _, said = self.run_in('cat', '/proc/mounts')
        return {
            words[1]: f'{words[2]} {words[3]}'
            for words in (line.split() for line in said.splitlines())
            if words[0].startswith('/dev/loop')
        }

    def assert_free(self, volume=None):
        path = (volume or self.loop).path
        # The kernel takes down a namespace, and what is in it, later.
        netns.wait_until(lambda: not disk.is_used(path), 'a free volume')

    def assert_starts(self, count):
        """See that the volume is there and knows of so many starts."""
        self.assertIn('/volumes/vdb', self.mounts())
        netns.wait_until(
            lambda: self._story().count('start') == count, f'{count} starts'
        )

    def _story(self):
        return self.run_in('cat', '/volumes/vdb/story')[1]


@dockerd.needs_dockerd
@ovs.needs_ovs
@loop.needs_loops
class BootTest(VolumeTestCase):
    def test_blank_volume_is_there_at_the_first_instruction(self):
        self.boot_with(self.disk)
        options = self.mounts()['/volumes/vdb']
        self.assertTrue(options.startswith('ext4 rw,nosuid,nodev'), options)
        self.assert_starts(1)
        self.destroy()
        self.assert_nothing_left()
        self.assert_free()
        self.assertEqual('ext4', disk.probe(self.loop.path))

    def test_data_is_there_after_a_delete_and_on_another_server(self):
        self.boot_with(self.disk)
        self.destroy()
        self.namespace = self.useFixture(netns.Namespace(made=False))
        self.instance = self._instance()
        self.boot_with(self.disk)
        self.assert_starts(2)

    def test_volume_comes_back_with_every_start(self):
        self.boot_with(self.disk)
        self.driver.power_off(self.instance, timeout=10)
        self.assert_free()
        self.power_on()
        self.assert_starts(2)
        self.driver.reboot(
            *(None, self.instance, self.ports, 'SOFT', self._info())
        )
        self.assert_starts(3)
        self.driver.reboot(
            *(None, self.instance, self.ports, 'HARD', self._info())
        )
        self.assert_starts(4)

    def test_it_is_back_after_a_reboot_of_the_host(self):
        self.boot_with(self.disk)
        self.reboot_the_host()
        self.assert_free()
        self.driver.resume_state_on_host_boot(
            *(None, self.instance, self.ports, None, self._info())
        )
        self.assert_starts(2)

    def test_restarts_of_nova_compute_and_of_the_engine_change_nothing(self):
        before = self.boot_with(self.disk)
        self.driver.cleanup_host(survival.HOST)
        self.restart()
        self.driver = self.started_driver()
        self.assertEqual(before.pid, self.assert_running().pid)
        self.assert_starts(1)
        self.detach(self.disk)
        self.assert_free()

    def test_volume_at_the_path_that_its_owner_asks_for(self):
        self.instance.metadata = {
            'docker:mount:vdb': '/var/lib/data',
            'docker:mount:logs': '/var/log/app',
        }
        tagged = Disk(self.useFixture(loop.Loop()).path, '/dev/vdc')
        self.mapped = [self.row(self.disk), self.row(tagged, 'logs')]
        self.boot_with(self.disk, tagged)
        self.assertEqual({'/var/lib/data', '/var/log/app'}, {*self.mounts()})

    def test_two_volumes_at_one_path_are_refused_and_nothing_is_left(self):
        self.instance.metadata = {
            'docker:mount:vdb': '/data',
            'docker:mount:vdc': '/data',
        }
        other = Disk(self.useFixture(loop.Loop()).path, '/dev/vdc')
        self.disks = [self.disk, other]
        self.assertRaises(nova_exception.BuildAbortException, self.spawn)
        self.assert_nothing_left()

    def test_boot_with_a_volume_that_is_not_blank_leaves_all_as_it_was(self):
        self.loop.write(4096, b'something of great value')
        before = self.loop.file.read_bytes()
        self.disks = [self.disk]
        error = self.assertRaises(
            nova_exception.BuildAbortException, self.spawn
        )
        self.assertIn('nothing on it was touched', str(error))
        self.assert_nothing_left()
        self.assertEqual(before, self.loop.file.read_bytes())

    def test_server_that_does_not_start_gives_its_volume_back(self):
        self.instance.metadata = {'docker:command': 'false'}
        self.disks = [self.disk]
        # On a busy machine a command takes its time to end.
        self.check_starts_for(ms=60_000)
        self.assertRaises(exception.ContainerExited, self.spawn)
        self.assert_nothing_left()
        self.assert_free()

    def test_read_only(self):
        self.loop.make('ext4')
        self.disk['connection_info']['data']['access_mode'] = 'ro'
        self.boot_with(self.disk)
        options = self.mounts()['/volumes/vdb']
        self.assertTrue(options.startswith('ext4 ro,nosuid,nodev'), options)

    def test_a_rescue_goes_without_and_the_server_comes_back_with_it(self):
        self.instance.info_cache = objects.InstanceInfoCache(
            network_info=self.ports
        )
        self.useFixture(
            fixtures.MonkeyPatch(
                'nova.image.glance.API.get',
                lambda *args, **kwargs: {'properties': {}},
            )
        )
        self.mapped = [self.row(self.disk)]
        self.boot_with(self.disk)
        self.driver.power_off(self.instance)
        meta = objects.ImageMeta(
            id=survival.IMAGE_ID, container_format='docker'
        )
        self.driver.rescue(
            *(None, self.instance, self.ports, meta, 'x', self._info(), None)
        )
        self.instance.vm_state = vm_states.RESCUED
        self.assert_free()
        self.driver.unrescue(None, self.instance)
        self.instance.vm_state = vm_states.ACTIVE
        self.assert_starts(2)

    def test_rebuild_keeps_the_volume_and_its_data(self):
        self.boot_with(self.disk)
        self.instance.task_state = 'rebuilding'
        self.instance.save = lambda **kwargs: None

        def attach(context, instance, bdms):
            self.disks.append(self.disk)
            return self._info()

        self.driver.rebuild(
            *(None, self.instance),
            objects.ImageMeta(id=survival.IMAGE_ID, container_format='docker'),
            *([], None, {}, 'bdms'),
            lambda context, bdms: self.detach(self.disk),
            attach,
            network_info=self.ports,
        )
        self.assert_starts(2)


@dockerd.needs_dockerd
@ovs.needs_ovs
@loop.needs_loops
class AttachTest(VolumeTestCase):
    def test_running_server_gets_a_volume_and_gives_it_back(self):
        self.boot()
        self.attach(self.disk)
        self.assertIn('/volumes/vdb', self.mounts())
        self.assert_starts(0)
        self.detach(self.disk)
        self.assertEqual({}, self.mounts())
        self.assert_free()

    def test_what_came_while_it_ran_is_there_after_a_restart(self):
        self.boot()
        self.attach(self.disk)
        self.driver.reboot(
            *(None, self.instance, self.ports, 'HARD', self._info())
        )
        self.assert_starts(1)
        # The engine alone, as an operator may do it.
        self.dockerd.client.restart(f'nova-{self.instance.uuid}', timeout=1)
        self.assert_starts(2)
        self.detach(self.disk)
        self.dockerd.client.restart(f'nova-{self.instance.uuid}', timeout=1)
        self.assertEqual({}, self.mounts())

    def test_stopped_server_gets_a_volume_and_gives_it_back(self):
        self.boot()
        self.driver.power_off(self.instance)
        self.attach(self.disk)
        self.assert_free()
        self.power_on()
        self.assert_starts(1)
        self.driver.power_off(self.instance)
        self.detach(self.disk)
        self.power_on()
        self.assertEqual({}, self.mounts())

    def test_frozen_server_gets_a_volume_and_gives_it_back(self):
        self.boot()
        self.driver.pause(self.instance)
        self.attach(self.disk)
        self.detach(self.disk)
        self.assert_free()
        self.attach(self.disk)
        self.driver.unpause(self.instance)
        self.assertIn('/volumes/vdb', self.mounts())

    def test_volume_in_use_stays_and_goes_later(self):
        self.boot()
        self.attach(self.disk)
        made = self.dockerd.client.exec_create(
            f'nova-{self.instance.uuid}',
            ['bash', '-c', 'cd /volumes/vdb; echo in; exec sleep 600'],
        )
        stream = self.dockerd.client.exec_start(made['Id'], stream=True)
        self.assertEqual(b'in', next(stream).strip())
        error = self.assertRaises(
            nova_exception.DeviceDetachFailed, self.detach, self.disk
        )
        self.assertIn('a process of the server', str(error))
        self.assertIn('/volumes/vdb', self.mounts())
        survival.kill(self.dockerd.client.exec_inspect(made['Id'])['Pid'])
        self.detach(self.disk)
        self.assertEqual({}, self.mounts())

    def test_volume_of_another_server_is_refused_to_a_second(self):
        self.boot()
        self.attach(self.disk)
        first, first_disks = self.instance, self.disks
        self.namespace = self.useFixture(netns.Namespace(made=False))
        self.instance, self.disks = self._instance(), []
        self.port['id'] = str(uuid.uuid4())
        self.port['devname'] = f'tap{self.port["id"]}'[:14]
        self.boot()
        self.assertRaises(exception.VolumeBusy, self.attach, self.disk)
        self.assertEqual({}, self.mounts())
        self.destroy()
        self.instance, self.disks = first, first_disks
        self.assertIn('/volumes/vdb', self.mounts())

    def test_asked_path_of_a_volume_that_comes_later(self):
        self.boot()
        self.instance.metadata = {'docker:mount:db': '/var/lib/db'}
        self.instance.save = lambda: None
        self.mapped = [self.row(self.disk, 'db')]
        self.attach(self.disk)
        self.assertEqual({'/var/lib/db'}, {*self.mounts()})
        # Where it is does not follow what is said later.
        self.instance.metadata = {'docker:mount:db': 'nonsense'}
        self.detach(self.disk)
        self.assertEqual({}, self.mounts())

    def test_volume_of_a_server_that_has_no_container(self):
        self.boot()
        self.attach(self.disk)
        self.driver.destroy(None, self.instance, self.ports, None)
        self.detach(self.disk)
        self.assert_free()

    def test_xfs(self):
        survival.CONF.set_override('volume_filesystem', 'xfs', 'docker')
        self.driver = self.started_driver()
        self.boot()
        self.attach(self.disk)
        self.assertTrue(self.mounts()['/volumes/vdb'].startswith('xfs rw'))
        self.driver.reboot(
            *(None, self.instance, self.ports, 'HARD', self._info())
        )
        self.assert_starts(1)

    def test_host_without_the_option(self):
        self.boot()
        survival.CONF.set_override('volumes', False, 'docker')
        self.driver = self.started_driver()
        error = self.assertRaises(
            exception.VolumeRefused, self.attach, self.disk
        )
        self.assertIn('[docker] volumes', str(error))
        self.assertEqual(power_state.RUNNING, self.state())
