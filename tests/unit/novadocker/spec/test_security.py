"""Privilege: none by default, and only the flavor gives any."""

import testtools

from novadocker import exception
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

    def test_power_over_the_networks_of_others_is_refused(self):
        error = self.assertRaises(
            exception.InvalidContainerOption,
            security.security,
            {'docker:cap_add': 'NET_RAW,NET_ADMIN'},
        )
        self.assertIn('docker:cap_add=NET_RAW,NET_ADMIN', str(error))
        self.assertLess(len(str(error)), 256)

    def test_privileged_flavor(self):
        found = security.security({'docker:privileged': 'true'})
        self.assertTrue(found.privileged)
        self.assertFalse(found.no_new_privileges)

    def test_read_only_root(self):
        found = security.security({'docker:read_only_root': 'true'})
        self.assertTrue(found.read_only_root)

    def test_dropped_capabilities_come_on_top(self):
        found = security.security({'docker:cap_drop': 'CHOWN,MKNOD'})
        self.assertEqual(
            ('AUDIT_WRITE', 'MKNOD', 'NET_RAW', 'CHOWN'), found.cap_drop
        )

    def test_all_are_dropped_but_the_added(self):
        found = security.security(
            {'docker:cap_drop': 'ALL', 'docker:cap_add': 'KILL'}
        )
        self.assertEqual(('KILL',), found.cap_add)
        self.assertIn('ALL', found.cap_drop)

    def test_capability_that_is_added_and_dropped_is_refused(self):
        error = self.assertRaises(
            exception.InvalidContainerOption,
            security.security,
            {'docker:cap_drop': 'CHOWN', 'docker:cap_add': 'CHOWN'},
        )
        self.assertIn('docker:cap_drop=CHOWN', str(error))

    def test_flavor_lets_setuid_programs_work(self):
        found = security.security({'docker:new_privileges': 'true'})
        self.assertFalse(found.no_new_privileges)
        self.assertFalse(found.privileged)
