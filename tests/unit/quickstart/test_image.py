"""The archive of memcached."""

import hashlib
import io
import json
import tarfile

import testtools

from deploy.quickstart import image

LDD = """\
\tlinux-vdso.so.1 (0x00007ffd6a3f2000)
\tlibevent-2.1.so.7 => /lib/x86_64-linux-gnu/libevent-2.1.so.7 (0x00007f5a)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f59)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f5b)
"""


class ImageTestCase(testtools.TestCase):
    def test_libraries_and_loader_are_found(self):
        self.assertEqual(
            [
                '/lib/x86_64-linux-gnu/libevent-2.1.so.7',
                '/lib/x86_64-linux-gnu/libc.so.6',
                '/lib64/ld-linux-x86-64.so.2',
            ],
            image.linked(LDD),
        )

    def test_archive_is_consistent(self):
        stream = io.BytesIO(image.archive(b'layer'))
        with tarfile.open(fileobj=stream) as tar:
            (manifest,) = json.load(tar.extractfile('manifest.json'))
            config = tar.extractfile(manifest['Config']).read()
            layer = tar.extractfile(manifest['Layers'][0]).read()
        digest = hashlib.sha256(config).hexdigest()
        self.assertEqual(f'{digest}.json', manifest['Config'])
        self.assertEqual(
            [f'sha256:{hashlib.sha256(layer).hexdigest()}'],
            json.loads(config)['rootfs']['diff_ids'],
        )

    def test_same_content_makes_the_same_bytes(self):
        self.assertEqual(image.archive(b'x'), image.archive(b'x'))
