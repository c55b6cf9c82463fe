"""What Nova says of a volume."""

import testtools

from novadocker import exception
from novadocker.volume import request


def connection(**changes):
    data = {'target_lun': 1, 'access_mode': 'rw', **changes}
    return {'driver_volume_type': 'iscsi', 'serial': 'id1', 'data': data}


class RequestTest(testtools.TestCase):
    def test_volume_that_nova_has_never_connected(self):
        found = request.volume(connection(), '/volumes/vdb')
        self.assertEqual(
            ('id1', 'iscsi', '/volumes/vdb', False, ''),
            (
                *(found.id, found.protocol, found.target),
                *(found.read_only, found.disk),
            ),
        )

    def test_device_is_remembered_where_nova_keeps_it(self):
        info = connection()
        request.volume(info).is_at('/dev/sdb')
        self.assertEqual('/dev/sdb', info['data']['device_path'])
        self.assertEqual('/dev/sdb', request.volume(info).disk)

    def test_read_only(self):
        self.assertTrue(request.volume(connection(access_mode='ro')).read_only)

    def test_id_where_cinder_says_it_otherwise(self):
        info = connection(volume_id='id2')
        del info['serial']
        self.assertEqual('id2', request.volume(info).id)

    def test_secrets_of_a_back_end_are_not_shown(self):
        shown = repr(request.volume(connection(auth_password='geheim')))
        self.assertNotIn('geheim', shown)

    def test_kinds_that_no_container_has(self):
        request.require_supported(connection())
        for info, reason in (
            (connection(encrypted=True), 'encrypted'),
            ({**connection(), 'multiattach': True}, 'two servers'),
        ):
            error = self.assertRaises(
                exception.VolumeRefused, request.require_supported, info
            )
            self.assertIn(reason, str(error))
            self.assertIn('id1', str(error))

    def test_two_at_one_path(self):
        one = request.volume(connection(), '/a')
        other = request.volume({**connection(), 'serial': 'id2'}, '/a')
        apart = request.volume({**connection(), 'serial': 'id3'}, '/a/b')
        request.require_apart([one, apart])
        error = self.assertRaises(
            exception.VolumeRefused, request.require_apart, [one, other]
        )
        self.assertIn('volume id1 is at /a already', str(error))
