"""Of a layer that the engine keeps, plain files are read and nothing else."""

import base64
import os
import pathlib
import secrets
import socket
import threading
from unittest import mock

import fixtures
import testtools

from novadocker import constants
from novadocker import exception
import novadocker.privsep
from novadocker.privsep import layer
from tests.fixtures import archives
from tests.fixtures import engine_folder
from tests.fixtures import netns

ONE = archives.files({'one': b'1' * 5000, 'none': b''})
TWO = archives.files({'two': b'2' * 3_000_000})


class SendTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.useFixture(netns.InProcess(novadocker.privsep.read))
        self.engine = self.useFixture(engine_folder.EngineFolder())
        self.name = f'{constants.LAYER_SOCKET}{secrets.token_hex(16)}'

    def listen(self):
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(f'\0{self.name}')
        server.listen()
        return server

    def send(self, chain_id):
        """Have a layer sent, and give what comes."""
        came = []
        with self.listen() as server:
            receiver = threading.Thread(
                target=self._receive, args=(server, came)
            )
            receiver.start()
            try:
                layer.send(self.engine.path, chain_id, self.name)
            finally:
                server.shutdown(socket.SHUT_RDWR)
                receiver.join()
        return b''.join(came)

    @staticmethod
    def _receive(server, came):
        try:
            connection, _ = server.accept()
        except OSError:
            return  # nobody has come
        with connection:
            while piece := connection.recv(4096):
                came.append(piece)

    def assert_refused(self, chain_id, reason):
        error = self.assertRaises(
            exception.LayerUnreadable, self.send, chain_id
        )
        self.assertIn(reason, str(error))
        self.assertIn(chain_id, str(error))


class SendTest(SendTestCase):
    def test_layer_comes_to_the_byte(self):
        one, _ = self.engine.add(ONE, TWO)
        self.assertEqual(ONE, self.send(one))

    def test_layer_above_another_comes_alone(self):
        _, two = self.engine.add(ONE, TWO)
        self.assertEqual(TWO, self.send(two))

    def test_name_that_is_no_text(self):
        (one,) = self.engine.add(ONE)
        raw = b'caf\xe9'
        self.engine.file(one, os.fsdecode(raw)).write_bytes(b'content')
        name = base64.b64encode(raw).decode()
        self.engine.write_notes(
            one,
            {'type': 1, 'name_raw': name, 'size': 7},
            engine_folder.segment(b'end'),
        )
        self.assertEqual(b'contentend', self.send(one))

    def test_name_from_the_root_is_of_the_layer(self):
        (one,) = self.engine.add(ONE)
        note = {'type': 1, 'name': '/one', 'size': 5000}
        self.engine.write_notes(one, note, {'type': 2, 'payload': None})
        self.assertEqual(b'1' * 5000, self.send(one))


class RefusalTest(SendTestCase):
    def setUp(self):
        super().setUp()
        (self.one,) = self.engine.add(ONE)

    def test_layer_that_is_not_there(self):
        self.assert_refused('f' * 64, 'No such file')

    def test_links_are_not_followed(self):
        secret = pathlib.Path(self.useFixture(fixtures.TempDir()).path, 'one')
        secret.write_bytes(b's' * 5000)
        path = self.engine.file(self.one, 'one')
        path.unlink()
        path.symlink_to(secret)
        self.assert_refused(self.one, 'symbolic links')
        self.engine.file(self.one, 'folder').symlink_to(secret.parent)
        note = {'type': 1, 'name': 'folder/one', 'size': 5000}
        self.engine.write_notes(self.one, note)
        self.assert_refused(self.one, 'symbolic links')

    def test_nothing_above_the_layer_is_read(self):
        outside = self.engine.root / 'outside'
        outside.write_bytes(b's' * 5000)
        self.engine.write_notes(
            self.one, {'type': 1, 'name': '../../../outside', 'size': 5000}
        )
        self.assert_refused(self.one, 'cross-device')

    def test_what_is_no_plain_file(self):
        path = self.engine.file(self.one, 'one')
        path.unlink()
        os.mkfifo(path)
        self.assert_refused(self.one, 'what was a file is none')

    def test_file_that_is_shorter(self):
        self.engine.file(self.one, 'one').write_bytes(b'1' * 4999)
        self.assert_refused(self.one, 'shorter')

    def test_notes_of_another_kind(self):
        for note in (
            {},
            {'type': 3},
            {'type': 1, 'size': 3},
            {'type': 1, 'name': 'one', 'size': '3'},
            {'type': 2, 'payload': 'x'},
            ['x'],
            7,
        ):
            self.engine.write_notes(self.one, note)
            self.assert_refused(self.one, 'cannot be read')

    def test_line_without_an_end(self):
        self.patch(layer, '_MAX_NOTE_BYTES', 100)
        self.engine.write_notes(self.one, engine_folder.segment(b'x' * 200))
        self.assert_refused(self.one, 'Unterminated string')

    def test_notes_that_are_damaged(self):
        path = self.engine.notes(self.one) / 'tar-split.json.gz'
        content = path.read_bytes()
        damaged = bytearray(content)
        damaged[12] ^= 0xFF
        for each in (content[:-10], b'x' + content[1:], damaged):
            path.write_bytes(each)
            self.assert_refused(self.one, 'cannot be read')

    def test_folder_of_another_name(self):
        (self.engine.notes(self.one) / 'cache-id').write_text('../../x')
        self.assert_refused(self.one, 'is not the name of its folder')

    def test_engine_whose_folder_others_may_write_to(self):
        self.engine.root.chmod(0o770)
        self.assert_refused(self.one, "is not root's alone")

    def test_engine_whose_folder_is_of_others(self):
        with mock.patch.object(os, 'getuid', autospec=True) as user:
            user.return_value = self.engine.root.stat().st_uid + 1
            self.assert_refused(self.one, "is not root's alone")

    def test_receiver_that_leaves(self):
        (two,) = self.engine.add(TWO)
        server = self.listen()

        def leave():
            connection, _ = server.accept()
            connection.close()

        receiver = threading.Thread(target=leave)
        receiver.start()
        self.addCleanup(receiver.join)
        self.assertRaises(
            *(exception.LayerUnreadable, layer.send),
            *(self.engine.path, two, self.name),
        )

    def test_arguments_of_another_kind(self):
        good = [self.engine.path, self.one, self.name]
        for number, values in enumerate(
            (
                ('', '/', 'x', '/x/../y', '/x/', '/x\0', None, b'/x'),
                ('', 'x', self.one[1:], self.one.upper(), f'{self.one}\n', 7),
                ('', 'x', self.name[1:], f'{self.name}0', '/x', None),
            )
        ):
            for value in values:
                given = [*good]
                given[number] = value
                self.assertRaises(
                    exception.LayerUnreadable, layer.send, *given
                )
