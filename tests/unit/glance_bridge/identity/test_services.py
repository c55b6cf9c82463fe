import testtools

from glance_bridge.identity import model
from glance_bridge.identity import services
from tests.fixtures import fake_keystone

_NAMESAKE = model.Project('77' * 16, 'service', 'd-acme', 'Acme')


class ServicesTest(testtools.TestCase):
    def _roles(self, roles, name='service'):
        keystone = fake_keystone.FakeKeystone()
        keystone.add_user('glance', roles)
        caller = model.Caller('id', 'glance', 'glance')
        found = services.Services(
            keystone, services.ServiceProject(name, 'default')
        )
        return found.roles(caller)

    def test_roles_count_on_the_project_of_the_services_alone(self):
        for roles, expected in (
            ({fake_keystone.SERVICE: ('service', 'x')}, ('service', 'x')),
            ({fake_keystone.DEMO: ('service',)}, ()),
            ({_NAMESAKE: ('service',)}, ()),
            ({}, ()),
        ):
            self.assertEqual(expected, self._roles(roles), roles)

    def test_it_may_be_named_by_its_id(self):
        roles = {_NAMESAKE: ('service',)}
        self.assertEqual(('service',), self._roles(roles, _NAMESAKE.id))

    def test_a_role_that_went_meanwhile_is_none(self):
        keystone = fake_keystone.FakeKeystone()
        keystone.add_user('glance', {fake_keystone.SERVICE: ('service',)})
        keystone.membership = lambda caller, project_id: None
        found = services.Services(
            keystone, services.ServiceProject('service', 'default')
        )
        caller = model.Caller('id', 'glance', 'glance')
        self.assertEqual((), found.roles(caller))
