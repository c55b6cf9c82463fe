"""The command that makes the images which devstack has."""

import contextlib
import importlib.util
import io
import json
import pathlib
import tarfile
from unittest import mock

import fixtures
import testtools

from deploy.quickstart import archive
from deploy.quickstart import process
from tests.unit.devstack import node

_PATH = node.PLUGIN / 'tools/build_image.py'
_SPEC = importlib.util.spec_from_file_location('build_image', _PATH)
assert _SPEC
assert _SPEC.loader
build_image = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(build_image)


class BuildImageTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.target = pathlib.Path(folder) / 'image.tar'
        # The programs of this machine, which need not have them.
        for owner, name, value in (
            (archive, 'programs', {'bin/program': b'program'}),
            (process, 'run', 'sh\nls\n'),
        ):
            patch = mock.patch.object(
                owner, name, autospec=True, return_value=value
            )
            patch.start()
            self.addCleanup(patch.stop)

    def reference(self) -> str:
        with tarfile.open(self.target) as tar:
            file = tar.extractfile('manifest.json')
            assert file
            (manifest,) = json.load(file)
        (reference,) = manifest['RepoTags']
        return str(reference)

    def test_each_kind_is_built_under_the_name_that_was_asked_for(
        self,
    ) -> None:
        for kind in ('memcached', 'sshd'):
            name = f'{kind}:2'
            code = build_image.main(['build', kind, str(self.target), name])
            self.assertEqual(0, code)
            self.assertEqual(name, self.reference())

    def test_the_packages_are_said(self) -> None:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            build_image.main(['packages', 'sshd'])
        self.assertIn('dropbear-bin', output.getvalue().split())
