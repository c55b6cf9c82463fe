"""Shims: found by the id of their container, and nothing else is."""

import os
import pathlib
import signal
from unittest import mock

import fixtures
import testtools

from novadocker import exception
import novadocker.privsep
from novadocker.privsep import shim
from tests.fixtures import netns

_ID = '0123456789abcdef' * 4
_OTHER = 'f' * 64
_SHIM = '/usr/bin/containerd-shim-runc-v2'
_NAMESPACE = ('-namespace', 'moby')


class ShimTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(netns.InProcess(novadocker.privsep.net))
        self._proc = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.patch(shim, '_PROC', self._proc)

    def _process(self, pid, *words):
        folder = self._proc / str(pid)
        folder.mkdir()
        text = '\0'.join([*words, ''])
        (folder / 'cmdline').write_text(text)

    def test_shims_of_a_container(self):
        self._process(1, '/sbin/init')
        self._process(2)
        self._process(3, _SHIM, *_NAMESPACE, '-id', _ID)
        self._process(4, _SHIM, *_NAMESPACE, '-id', _OTHER)
        self._process(5, 'containerd-shim', *_NAMESPACE, '-id', _ID)
        self._process(6, '/bin/grep', '-id', _ID)
        self._process(7, _SHIM, '-address', _ID)
        self.assertEqual([3, 5], sorted(shim.pids(_ID)))
        self.assertEqual({_ID, _OTHER}, shim.container_ids())

    def test_what_makes_a_shim_or_clears_up_is_none(self):
        for pid, deed in enumerate(('start', 'delete')):
            self._process(pid, _SHIM, *_NAMESPACE, '-id', _ID, deed)
        self.assertEqual((), shim.pids(_ID))

    def test_process_that_goes_meanwhile_is_left_out(self):
        self._process(1, _SHIM, '-id', _ID)
        for error in (FileNotFoundError, ProcessLookupError):
            with mock.patch.object(
                pathlib.Path, 'read_bytes', autospec=True, side_effect=error
            ):
                self.assertEqual((), shim.pids(_ID))

    def test_what_is_no_id_is_refused(self):
        for name in ('', _ID[:12], _ID.upper(), '../' + _ID, None):
            for deed in (shim.pids, shim.kill):
                self.assertRaises(exception.MapEntryInvalid, deed, name)

    def test_only_the_shim_is_killed(self):
        self._process(3, _SHIM, *_NAMESPACE, '-id', _ID)
        self._process(4, _SHIM, *_NAMESPACE, '-id', _OTHER)
        with mock.patch.object(os, 'kill', autospec=True) as kill:
            shim.kill(_ID)
        kill.assert_called_once_with(3, signal.SIGKILL)

    def test_shim_that_ends_meanwhile_is_fine(self):
        self._process(3, _SHIM, *_NAMESPACE, '-id', _ID)
        with mock.patch.object(os, 'kill', autospec=True) as kill:
            kill.side_effect = ProcessLookupError
            shim.kill(_ID)
