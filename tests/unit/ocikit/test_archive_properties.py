"""Spoilt archives: whatever is in them, they are refused with a sentence."""

import contextlib
import gzip
import json
import tempfile
from typing import Any
import unittest

import hypothesis
from hypothesis import strategies

from ocikit import archive
from ocikit import compression
from ocikit import exception
from ocikit import limit
from ocikit import platform
from ocikit import writer
from tests.fixtures import archives

AMD64 = platform.Platform('linux', 'amd64')
LIMITS = limit.Limits(unpacked_bytes=1_000_000, members=50)
LAYERS = (archives.layer(1), archives.layer(2))
ARCHIVES = (
    archives.saved(LAYERS),
    archives.files(archives.layout(LAYERS)),
    gzip.compress(archives.saved(LAYERS), mtime=0),
)
RESULTS = {archives.digest(archives.config(LAYERS))}


def inspect_and_write(content: bytes, *, accept_rootfs_tar: bool) -> str:
    """Do all that is done to an archive; give the image's id."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        file = stack.enter_context(tempfile.TemporaryFile(dir=folder))
        file.write(content)
        file.flush()
        plain = stack.enter_context(
            compression.opened_plain(file, folder, LIMITS.archive_bytes)
        )
        image = archive.inspect(
            plain, AMD64, LIMITS, accept_rootfs_tar=accept_rootfs_tar
        )
        for _ in writer.docker_archive(plain, image, 'a/b:c'):
            pass
        return image.config.digest


class SpoiltArchiveTest(unittest.TestCase):
    @hypothesis.given(
        content=strategies.sampled_from(ARCHIVES),
        changes=strategies.lists(
            strategies.tuples(
                strategies.floats(0, 1, exclude_max=True),
                strategies.binary(min_size=1, max_size=20),
            ),
            min_size=1,
            max_size=5,
        ),
        length=strategies.floats(0, 1) | strategies.just(1.0),
        accept_rootfs_tar=strategies.booleans(),
    )
    @hypothesis.settings(max_examples=200, deadline=None)
    def test_a_spoilt_archive_is_refused_or_still_the_same_image(
        self,
        content: bytes,
        changes: list[tuple[float, bytes]],
        length: float,
        accept_rootfs_tar: bool,
    ) -> None:
        spoilt = bytearray(content)
        for place, replacement in changes:
            start = int(place * len(content))
            spoilt[start : start + len(replacement)] = replacement
        del spoilt[int(length * len(content)) :]
        try:
            found = inspect_and_write(
                bytes(spoilt), accept_rootfs_tar=accept_rootfs_tar
            )
        except exception.ArchiveError as err:
            self.assertTrue(str(err).isprintable())
        else:
            # A change of a name in a header can turn it into a root file
            # system; any other image would be one that nobody vouched for.
            self.assertTrue(found in RESULTS or accept_rootfs_tar)

    @hypothesis.given(content=strategies.binary(max_size=2000))
    @hypothesis.settings(max_examples=100, deadline=None)
    def test_bytes_that_are_no_archive_are_refused(
        self, content: bytes
    ) -> None:
        with self.assertRaises(exception.ArchiveError):
            inspect_and_write(content, accept_rootfs_tar=True)


_JSON = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.text(max_size=10),
    lambda inner: (
        strategies.lists(inner, max_size=3)
        | strategies.dictionaries(strategies.text(max_size=5), inner)
    ),
    max_leaves=5,
)


def replace_value(document: Any, path: list[int], value: Any) -> Any:
    """Replace one value somewhere inside a document."""
    if not path or not document or not isinstance(document, (dict, list)):
        return value
    keys = list(
        document if isinstance(document, dict) else range(len(document))
    )
    key = keys[path[0] % len(keys)]
    changed = document.copy()
    changed[key] = replace_value(document[key], path[1:], value)
    return changed


class SpoiltDocumentTest(unittest.TestCase):
    @hypothesis.given(
        name=strategies.sampled_from(
            ('manifest.json', 'config', 'index.json', 'oci-layout')
        ),
        path=strategies.lists(strategies.integers(0, 9), max_size=5),
        value=_JSON,
    )
    @hypothesis.settings(max_examples=300, deadline=None)
    def test_a_document_with_any_other_value_does_no_harm(
        self, name: str, path: list[int], value: Any
    ) -> None:
        if name in ('manifest.json', 'config'):
            members = archives.saved_members(LAYERS)
            entries = json.loads(members['manifest.json'])
            members['config'] = members[entries[0]['Config']]
            entries[0]['Config'] = 'config'
            members['manifest.json'] = json.dumps(entries).encode()
        else:
            members = archives.layout(LAYERS)
        document = replace_value(json.loads(members[name]), path, value)
        members[name] = json.dumps(document).encode()
        # What we do not read may say anything, so this may also pass.
        with contextlib.suppress(exception.ArchiveError):
            inspect_and_write(archives.files(members), accept_rootfs_tar=False)
