"""What nova-runtime makes of its arguments.

What it does with a real container: tests/functional/test_runtime.py.
"""

import json
import os
import pathlib
import subprocess
import sys

import fixtures
import testtools

from novadocker.runtime import wrapper

_ID = '0123456789abcdef' * 4


class WrapperTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.log = self.folder / 'log.json'
        self.runc = self.folder / 'runc'
        # Its arguments and its environment, for the test to read.
        self.runc.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n')
        self.runc.chmod(0o755)

    def call(self, *words, runc=None, env=None):
        return subprocess.run(
            [
                *(sys.executable, '-IS', wrapper.__file__),
                *(f'--nova-runc={runc or self.runc}', *words),
            ],
            capture_output=True,
            text=True,
            check=False,
            env=env,
        )

    def assert_refused(self, sentence, *words, **options):
        result = self.call(*words, **options)
        self.assertEqual(1, result.returncode)
        self.assertIn(sentence, result.stderr)
        self.assertEqual('', result.stdout)


class PassTest(WrapperTestCase):
    def test_all_but_the_start_of_containers_passes_untouched(self):
        for words in (
            ['--version'],
            ['-v'],
            ['features'],
            ['--root', '/r', '--log', '/l', 'exec', '--bundle', 'x', 'id'],
            ['--root=/r', '--systemd-cgroup', 'delete', '--force', 'create'],
            ['--log', 'create', 'state', 'id'],
            ['--new-option', 'kill', 'id', '9'],
            ['exec', '--nova-runc=/other', 'id', 'run'],
            [],
        ):
            result = self.call(*words)
            self.assertEqual(7, result.returncode, result.stderr)
            self.assertEqual([*words], result.stdout.split())

    def test_environment_decides_nothing(self):
        env = {
            'NOVA_RUNC': '/other',
            'PATH': '/nowhere',
            'PYTHONPATH': str(self.folder),
            'PYTHONSTARTUP': '/other',
        }
        self.assertEqual(7, self.call('state', 'id', env=env).returncode)

    def test_source_starts_with_an_isolated_python(self):
        first = pathlib.Path(wrapper.__file__).read_text().splitlines()[0]
        self.assertEqual('#!/usr/bin/python3 -IS', first)


class RefusalTest(WrapperTestCase):
    def test_run_and_restore(self):
        for command in ('run', 'restore'):
            self.assert_refused(
                f'"{command}" is not used by Docker', command, _ID
            )

    def test_reason_is_in_the_log_wherever_it_is_named(self):
        for words in (
            ['--log', str(self.log), '--log-format', 'json'],
            [f'--log={self.log}', '--log-format=json'],
            ['-log', str(self.log), '--root', '/r'],
        ):
            self.log.unlink(missing_ok=True)
            self.assert_refused('nova-runtime: "run" is', *words, 'run', _ID)
            line = json.loads(self.log.read_text())
            self.assertEqual('error', line['level'])
            self.assertIn('nova-runtime: "run" is', line['msg'])
            self.assertRegex(
                line['time'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$'
            )

    def test_log_of_runc_is_kept(self):
        self.log.write_text('{"level":"info"}\n')
        self.assert_refused('"run" is', '--log', str(self.log), 'run', _ID)
        self.assertEqual(2, len(self.log.read_text().splitlines()))

    def test_option_that_is_not_known_before_a_start(self):
        for command in ('create', 'run', 'restore'):
            self.assert_refused(
                'option --new of runc is not known', '--new', 'x', command
            )

    def test_option_of_create_that_is_not_known(self):
        self.assert_refused(
            'option --new of "create" is not known', 'create', '--new', _ID
        )

    def test_option_without_its_value(self):
        self.assert_refused('nova-runtime: ', '--log')

    def test_option_of_ours_that_is_not_known(self):
        for word in ('--nova-other=1', '--nova-map-dir', '--nova-runc='):
            self.assert_refused('in daemon.json is not known', word, 'state')

    def test_create_of_what_is_no_container_id(self):
        for names in (
            [],
            ['short'],
            [_ID.upper()],
            [_ID[:-1] + '/'],
            [_ID, _ID],
            ['../' + _ID[3:]],
        ):
            self.assert_refused(
                'is not the id of one container', 'create', *names
            )

    def test_runc_that_cannot_be_run(self):
        self.assert_refused(
            'cannot be run (FileNotFoundError)', 'state', runc='/nowhere'
        )

    def test_words_by_which_dockerd_blames_the_command_are_not_used(self):
        result = self.call(f'--nova-map-dir={self.folder}/none', 'create', _ID)
        self.assertIn('no network namespace is prepared', result.stderr)
        for words in ('no such file', 'permission denied', 'not a directory'):
            self.assertNotIn(words, result.stderr.lower())


class PureTest(testtools.TestCase):
    def test_own_options_are_taken(self):
        self.assertEqual(
            (
                {'--nova-map-dir': '/m', '--nova-runc': '/r'},
                ['--nova', 'state'],
            ),
            wrapper.take_own(
                ['--nova-map-dir=/m', '--nova-runc=/r', '--nova', 'state']
            ),
        )

    def test_bundle_is_found_in_all_its_forms(self):
        for words in (
            ['--bundle', '/b', '--pid-file', '/p', _ID],
            ['--no-pivot', '--bundle=/b', _ID],
            ['-bundle', '/b', '--console-socket', '--bundle', _ID],
        ):
            options, names = wrapper.split(words, *wrapper._CREATE)
            self.assertEqual('/b', options['bundle'])
            self.assertEqual([_ID], names)
        for words in (['-b', '/b', _ID], ['-b=/b', _ID]):
            options, names = wrapper.split(words, *wrapper._CREATE)
            self.assertEqual('/b', options['b'])
            self.assertEqual([_ID], names)

    def test_one_network_namespace_gets_the_path(self):
        config = {
            'linux': {'namespaces': [{'type': 'pid'}, {'type': 'network'}]}
        }
        wrapper.set_netns(config, '/run/netns/nova-1')
        self.assertEqual(
            [
                {'type': 'pid'},
                {'type': 'network', 'path': '/run/netns/nova-1'},
            ],
            config['linux']['namespaces'],
        )

    def test_other_networks_are_refused(self):
        network = {'type': 'network'}
        for namespaces in (
            [],
            [{'type': 'pid'}],
            [network, network],
            [{**network, 'path': '/proc/1/ns/net'}],
        ):
            self.assertRaises(
                wrapper.Refused,
                wrapper.set_netns,
                {'linux': {'namespaces': namespaces}},
                '/run/netns/nova-1',
            )
        self.assertRaises(wrapper.Refused, wrapper.set_netns, {}, '/x')

    def test_missing_runc_is_refused(self):
        self.useFixture(
            fixtures.MonkeyPatch(
                'novadocker.runtime.wrapper._RUNCS', ('/nowhere', '/neither')
            )
        )
        self.assertRaises(wrapper.Refused, wrapper.find_runc)

    def test_reason_of_what_was_not_foreseen_names_it(self):
        self.assertEqual(
            'FileNotFoundError at /a',
            wrapper.reason(FileNotFoundError(2, 'No such file', '/a')),
        )
        self.assertEqual("KeyError('a')", wrapper.reason(KeyError('a')))


class RewriteTest(WrapperTestCase):
    def setUp(self):
        super().setUp()
        self.path = self.folder / 'config.json'
        self.config = {
            'process': {'env': ['NAME=\u00fc\udcff']},
            'linux': {
                'namespaces': [{'type': 'network'}],
                'resources': {'memory': {'limit': 2**63 - 1}},
            },
        }

    def _write(self, config):
        self.path.write_text(json.dumps(config))
        self.path.chmod(0o640)

    def test_all_else_is_kept(self):
        self._write(self.config)
        wrapper.rewrite(str(self.path), '/run/netns/nova-1')
        found = json.loads(self.path.read_text())
        wrapper.set_netns(self.config, '/run/netns/nova-1')
        self.assertEqual(self.config, found)
        self.assertEqual(0o640, self.path.stat().st_mode & 0o777)
        self.assertEqual({'config.json', 'runc'}, {*os.listdir(self.folder)})

    def test_refused_bundle_is_left_as_it_was(self):
        self._write({})
        self.assertRaises(
            wrapper.Refused, wrapper.rewrite, str(self.path), '/x'
        )
        self.assertEqual('{}', self.path.read_text())

    def test_nothing_is_left_of_a_rewrite_that_fails(self):
        self._write(self.config)

        def fail(*args):
            raise OSError('a test')

        self.useFixture(fixtures.MonkeyPatch('os.rename', fail))
        self.assertRaises(OSError, wrapper.rewrite, str(self.path), '/x')
        self.assertEqual({'config.json', 'runc'}, {*os.listdir(self.folder)})

    def test_foreign_file_in_the_bundle_is_not_written_to(self):
        self._write(self.config)
        (self.folder / 'config.json.nova').symlink_to(self.folder / 'other')
        self.assertRaises(
            FileExistsError, wrapper.rewrite, str(self.path), '/x'
        )


class NamespaceTest(testtools.TestCase):
    def test_host_namespace_is_refused(self):
        self.useFixture(fixtures.MonkeyPatch('os.lstat', os.stat))
        err = self.assertRaises(
            wrapper.Refused, wrapper.check_netns, '/proc/self/ns/net'
        )
        self.assertIn("the host's own", str(err))

    def test_plain_file_is_refused(self):
        err = self.assertRaises(wrapper.Refused, wrapper.check_netns, __file__)
        self.assertIn('is not a network namespace', str(err))

    def test_missing_file_is_refused(self):
        err = self.assertRaises(
            wrapper.Refused, wrapper.check_netns, '/nowhere'
        )
        self.assertIn('is missing', str(err))


class VolumeTest(WrapperTestCase):
    """What the map entry of a container says of its volumes."""

    def test_mount_has_no_power(self):
        for line, options in (
            (
                'rw ext4 /dev/sdb /data',
                ['nosuid', 'nodev', 'rw', 'errors=remount-ro'],
            ),
            ('ro xfs /dev/sdb /data', ['nosuid', 'nodev', 'ro', 'nouuid']),
        ):
            self.assertEqual(
                {
                    'destination': '/data',
                    'type': line.split()[1],
                    'source': '/dev/sdb',
                    'options': options,
                },
                wrapper.volume_mount(f'volume {line}'),
            )

    def test_line_that_is_not_understood_is_refused(self):
        for line in (
            *('', 'volume', 'volume rw ext4 /dev/sdb'),
            *('volume rw ext4 /dev/sdb /a b', 'volume wr ext4 /dev/sdb /a'),
            *('volume rw btrfs /dev/sdb /a', 'volume rw ext4 /etc/x /a'),
            *('volume rw ext4 /dev/sdb a', 'secret rw ext4 /dev/sdb /a'),
        ):
            self.assertRaises(wrapper.Refused, wrapper.volume_mount, line)

    def test_device_that_is_none_or_missing_is_refused(self):
        for path, sentence in (
            ('/dev/null', 'is not the device of a volume'),
            (str(self.folder / 'none'), '(FileNotFoundError, 2)'),
        ):
            error = self.assertRaises(
                wrapper.Refused, wrapper.check_device, path
            )
            self.assertIn(sentence, str(error))

    def test_volumes_come_after_all_else(self):
        path = self.folder / 'config.json'
        config = {
            'linux': {'namespaces': [{'type': 'network'}]},
            'mounts': [{'destination': '/proc'}],
        }
        path.write_text(json.dumps(config))
        wrapper.rewrite(str(path), '/x', '', [{'destination': '/data'}])
        self.assertEqual(
            ['/proc', '/data'],
            [
                each['destination']
                for each in json.loads(path.read_text())['mounts']
            ],
        )


class RootMountTest(testtools.TestCase):
    """Which folders of the engine a rescue is given."""

    def setUp(self):
        super().setUp()
        # It may be called so, too.
        self.graph = self.useFixture(fixtures.TempDir()).path + '/overlay2/x'
        self.root = f'{self.graph}/overlay2/{"a" * 64}/merged'
        self.layer = f'{self.graph}/overlay2/layer'
        self._write('overlay2/layer/lower', 'l/INIT:l/IMAGE')
        self._write(f'image/overlay2/layerdb/mounts/{_ID}/mount-id', 'layer')
        self._write(
            f'containers/{_ID}/config.v2.json', '{"Name": "/nova-uuid"}'
        )

    def _write(self, path, text):
        path = pathlib.Path(self.graph, path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def _mount(self, **changes):
        given = {'root': self.root, 'rescued': _ID, 'name': '/nova-uuid'}
        return wrapper.root_mount(**{**given, **changes})

    def _assert_refused(self, sentence, **changes):
        error = self.assertRaises(wrapper.Refused, self._mount, **changes)
        self.assertIn(sentence, str(error))

    def test_layers_of_the_container_as_the_engine_stacks_them(self):
        for has_index in (True, False):
            self.patch(
                wrapper, '_OVERLAY_INDEX', self.graph if has_index else '/no'
            )
            found = self._mount()
            self.assertEqual(
                ('/rescue', 'overlay', 'overlay'),
                (found['destination'], found['type'], found['source']),
            )
            self.assertEqual(
                [
                    f'lowerdir={self.graph}/overlay2/l/INIT:'
                    f'{self.graph}/overlay2/l/IMAGE',
                    f'upperdir={self.layer}/diff',
                    f'workdir={self.layer}/work',
                    *(['index=off'] if has_index else []),
                ],
                found['options'],
            )

    def test_another_instance_is_refused(self):
        self._assert_refused('is not the container', name='/nova-other')

    def test_engine_that_keeps_its_roots_otherwise(self):
        for root in (
            '/var/lib/docker/vfs/dir/x',
            '/run/containerd/x/rootfs',
            '/a,b/overlay2/x/merged',
            '/a:b/overlay2/x/merged',
            '/var/lib/docker/overlay2/x/diff',
            '',
        ):
            self._assert_refused('no root that can be mounted', root=root)

    def test_root_that_is_in_use(self):
        self.patch(wrapper.os.path, 'ismount', f'{self.layer}/merged'.__eq__)
        self._assert_refused('still in use')

    def test_more_layers_than_one_mount_takes(self):
        lower = ':'.join(f'l/{number:026}' for number in range(120))
        self._write('overlay2/layer/lower', lower)
        self._assert_refused('too many layers (120)')

    def test_container_that_the_engine_does_not_have(self):
        error = self.assertRaises(OSError, self._mount, rescued='f' * 64)
        # dockerd would blame the command for the system's own words.
        self.assertIn('FileNotFoundError', wrapper.reason(error))
