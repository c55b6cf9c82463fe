"""What has to go, and in which order."""

import pathlib

import testtools

from deploy.quickstart import down

MOUNTINFO = """\
22 1 254:0 / / rw - ext4 /dev/vda rw
30 22 0:4 net:[1] /srv/cloud/nodes/a/ns/net rw - nsfs nsfs rw
31 22 254:0 /x /srv/cloud/nodes/a/ns rw - ext4 /dev/vda rw
32 22 0:5 / /srv/cloud-2/data rw - overlay overlay rw
"""


class MountsTestCase(testtools.TestCase):
    def test_the_innermost_comes_first(self):
        self.assertEqual(
            ['/srv/cloud/nodes/a/ns/net', '/srv/cloud/nodes/a/ns'],
            down.mounts_below(MOUNTINFO, pathlib.Path('/srv/cloud')),
        )
