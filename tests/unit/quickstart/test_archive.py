"""Archives of installed programs."""

import hashlib
import io
import json
import pathlib
import tarfile

import fixtures
import testtools

from deploy.quickstart import archive

LDD = """\
\tlinux-vdso.so.1 (0x00007ffd6a3f2000)
\tlibevent-2.1.so.7 => /lib/x86_64-linux-gnu/libevent-2.1.so.7 (0x00007f5a)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f59)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f5b)
"""
ROOT = archive.Root(
    {'usr/bin/x': b'program'},
    files={'etc/x.conf': 'text'},
    links={'bin/y': '/usr/bin/x'},
    folders={'tmp': 0o1777},
)


def members(layer):
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        return {entry.name: entry for entry in tar}


class ArchiveTestCase(testtools.TestCase):
    def test_libraries_and_loader_are_found(self):
        self.assertEqual(
            [
                '/lib/x86_64-linux-gnu/libevent-2.1.so.7',
                '/lib/x86_64-linux-gnu/libc.so.6',
                '/lib64/ld-linux-x86-64.so.2',
            ],
            archive.linked(LDD),
        )

    def test_libraries_come_with_their_programs(self):
        found = archive.programs('/usr/bin/env')
        self.assertTrue(found['usr/bin/env'].startswith(b'\x7fELF'))
        self.assertTrue([name for name in found if 'libc.so' in name])

    def test_each_kind_of_entry_has_its_mode(self):
        found = members(archive.layer(ROOT))
        self.assertEqual(
            {
                'bin': 0o755,
                'etc': 0o755,
                'tmp': 0o1777,
                'usr': 0o755,
                'usr/bin': 0o755,
                'etc/x.conf': 0o644,
                'usr/bin/x': 0o755,
                'bin/y': 0o777,
            },
            {name: entry.mode for name, entry in found.items()},
        )
        self.assertEqual('/usr/bin/x', found['bin/y'].linkname)

    def test_config_and_layer_have_the_digests_that_are_told(self):
        stream = io.BytesIO(archive.wrap('x:1', b'layer', {'Cmd': ['x']}))
        with tarfile.open(fileobj=stream) as tar:
            (manifest,) = json.load(tar.extractfile('manifest.json'))
            config = tar.extractfile(manifest['Config']).read()
            layer = tar.extractfile(manifest['Layers'][0]).read()
        digest = hashlib.sha256(config).hexdigest()
        self.assertEqual(f'{digest}.json', manifest['Config'])
        self.assertEqual(['x:1'], manifest['RepoTags'])
        self.assertEqual(
            [f'sha256:{hashlib.sha256(layer).hexdigest()}'],
            json.loads(config)['rootfs']['diff_ids'],
        )

    def test_same_content_makes_the_same_bytes(self):
        target = pathlib.Path(self.useFixture(fixtures.TempDir()).path) / 'x'
        written = []
        for _ in range(2):
            archive.write(target, 'x:1', ROOT, {})
            written.append(target.read_bytes())
        self.assertEqual(*written)
        self.assertEqual([target], list(target.parent.iterdir()))
