"""What the rooms above may expect of an engine, real or fake.

A user of this mixin sets ``engine``, in which ``image`` is loaded with the
command ``sleep infinity``, and says how to ``prepare`` a created container
for its start and how to make an ``archive`` of an image.
"""

import contextlib
import io
import json
import tarfile
import time
import uuid

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.spec import seed as spec_seed
from tests.fixtures import archives
from tests.fixtures import netns

MIB = 1024 * 1024
_NOWHERE = 'f' * 64


def spec(image, runtime, **process):
    """Describe a small container, with a name of its own."""
    instance_uuid = str(uuid.uuid4())
    return model.ContainerSpec(
        name=identity.container_name(instance_uuid),
        image=image,
        hostname='server',
        runtime=runtime,
        labels=identity.labels(
            uuid=instance_uuid,
            name='instance-00000001',
            project_id='demo',
            role=model.Role.WORKLOAD,
            host='host1',
        ),
        resources=model.Resources(
            nano_cpus=10**9,
            memory_bytes=64 * MIB,
            memory_swap_bytes=64 * MIB,
            pids_limit=100,
        ),
        security=model.Security(),
        process=model.Process(init=False, **process),
    )


def _packed(content=b''):
    seeds = [model.Seed('made', 0o644, content=content)]
    return spec_seed.archive(seeds, time_s=0)


class EngineContract:
    runtime = 'nova'

    def _create(self, **process):
        wanted = spec(self.image, self.runtime, **process)
        container_id = self.engine.create(wanted)
        self.addCleanup(self._remove, container_id)
        self.prepare(container_id, wanted)
        return container_id, wanted

    def _remove(self, container_id):
        # The test may have removed it.
        with contextlib.suppress(exception.ContainerNotFound):
            self.engine.remove(container_id, force=True)

    def _started(self, **process):
        container_id, _ = self._create(**process)
        self.engine.start(container_id)
        return container_id

    def _state(self, container_id):
        return self.engine.inspect(container_id).state

    def test_info_names_runtime_and_version(self):
        info = self.engine.info()
        self.assertIn(self.runtime, info.runtimes)
        self.assertGreaterEqual(info.api_version, (1, 41))
        self.assertGreater(info.cpus, 0)
        self.assertGreater(info.memory_bytes, 0)
        self.assertNotIn('memory', info.missing_limits)

    def test_created_container_is_as_described(self):
        container_id, wanted = self._create()
        found = self.engine.inspect(wanted.name)
        self.assertEqual(container_id, found.id)
        self.assertEqual(wanted.name, found.name)
        self.assertEqual(model.ContainerState.CREATED, found.state)
        self.assertEqual(wanted.labels, found.labels | {})
        self.assertEqual(self.runtime, found.runtime)
        self.assertTrue(identity.is_ours(found, 'host1', self.runtime))

    def test_name_that_is_taken_is_a_conflict(self):
        _, wanted = self._create()
        self.assertRaises(
            exception.ContainerConflict, self.engine.create, wanted
        )

    def test_create_without_the_image_is_refused(self):
        wanted = spec('nova-image/none:none', self.runtime)
        self.assertRaises(
            exception.EngineImageNotFound, self.engine.create, wanted
        )

    def test_started_container_runs(self):
        found = self.engine.inspect(self._started())
        self.assertEqual(model.ContainerState.RUNNING, found.state)
        self.assertGreater(found.pid, 0)

    def test_start_of_a_running_container_is_fine(self):
        container_id = self._started()
        pid = self.engine.inspect(container_id).pid
        self.engine.start(container_id)
        self.assertEqual(pid, self.engine.inspect(container_id).pid)

    def test_command_that_is_not_there_cannot_be_started(self):
        container_id, _ = self._create(command=('/no/such/command',))
        self.assertRaises(
            exception.CommandNotStartable, self.engine.start, container_id
        )
        self.assertFalse(self._state(container_id).is_live)

    def test_stop_ends_a_container(self):
        container_id = self._started()
        self.engine.stop(container_id, 0)
        self.assertEqual(
            model.ContainerState.EXITED, self._state(container_id)
        )

    def test_stop_of_a_stopped_container_is_fine(self):
        container_id = self._started()
        self.engine.kill(container_id)
        self.assertEqual(137, self.engine.wait_exit(container_id, 60))
        self.engine.stop(container_id, 0)

    def test_containers_are_held_to_cpus_in_every_state(self):
        container_id, wanted = self._create()
        self.assertEqual('', self.engine.inspect(wanted.name).cpuset_cpus)
        self.engine.hold(container_id, '0')
        self.assertEqual('0', self.engine.inspect(wanted.name).cpuset_cpus)
        self.engine.start(container_id)
        self.engine.hold(container_id, '0')
        self.engine.kill(container_id)
        self.assertEqual('0', self.engine.inspect(wanted.name).cpuset_cpus)

    def test_containers_that_do_not_exist_are_held_to_nothing(self):
        self.assertRaises(
            exception.ContainerNotFound, self.engine.hold, _NOWHERE, '0'
        )

    def test_kill_reports_the_signal(self):
        container_id = self._started()
        self.engine.kill(container_id)
        self.assertEqual(137, self.engine.wait_exit(container_id, 60))
        self.assertEqual(137, self.engine.inspect(container_id).exit_code)

    def test_kill_of_a_stopped_container_is_a_conflict(self):
        container_id, _ = self._create()
        self.assertRaises(
            exception.ContainerConflict, self.engine.kill, container_id
        )

    def test_stopped_container_starts_again(self):
        container_id = self._started()
        self.engine.stop(container_id, 0)
        self.engine.start(container_id)
        self.assertEqual(
            model.ContainerState.RUNNING, self._state(container_id)
        )

    def test_pause_and_unpause(self):
        container_id = self._started()
        self.engine.pause(container_id)
        self.assertEqual(
            model.ContainerState.PAUSED, self._state(container_id)
        )
        self.engine.unpause(container_id)
        self.assertEqual(
            model.ContainerState.RUNNING, self._state(container_id)
        )

    def test_wait_for_a_command_that_ends_gives_its_code(self):
        container_id = self._started(command=('sh', '-c', 'exit 3'))
        self.assertEqual(3, self.engine.wait_exit(container_id, 60))

    def test_wait_for_a_command_that_lives_gives_nothing(self):
        container_id = self._started()
        self.assertIsNone(self.engine.wait_exit(container_id, 0.05))

    def test_rename(self):
        container_id, wanted = self._create()
        self.engine.rename(container_id, wanted.name + '-resize')
        found = self.engine.inspect(wanted.name + '-resize')
        self.assertEqual(container_id, found.id)
        self.assertRaises(
            exception.ContainerNotFound, self.engine.inspect, wanted.name
        )

    def test_rename_to_a_name_that_is_taken_is_a_conflict(self):
        container_id, _ = self._create()
        _, other = self._create()
        self.assertRaises(
            exception.ContainerConflict,
            self.engine.rename,
            container_id,
            other.name,
        )

    def test_remove(self):
        container_id, _ = self._create()
        self.engine.remove(container_id)
        self.assertRaises(
            exception.ContainerNotFound, self.engine.inspect, container_id
        )

    def test_remove_of_a_running_container_is_a_conflict(self):
        container_id = self._started()
        self.assertRaises(
            exception.ContainerConflict, self.engine.remove, container_id
        )

    def test_forced_remove_of_a_running_container(self):
        container_id = self._started()
        self.engine.remove(container_id, force=True)
        self.assertRaises(
            exception.ContainerNotFound, self.engine.inspect, container_id
        )

    def test_container_that_is_not_there_is_not_found(self):
        for deed, *args in (
            (self.engine.inspect,),
            (self.engine.start,),
            (self.engine.stop, 0),
            (self.engine.kill,),
            (self.engine.pause,),
            (self.engine.unpause,),
            (self.engine.remove,),
            (self.engine.rename, 'other'),
            (self.engine.logs, 100),
            (self.engine.statistics,),
            (self.engine.wait_exit, 1),
            (self.engine.read_file, '/etc/hosts', 1),
            (self.engine.unpack, '/etc', _packed()),
            (lambda name: self._feed(name, 'true'),),
        ):
            self.assertRaises(
                exception.ContainerNotFound, deed, _NOWHERE, *args
            )

    def test_beginning_of_an_id_is_no_name(self):
        container_id, _ = self._create()
        self.assertRaises(
            exception.ContainerNotFound, self.engine.inspect, container_id[:12]
        )

    def test_list_has_created_and_stopped_containers(self):
        created, _ = self._create()
        stopped = self._started()
        self.engine.stop(stopped, 0)
        found = self._listed()
        self.assertEqual(model.ContainerState.CREATED, found[created].state)
        for container_id in (created, stopped):
            self.assertTrue(
                identity.is_ours(found[container_id], 'host1', self.runtime)
            )
        # Docker 26 lists a state later than it shows it.
        netns.wait_until(
            lambda: (
                self._listed()[stopped].state is model.ContainerState.EXITED
            ),
            'the stopped container in the list',
        )

    def _listed(self):
        return {each.id: each for each in self.engine.containers()}

    def test_logs_are_what_was_written(self):
        container_id = self._started(command=('echo', 'hello'))
        self.engine.wait_exit(container_id, 60)
        self.assertEqual(b'hello\n', self.engine.logs(container_id, 100))
        self.assertEqual(b'lo\n', self.engine.logs(container_id, 3))

    def test_statistics_are_of_one_container(self):
        found = self.engine.statistics(self._started())
        self.assertGreater(found.cpu_time_ns, 0)
        self.assertEqual(64 * MIB, found.memory_max_bytes)
        self.assertIn(found.memory_bytes, range(1, 64 * MIB))

    def test_stopped_container_uses_nothing(self):
        container_id, _ = self._create()
        found = self.engine.statistics(container_id)
        self.assertEqual((0, 0), (found.cpu_time_ns, found.memory_bytes))
        self.assertIsNone(found.disk.read_bytes)

    def test_start_has_its_time(self):
        container_id, _ = self._create()
        self.assertEqual(0, self.engine.inspect(container_id).started_s)
        self.engine.start(container_id)
        age_s = time.time() - self.engine.inspect(container_id).started_s
        # dockerd's clock is the machine's.
        self.assertLess(age_s, 60)

    def test_layer_has_the_bytes_of_its_files(self):
        container_id, _ = self._create()
        before = self.engine.layer_bytes(container_id)
        self.engine.unpack(container_id, '/etc', _packed(bytes(5000)))
        self.assertEqual(before + 5000, self.engine.layer_bytes(container_id))

    def test_nothing_has_no_layer(self):
        self.assertRaises(
            exception.ContainerNotFound, self.engine.layer_bytes, _NOWHERE
        )

    def test_file_that_was_unpacked_is_read(self):
        container_id, _ = self._create()
        self.engine.unpack(container_id, '/etc', _packed(b'hello\n'))
        read = self.engine.read_file
        self.assertEqual(b'hello\n', read(container_id, '/etc/made', 6))
        self.assertIsNone(read(container_id, '/etc/made', 5))

    def test_what_is_no_file_is_not_read(self):
        container_id, _ = self._create()
        for path in ('/etc', '/etc/no-such', '/no/such'):
            self.assertIsNone(self.engine.read_file(container_id, path, 99))

    def test_nothing_is_unpacked_in_a_folder_that_is_not_there(self):
        container_id, _ = self._create()
        self.assertRaises(
            exception.EngineError,
            self.engine.unpack,
            container_id,
            '/no/such',
            _packed(),
        )

    def _feed(self, container_id, *command):
        return self.engine.feed(
            container_id, command, b'x', user='0:0', within_s=20
        )

    def test_command_beside_the_containers_own_that_is_not_there(self):
        container_id = self._started()
        self.assertIn(self._feed(container_id, 'no-such'), (126, 127))

    def test_no_command_runs_in_a_stopped_container(self):
        container_id, _ = self._create()
        self.assertRaises(
            exception.ContainerConflict, self._feed, container_id, 'true'
        )

    def test_user_of_a_container_is_told(self):
        for user in ('', '7:7'):
            container_id, _ = self._create(user=user)
            self.assertEqual(user, self.engine.inspect(container_id).user)

    def test_image_is_found_by_its_whole_repository(self):
        name = f'nova-image/{uuid.uuid4()}'
        self.engine.load([self.archive(f'{name}:one')])
        self.addCleanup(self.engine.remove_image, f'{name}:one')
        (found,) = self.engine.find_images(name)
        self.assertIn(f'{name}:one', found.tags)
        self.assertEqual('linux', found.os)
        self.assertEqual(('sleep', 'infinity'), found.command)
        self.assertIn(found, self.engine.find_images('nova-image/*'))
        self.assertEqual([], self.engine.find_images(name[:-1]))
        self.assertEqual([], self.engine.find_images('nova-image'))
        self.assertEqual([], self.engine.find_images(f'{name}:one'))

    def _load_without_first_layer(self, name, *layers):
        platform = {'architecture': self.engine.image(self.image).architecture}
        members = archives.saved_members(
            layers, archives.config(layers, **platform)
        )
        (entry,) = json.loads(members['manifest.json'])
        del members[entry['Layers'][0]]
        entry['RepoTags'] = [name]
        members['manifest.json'] = json.dumps([entry]).encode()
        self.engine.load([archives.files(members)])
        self.addCleanup(self.engine.remove_image, name)
        return self.engine.image(name)

    def test_archive_may_lack_a_layer_that_the_engine_has(self):
        layers = archives.layer(1), archives.layer(2)
        name = f'nova-image/{uuid.uuid4()}'
        config = archives.config(
            layers[:1],
            architecture=self.engine.image(self.image).architecture,
        )
        members = archives.saved_members(layers[:1], config)
        (entry,) = json.loads(members['manifest.json'])
        entry['RepoTags'] = [f'{name}:base']
        members['manifest.json'] = json.dumps([entry]).encode()
        self.engine.load([archives.files(members)])
        self.addCleanup(self.engine.remove_image, f'{name}:base')
        found = self._load_without_first_layer(f'{name}:whole', *layers)
        self.assertEqual(
            tuple(archives.digest(layer) for layer in layers), found.diff_ids
        )

    def test_archive_that_lacks_another_layer_is_refused(self):
        layers = archives.layer(3), archives.layer(4)
        self.assertRaises(
            exception.EngineError,
            self._load_without_first_layer,
            f'nova-image/{uuid.uuid4()}:whole',
            *layers,
        )

    def test_removed_image_is_gone(self):
        name = f'nova-image/{uuid.uuid4()}'
        self.engine.load([self.archive(f'{name}:one')])
        self.engine.remove_image(f'{name}:one')
        self.assertEqual([], self.engine.find_images(name))
        self.assertRaises(
            exception.EngineImageNotFound,
            self.engine.remove_image,
            f'{name}:one',
        )

    def _committed(self, container_id):
        reference = f'nova-snapshot/{uuid.uuid4()}:{uuid.uuid4()}'
        image_id = self.engine.commit(container_id, reference)
        self.addCleanup(self.engine.remove_image, reference)
        found = self.engine.image(reference)
        self.assertEqual(image_id, found.id)
        self.assertEqual((reference,), found.tags)
        return found

    def test_commit_has_the_layers_of_the_image_and_one_more(self):
        container_id = self._started(command=('sh', '-c', 'echo > /tmp/x'))
        self.engine.wait_exit(container_id, 60)
        parent = self.engine.image(self.engine.inspect(container_id).image_id)
        found = self._committed(container_id)
        self.assertEqual(parent.diff_ids, found.diff_ids[:-1])
        self.assertEqual('host1', found.labels['org.openstack.nova.host'])
        self.assertEqual({}, parent.labels)
        self.assertEqual(
            ['sleep', 'infinity'], json.loads(parent.config)['Cmd']
        )

    def test_commit_leaves_a_container_as_it_is(self):
        container_id = self._started()
        self._committed(container_id)
        self.assertIs(model.ContainerState.RUNNING, self._state(container_id))
        self.engine.pause(container_id)
        self._committed(container_id)
        self.assertIs(model.ContainerState.PAUSED, self._state(container_id))

    def test_image_is_saved_whole(self):
        container_id = self._started(command=('sh', '-c', 'echo > /tmp/x'))
        self.engine.wait_exit(container_id, 60)
        image = self._committed(container_id)
        saved = io.BytesIO(b''.join(self.engine.save(image.tags[0])))
        with tarfile.open(fileobj=saved) as tar:
            (entry,) = json.load(tar.extractfile('manifest.json'))
            config = tar.extractfile(entry['Config']).read()
            self.assertTrue(set(entry['Layers']) <= set(tar.getnames()))
        self.assertEqual(image.id, archives.digest(config))
        self.assertEqual(len(image.diff_ids), len(entry['Layers']))

    def test_what_is_not_there_cannot_be_saved_or_committed(self):
        reference = f'nova-snapshot/{uuid.uuid4()}:none'
        for deed in (self.engine.image, lambda x: next(self.engine.save(x))):
            self.assertRaises(exception.EngineImageNotFound, deed, reference)
        self.assertRaises(
            exception.ContainerNotFound,
            self.engine.commit,
            _NOWHERE,
            reference,
        )

    def test_archive_that_is_none_is_refused(self):
        self.assertRaises(
            exception.EngineError, self.engine.load, [b'no archive'] * 100
        )

    def test_stream_that_breaks_is_not_the_engines_fault(self):
        def stream():
            yield b'beginning'
            raise OSError('the disk is broken')

        err = self.assertRaises(OSError, self.engine.load, stream())
        self.assertEqual('the disk is broken', str(err))

    def test_events_since_a_moment_tell_what_happened(self):
        before, _ = self._create()
        first = self._next_event('create', before, since_ns=1)
        container_id = self._started()
        self.engine.kill(container_id)
        for action in ('start', 'die'):
            event = self._next_event(
                action, container_id, since_ns=first.time_ns + 1
            )
            self.assertGreater(event.time_ns, first.time_ns)
            self.assertEqual(
                'host1', event.attributes['org.openstack.nova.host']
            )
            self.assertEqual(
                self.engine.inspect(container_id).name,
                event.attributes['name'],
            )

    def _next_event(self, action, container_id, since_ns):
        events = self.engine.events(since_ns)
        try:
            return next(
                event
                for event in events
                if (event.action, event.container_id) == (action, container_id)
            )
        finally:
            events.close()

    def test_has_tty_is_told(self):
        with_tty, _ = self._create(tty=True)
        without, _ = self._create()
        self.assertTrue(self.engine.inspect(with_tty).has_tty)
        self.assertFalse(self.engine.inspect(without).has_tty)
