import pathlib

import fixtures
import testtools

from glance_bridge import policies
from glance_bridge.policies import enforcer
from glance_bridge.policies import repository as rules
from tests.unit.glance_bridge import options

_TARGET = {
    'project_id': 'p1',
    'namespace': 'demo',
    'repository': 'demo/web',
}


class EnforcerTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.file = pathlib.Path(folder, 'policy.yaml')
        self.conf = options.make()
        self.enforcer = enforcer.Enforcer(self.conf)

    def _allowed(self, *roles, project_id='p1', service_roles=()):
        seen = enforcer.Credentials('alice', project_id, roles, service_roles)
        every = (rules.PULL, rules.PUSH, rules.DELETE, rules.CATALOG)
        return [
            rule.partition(':')[2]
            for rule in (*every, rules.SERVICE)
            if self.enforcer.allows(rule, seen, _TARGET)
        ]

    def test_what_a_role_on_the_owner_allows(self):
        for role, expected in (
            ('reader', ['pull']),
            ('member', ['pull', 'push']),
            ('manager', ['pull', 'push', 'delete']),
            ('admin', ['pull', 'push', 'delete']),
            ('service', []),
            ('heat_stack_owner', []),
        ):
            self.assertEqual(expected, self._allowed(role), role)

    def test_a_role_elsewhere_allows_nothing(self):
        self.assertEqual([], self._allowed('admin', project_id='p2'))

    def test_nobody_is_allowed_nothing(self):
        self.assertEqual([], self._allowed(project_id=''))

    def test_a_service_may_do_everything(self):
        self.assertEqual(
            ['pull', 'push', 'delete', 'catalog', 'service'],
            self._allowed(project_id='', service_roles=('service',)),
        )
        self.assertEqual(
            [], self._allowed(project_id='', service_roles=('admin',))
        )

    def test_the_operator_may_change_a_rule(self):
        self.file.write_text('"bridge:delete": "rule:bridge:member"\n')
        self.conf.set_override(
            'policy_file', str(self.file), group='oslo_policy'
        )
        self.enforcer = enforcer.Enforcer(self.conf)
        self.assertEqual(['pull', 'push', 'delete'], self._allowed('member'))

    def test_every_rule_is_described(self):
        for each in policies.list_rules():
            self.assertTrue(each.description, each.name)
