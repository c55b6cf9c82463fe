import json

import testtools

from novadocker import model
from novadocker.engine import reading

_INFO = {
    'ServerVersion': '26.1.5',
    'Architecture': 'x86_64',
    'NCPU': 2,
    'MemTotal': 1024,
    'DockerRootDir': '/srv/docker',
    'Driver': 'overlayfs',
    'SystemTime': '1970-01-01T02:00:01.123456789+02:00',
    'Runtimes': {
        'runc': {'path': 'runc'},
        'nova': {'path': '/x', 'runtimeArgs': ['--nova-runc=y']},
        'shim': {'runtimeType': 'io.containerd.x.v1'},
    },
}


class InfoTest(testtools.TestCase):
    def test_all_is_read(self):
        found = reading.engine_info(
            {
                **_INFO,
                'SecurityOptions': ['name=seccomp'],
                'LiveRestoreEnabled': True,
            },
            (1, 45),
        )
        self.assertEqual(
            model.EngineInfo(
                version='26.1.5',
                api_version=(1, 45),
                architecture='x86_64',
                cpus=2,
                memory_bytes=1024,
                root_dir='/srv/docker',
                storage_driver='overlayfs',
                runtimes={'runc': 'runc', 'nova': '/x', 'shim': ''},
                security_options=('name=seccomp',),
                live_restore=True,
                time_ns=1_123_456_000,
            ),
            found,
        )

    def test_limits_that_the_kernel_lacks_are_named(self):
        found = reading.engine_info(
            {
                **_INFO,
                'MemoryLimit': True,
                'SwapLimit': False,
                'CpuCfsQuota': False,
                'CgroupVersion': '2',
            },
            (1, 45),
        )
        self.assertEqual(('swap', 'CPU time'), found.missing_limits)
        self.assertEqual(2, found.cgroup_version)

    def test_kernel_that_holds_nobody_to_cpus(self):
        for said, expected in ((False, False), (True, True)):
            found = reading.engine_info({**_INFO, 'CPUSet': said}, (1, 45))
            self.assertIs(expected, found.holds_to_cpus)
        self.assertTrue(reading.engine_info(_INFO, (1, 45)).holds_to_cpus)

    def test_image_store_of_containerd_is_seen(self):
        for status, expected in (
            ([['driver-type', 'io.containerd.snapshotter.v1']], True),
            ([['Backing Filesystem', 'extfs']], False),
            (None, False),
        ):
            found = reading.engine_info(
                {**_INFO, 'DriverStatus': status}, (1, 45)
            )
            self.assertIs(expected, found.containerd_image_store)


class ContainerTest(testtools.TestCase):
    def test_all_is_read(self):
        found = reading.container(
            {
                'Id': 'a' * 64,
                'Name': '/nova-1',
                'Image': 'sha256:1',
                'Config': {'Labels': {'a': 'b'}, 'Tty': True},
                'HostConfig': {'Runtime': 'nova', 'CpusetCpus': '0,2'},
                'State': {
                    'Status': 'exited',
                    'Pid': 0,
                    'ExitCode': 137,
                    'Error': 'oops',
                    'OOMKilled': True,
                    'StartedAt': '1970-01-01T00:00:07.5Z',
                },
            }
        )
        self.assertEqual(
            model.Container(
                id='a' * 64,
                name='nova-1',
                state=model.ContainerState.EXITED,
                labels={'a': 'b'},
                runtime='nova',
                image_id='sha256:1',
                exit_code=137,
                error='oops',
                oom_killed=True,
                has_tty=True,
                started_s=7.5,
                cpuset_cpus='0,2',
            ),
            found,
        )

    def test_runtime_that_nobody_has_chosen_is_not_ours(self):
        found = reading.container(
            {
                'Id': 'a' * 64,
                'Name': '/other',
                'Image': 'sha256:1',
                'Config': {'Labels': None, 'Tty': False},
                'HostConfig': {},
                'State': {
                    'Status': 'created',
                    'Pid': 0,
                    'ExitCode': 0,
                    'Error': '',
                    'OOMKilled': False,
                    'StartedAt': '0001-01-01T00:00:00Z',
                },
            }
        )
        self.assertEqual(('', {}), (found.runtime, found.labels))
        self.assertEqual(0, found.started_s)

    def test_listed_container_that_is_being_removed_has_no_name(self):
        found = reading.listed_container(
            {
                'Id': 'a' * 64,
                'Names': [],
                'State': 'removing',
                'Labels': None,
                'ImageID': 'sha256:1',
            },
            'nova',
        )
        self.assertEqual('', found.name)
        self.assertEqual(model.ContainerState.REMOVING, found.state)


def _entry(op, value, minor=0):
    return {'major': 254, 'minor': minor, 'op': op, 'value': value}


class StatisticsTest(testtools.TestCase):
    def _read(self, memory, disks):
        return reading.statistics(
            {
                'cpu_stats': {'cpu_usage': {'total_usage': 7}},
                'memory_stats': memory,
                'blkio_stats': disks,
            }
        )

    def test_cgroup_version_1(self):
        found = self._read(
            {
                'usage': 1000,
                'limit': 4096,
                'stats': {'inactive_file': 1, 'total_inactive_file': 400},
            },
            {
                'io_service_bytes_recursive': [
                    *(_entry('Read', 10), _entry('Read', 5, minor=1)),
                    *(_entry('Write', 20), _entry('Total', 35)),
                ],
                'io_serviced_recursive': [_entry('Read', 1)],
            },
        )
        self.assertEqual(
            model.Statistics(7, 600, 4096, model.DiskCounters(15, 1, 20)),
            found,
        )

    def test_cgroup_version_2(self):
        found = self._read(
            {'usage': 1000, 'limit': 4096, 'stats': {'inactive_file': 400}},
            {
                'io_service_bytes_recursive': [
                    *(_entry('read', 10), _entry('write', 0)),
                ],
                'io_serviced_recursive': None,
            },
        )
        disk = model.DiskCounters(read_bytes=10, write_bytes=0)
        self.assertEqual(model.Statistics(7, 600, 4096, disk), found)

    def test_stopped_container(self):
        found = self._read({}, {'io_service_bytes_recursive': None})
        self.assertEqual((0, 0), (found.memory_bytes, found.memory_max_bytes))
        self.assertEqual(model.DiskCounters(), found.disk)


class ImageTest(testtools.TestCase):
    def test_image_without_config_and_tags(self):
        found = reading.image(
            {
                'Id': 'sha256:1',
                'RepoTags': None,
                'Size': 1,
                'Architecture': 'arm64',
                'Os': 'linux',
                'Config': None,
            }
        )
        self.assertEqual(
            model.EngineImage('sha256:1', (), 1, 'arm64', 'linux'), found
        )

    def test_image_tells_what_it_is_made_of(self):
        config = {'Cmd': ['a'], 'Env': None, 'Labels': {'b': 'c'}}
        found = reading.image(
            {
                'Id': 'sha256:1',
                'RepoTags': ['d:e'],
                'Size': 1,
                'Architecture': 'arm64',
                'Os': 'linux',
                'Config': config,
                'RootFS': {'Type': 'layers', 'Layers': ['sha256:2']},
            }
        )
        self.assertEqual({'b': 'c'}, found.labels)
        self.assertEqual(('sha256:2',), found.diff_ids)
        self.assertEqual(config, json.loads(found.config))

    def test_tag_is_of_its_repository_alone(self):
        for tag, repository, expected in (
            ('nova-image/a:1', 'nova-image/a', True),
            ('nova-image/a:1', 'nova-image/*', True),
            ('nova-image/a:1', 'nova-image', False),
            ('nova-image/a/b:1', 'nova-image/*', False),
            ('nova-image/ab:1', 'nova-image/a', False),
            ('nova-image/a:1', 'nova-image/a:1', False),
            ('registry:5000/a:1', 'registry:5000/a', True),
        ):
            self.assertIs(expected, reading.is_in(tag, repository))
