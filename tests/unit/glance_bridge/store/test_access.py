import types

import testtools

from glance_bridge.store import access


class MayLocateTest(testtools.TestCase):
    def check(self, expected, roles=(), service_roles=()):
        context = types.SimpleNamespace(
            roles=roles, service_roles=service_roles
        )
        self.assertIs(expected, access.may_locate(context))

    def test_services_and_admins_may(self):
        self.check(True, ['service'])
        self.check(True, ['reader', 'admin'])

    def test_a_service_may_for_a_user(self):
        self.check(True, ['member'], ['service'])

    def test_a_tenant_may_not(self):
        self.check(False, ['member', 'reader', 'manager'])
        self.check(False, ['member'], ['member'])
        self.check(False, ['services', 'administrator', 'Service '])

    def test_nobody_in_particular_may_not(self):
        self.check(False)
        self.check(False, None, None)
        self.assertIs(False, access.may_locate(None))
