"""Privilege: none by default, and only the flavor gives any."""

import testtools

from novadocker.spec import security


class SecurityTestCase(testtools.TestCase):
    def test_default_is_unprivileged(self):
        found = security.security({})
        self.assertFalse(found.privileged)
        self.assertTrue(found.no_new_privileges)
        self.assertEqual((), found.cap_add)
        self.assertEqual(('AUDIT_WRITE', 'MKNOD', 'NET_RAW'), found.cap_drop)

    def test_added_capability_is_not_dropped(self):
        found = security.security({'docker:cap_add': 'NET_RAW'})
        self.assertEqual(('NET_RAW',), found.cap_add)
        self.assertNotIn('NET_RAW', found.cap_drop)

    def test_privileged_flavor(self):
        found = security.security({'docker:privileged': 'true'})
        self.assertTrue(found.privileged)
        self.assertFalse(found.no_new_privileges)

    def test_read_only_root(self):
        found = security.security({'docker:read_only_root': 'true'})
        self.assertTrue(found.read_only_root)
