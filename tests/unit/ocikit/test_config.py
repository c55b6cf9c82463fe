import json
from typing import Any
import unittest

from ocikit import config
from ocikit import exception
from ocikit import platform
from tests.fixtures import archives

AMD64 = platform.Platform('linux', 'amd64')


class ReadTest(unittest.TestCase):
    def test_a_config_is_read(self) -> None:
        content = archives.config(
            [b'a', b'b'],
            config={'Cmd': ['x', 'y'], 'Entrypoint': ['/e']},
        )
        self.assertEqual(
            config.Config(
                digest=archives.digest(content),
                platform=AMD64,
                diff_ids=(archives.digest(b'a'), archives.digest(b'b')),
                command=('x', 'y'),
                entrypoint=('/e',),
            ),
            config.read(content),
        )

    def test_a_config_may_run_nothing(self) -> None:
        for process in (None, {}, {'Cmd': None, 'Entrypoint': None}):
            found = config.read(archives.config([b'a'], config=process))
            self.assertEqual(((), ()), (found.command, found.entrypoint))

    def test_a_config_that_lacks_something_is_refused(self) -> None:
        spoilt: tuple[dict[str, Any], ...] = (
            {'architecture': None},
            {'os': 3},
            {'rootfs': None},
            {'rootfs': {'type': 'other'}},
            {'rootfs': {'type': 'layers', 'diff_ids': [1]}},
            {'config': []},
            {'config': {'Cmd': 'sh'}},
        )
        for changes in spoilt:
            with (
                self.subTest(changes),
                self.assertRaises(exception.ArchiveMalformed),
            ):
                config.read(archives.config([b'a'], **changes))

    def test_a_diff_id_that_is_no_digest_is_refused(self) -> None:
        rootfs = {'type': 'layers', 'diff_ids': ['../x']}
        with self.assertRaises(exception.InvalidDigest):
            config.read(archives.config([], rootfs=rootfs))


class WithoutVolumesTest(unittest.TestCase):
    def test_volumes_are_left_out_and_nothing_else(self) -> None:
        process = {'Cmd': ['x'], 'WorkingDir': '/data', 'Env': ['A=\u00e9']}
        content = archives.config(
            [b'a'], config={**process, 'Volumes': {'/data': {}}}, extra=[1.5]
        )
        found = config.without_volumes(content)
        self.assertEqual(
            json.loads(archives.config([b'a'], config=process, extra=[1.5])),
            json.loads(found),
        )
        self.assertEqual(found, config.without_volumes(content))

    def test_config_without_volumes_stays_as_it_is(self) -> None:
        for process in (None, {}, {'Volumes': None}, {'Volumes': {}}):
            content = archives.config([b'a'], config=process)
            with self.subTest(process):
                self.assertEqual(content, config.without_volumes(content))

    def test_volumes_that_only_go_would_read_are_refused(self) -> None:
        spoilt: tuple[dict[str, Any], ...] = (
            {'volumes': {'/': {}}},
            {'Volumes': {'/': {}}, 'VOLUMES': {}},
            {'Volumes': ['/']},
        )
        for process in spoilt:
            with (
                self.subTest(process),
                self.assertRaises(exception.ArchiveMalformed),
            ):
                config.without_volumes(archives.config([b'a'], config=process))

    def test_number_that_is_none_is_refused(self) -> None:
        process = {'Volumes': {'/': {}}, 'x': float('inf')}
        with self.assertRaises(exception.ArchiveMalformed):
            config.without_volumes(archives.config([b'a'], config=process))


class WithProcessTest(unittest.TestCase):
    def rewrite(self, parent: dict[str, Any], **changes: Any) -> Any:
        content = archives.config([b'a'], **changes)
        process = json.dumps(parent).encode()
        return json.loads(config.with_process(content, process, 'a note'))

    def test_the_process_is_the_parents(self) -> None:
        parent = {
            'Cmd': ['serve'],
            'Env': ['A=b'],
            'User': 'web',
            'WorkingDir': '/srv',
            'Labels': {'a': 'b'},
            'ExposedPorts': {'80/tcp': {}},
        }
        found = self.rewrite(parent, config={'Cmd': ['sh'], 'Env': ['C=d']})
        self.assertEqual(parent, found['config'])

    def test_what_is_of_a_container_is_left_out(self) -> None:
        found = self.rewrite(
            {
                'Hostname': 'web',
                'NetworkDisabled': True,
                'Tty': True,
                'Volumes': {'/data': {}},
                'Entrypoint': None,
                'Image': 'sha256:0',
            },
            container='0123',
            container_config={'Env': ['SECRET=1']},
        )
        self.assertEqual({}, found['config'])
        self.assertEqual(
            {'architecture', 'os', 'rootfs', 'config'}, set(found)
        )

    def test_the_history_does_not_tell_what_the_container_ran(self) -> None:
        found = self.rewrite(
            {},
            history=[
                {'created_by': 'ADD file', 'comment': 'parent'},
                {'created': 'now', 'created_by': 'SECRET=1', 'comment': 'x'},
            ],
        )
        self.assertEqual(
            [
                {'created_by': 'ADD file', 'comment': 'parent'},
                {'created': 'now', 'created_by': 'a note'},
            ],
            found['history'],
        )

    def test_what_is_no_config_is_refused(self) -> None:
        for content, process in (
            (b'[]', b'{}'),
            (b'{}', b'[]'),
            (b'{"history": [1]}', b'{}'),
        ):
            with (
                self.subTest(content + process),
                self.assertRaises(exception.ArchiveMalformed),
            ):
                config.with_process(content, process, '')


class WriteTest(unittest.TestCase):
    def test_what_is_written_can_be_read_and_stays_the_same(self) -> None:
        diff_ids = (archives.digest(b'a'),)
        content = config.write(AMD64, diff_ids)
        self.assertEqual(content, config.write(AMD64, diff_ids))
        found = config.read(content)
        self.assertEqual((AMD64, diff_ids), (found.platform, found.diff_ids))
        self.assertIsInstance(json.loads(content), dict)
