"""What is put into an engine's daemon.json, and dropped again."""

import contextlib
import importlib.util
import io
import json
import pathlib
from typing import Any

import fixtures
import testtools

from tests.fixtures import page
from tests.unit.devstack import node

_PATH = node.PLUGIN / 'tools/daemon_json.py'
_SPEC = importlib.util.spec_from_file_location('daemon_json', _PATH)
assert _SPEC
assert _SPEC.loader
daemon_json = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(daemon_json)
RUNTIME = '/usr/libexec/nova-docker/nova-runtime'
THEIRS = {
    'registry-mirrors': ['http://mirror.example.org'],
    'runtimes': {'crun': {'path': '/usr/bin/crun'}},
}


class DaemonJsonTest(testtools.TestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.path = pathlib.Path(folder) / 'daemon.json'

    def run_deed(self, deed: str) -> str:
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            code = daemon_json.main([deed, str(self.path), RUNTIME])
        self.assertEqual(0, code)
        return output.getvalue().strip()

    def written(self) -> Any:
        return json.loads(self.path.read_text())

    def test_what_the_install_page_says_is_put(self) -> None:
        self.assertEqual('changed', self.run_deed('put'))
        page_says = page.block('admin/install', '"bridge"', 'json')
        written = self.written()
        for name, value in json.loads(page_says).items():
            self.assertEqual(value, written[name])

    def test_layers_can_be_read_whatever_the_release(self) -> None:
        self.run_deed('put')
        self.assertEqual(
            {'containerd-snapshotter': False}, self.written()['features']
        )

    def test_a_second_time_changes_nothing(self) -> None:
        self.run_deed('put')
        before = self.path.stat()
        self.assertEqual('unchanged', self.run_deed('put'))
        self.assertEqual(before.st_ino, self.path.stat().st_ino)

    def test_what_is_there_stays(self) -> None:
        self.path.write_text(json.dumps(THEIRS))
        self.run_deed('put')
        written = self.written()
        self.assertEqual(
            THEIRS['registry-mirrors'], written['registry-mirrors']
        )
        self.assertEqual({'crun', 'nova'}, set(written['runtimes']))

    def test_before_the_first_start_there_is_no_wrapper(self) -> None:
        self.assertEqual('changed', self.run_deed('prepare'))
        written = self.written()
        self.assertNotIn('runtimes', written)
        self.assertFalse(written['iptables'])

    def test_dropping_leaves_what_was_there_before(self) -> None:
        self.path.write_text(json.dumps(THEIRS))
        self.run_deed('put')
        self.assertEqual('changed', self.run_deed('drop'))
        self.assertEqual(THEIRS, self.written())
        self.assertEqual('unchanged', self.run_deed('drop'))

    def test_dropping_leaves_what_somebody_has_changed(self) -> None:
        self.run_deed('put')
        self.path.write_text(json.dumps({**self.written(), 'bridge': 'br0'}))
        self.run_deed('drop')
        self.assertEqual({'bridge': 'br0'}, self.written())

    def test_an_empty_file_counts_as_none(self) -> None:
        self.path.touch()
        self.assertEqual('changed', self.run_deed('put'))

    def test_what_is_not_json_is_refused_and_kept(self) -> None:
        self.path.write_text('{,')
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            code = daemon_json.main(['put', str(self.path), RUNTIME])
        self.assertEqual(1, code)
        self.assertIn('is not JSON', errors.getvalue())
        self.assertEqual('{,', self.path.read_text())
