"""What is in the image that one can log in to."""

import testtools

from deploy.quickstart import ssh_image


class AppletsTestCase(testtools.TestCase):
    def test_busybox_is_what_no_program_is(self):
        found = ssh_image.applets(
            'ash\nip\ncurl\nbusybox\nping6\n',
            {'usr/sbin/ip', 'bin/busybox'},
        )
        self.assertEqual(
            {'bin/ash': '/bin/busybox', 'bin/ping6': '/usr/bin/ping'}, found
        )
