from collections.abc import Iterator
import io
import json
import tarfile
import unittest

from ocikit import exception
from ocikit import limit
from ocikit import rewriter
from tests.fixtures import archives
from tests.unit.ocikit import test_archive

LAYERS = (archives.layer(1, 3000), archives.layer(2, 70_000))
CONFIG = archives.config(LAYERS)
SAVED = rewriter.Saved(
    archives.digest(CONFIG), tuple(archives.digest(x) for x in LAYERS)
)
LIMITS = limit.Limits(unpacked_bytes=1)


def change(content: bytes) -> bytes:
    return json.dumps({**json.loads(content), 'config': {}}).encode()


def pieces(content: bytes, size: int = 1000) -> Iterator[bytes]:
    for offset in range(0, len(content), size):
        yield content[offset : offset + size]


def rewrite(content: bytes, saved: rewriter.Saved = SAVED) -> bytes:
    found = rewriter.rewritten(pieces(content), saved, change, LIMITS)
    return b''.join(found)


def newer_members() -> dict[str, bytes]:
    """Make what ``docker save`` of Docker 26 writes."""
    members = archives.layout_members(
        archives.manifest(CONFIG, []), CONFIG, *LAYERS, index_content=b'{}'
    )
    names = [f'blobs/sha256/{archives.encoded(x)}' for x in (CONFIG, *LAYERS)]
    entry = {'Config': names[0], 'RepoTags': None, 'Layers': names[1:]}
    return members | {'manifest.json': json.dumps([entry]).encode()}


class RewriteTest(unittest.TestCase):
    def test_only_the_config_differs(self) -> None:
        for kind, members in (
            ('20.10', archives.saved_members(LAYERS, CONFIG)),
            ('26', newer_members()),
        ):
            with self.subTest(kind):
                found = test_archive.inspect(rewrite(archives.files(members)))
                self.assertEqual(change(CONFIG), found.config_content)
                self.assertEqual(
                    SAVED.diff_ids, tuple(x.diff_id for x in found.layers)
                )

    def test_only_what_makes_the_image_passes(self) -> None:
        for members in (
            archives.saved_members(LAYERS, CONFIG) | {'x/json': b'{}'},
            newer_members() | {'blobs/sha256/' + 64 * '0': b'{}'},
        ):
            found = rewrite(archives.files(members))
            with tarfile.open(fileobj=io.BytesIO(found)) as opened:
                names = opened.getnames()
                stream = opened.extractfile('manifest.json')
                assert stream is not None
                (entry,) = json.load(stream)
            self.assertEqual([], entry['RepoTags'])
            self.assertEqual(
                {'manifest.json', entry['Config'], *entry['Layers']},
                set(names),
            )

    def test_a_layer_that_is_used_twice_passes_once(self) -> None:
        layers = (LAYERS[0], LAYERS[0])
        config = archives.config(layers)
        saved = rewriter.Saved(archives.digest(config), ())
        members = archives.saved_members(layers, config)
        name = f'{1:064x}/layer.tar'
        content = members.pop(name)
        linked = archives.tar(
            *(
                (archives.member(key, len(value)), value)
                for key, value in members.items()
            ),
            (
                archives.member(
                    name,
                    type=tarfile.SYMTYPE,
                    linkname=f'../{0:064x}/layer.tar',
                ),
                b'',
            ),
        )
        found = rewrite(linked, saved)
        self.assertEqual(1, found.count(content))
        self.assertEqual(2, len(test_archive.inspect(found).layers))

    def test_a_member_that_is_written_twice_passes_once(self) -> None:
        members = [
            (archives.member(name, len(content)), content)
            for name, content in newer_members().items()
        ]
        found = rewrite(archives.tar(*members, *members))
        self.assertEqual(1, found.count(LAYERS[1]))
        self.assertEqual(2, len(test_archive.inspect(found).layers))

    def test_memory_is_that_of_the_documents(self) -> None:
        longest = max(
            len(piece)
            for piece in rewriter.rewritten(
                pieces(archives.files(newer_members())), SAVED, change, LIMITS
            )
        )
        self.assertLess(longest, 4096)


class RefusedTest(unittest.TestCase):
    def assert_refused(
        self,
        kind: type[exception.ArchiveError],
        sentence: str,
        members: dict[str, bytes],
    ) -> None:
        with self.assertRaisesRegex(kind, sentence):
            rewrite(archives.files(members))

    def test_a_stream_that_ends_early(self) -> None:
        whole = archives.files(archives.saved_members(LAYERS, CONFIG))
        for end in (100, 1000, len(whole) - 9000, len(whole) - 11_000):
            with (
                self.subTest(end),
                self.assertRaises(exception.ArchiveMalformed),
            ):
                rewrite(whole[:end])

    def test_another_image(self) -> None:
        members = newer_members()
        other = archives.config(LAYERS, author='other')
        name = f'blobs/sha256/{archives.encoded(CONFIG)}'
        self.assert_refused(
            exception.ArchiveMismatch,
            'not what its digest says',
            members | {name: other},
        )
        del members[name]
        self.assert_refused(exception.ArchiveMalformed, 'lacks', members)

    def test_more_than_one_image(self) -> None:
        members = newer_members()
        entries = json.loads(members['manifest.json']) * 2
        members['manifest.json'] = json.dumps(entries).encode()
        self.assert_refused(
            exception.ArchiveMalformed, 'the one image', members
        )

    def test_no_list_of_images(self) -> None:
        members = newer_members()
        del members['manifest.json']
        self.assert_refused(
            exception.ArchiveMalformed, 'manifest.json', members
        )

    def test_a_layer_that_is_not_there(self) -> None:
        members = archives.saved_members(LAYERS, CONFIG)
        del members[f'{1:064x}/layer.tar']
        self.assert_refused(
            exception.ArchiveMalformed, 'lacks a layer', members
        )

    def test_a_config_beyond_reason(self) -> None:
        content = archives.config(LAYERS, author='x' * LIMITS.document_bytes)
        saved = rewriter.Saved(archives.digest(content), SAVED.diff_ids)
        with self.assertRaises(exception.ArchiveTooLarge):
            rewrite(archives.saved(LAYERS, content), saved)
