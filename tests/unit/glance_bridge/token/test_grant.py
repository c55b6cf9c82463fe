import testtools

from glance_bridge import exception
from glance_bridge.identity import model
from glance_bridge.namespace import binding
from glance_bridge.namespace import owner
from glance_bridge.policies import enforcer
from glance_bridge.token import grant
from glance_bridge.token import scope
from tests.fixtures import fake_keystone
from tests.fixtures import fake_rows
from tests.unit.glance_bridge import options

_DEMO = fake_keystone.DEMO


class GrantsTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.keystone = fake_keystone.FakeKeystone()
        self.namespaces = binding.Namespaces(fake_rows.FakeRows(), 'default')
        self.grants = grant.Grants(
            owner.Owners(self.keystone, self.namespaces),
            enforcer.Enforcer(options.make()),
        )

    def _decide(self, role, *scopes, service_roles=()):
        roles = {_DEMO: (role,)} if role else {}
        self.keystone.add_user('alice', roles)
        caller = model.Caller('id', 'alice', 'alice')
        return self.grants.decide(caller, service_roles, scope.parse(scopes))

    def _given(self, role, *scopes, service_roles=()):
        found = self._decide(role, *scopes, service_roles=service_roles)
        return [str(each) for each in found.access]

    def _refused(self, role, *scopes):
        found = self.assertRaises(
            exception.Denied, self._decide, role, *scopes
        )
        return str(found)

    def test_the_role_decides(self):
        self.namespaces.bind('demo', _DEMO)
        for role, asked, expected in (
            ('reader', 'pull', 'pull'),
            ('member', 'push,pull', 'pull,push'),
            ('manager', 'pull,push,delete', 'pull,push,delete'),
            ('reader', '*', 'pull'),
            ('member', '*', 'pull,push'),
            ('admin', '*', 'pull,push,delete'),
            ('reader', 'pull,metadata', 'pull'),
        ):
            self.assertEqual(
                [f'repository:demo/web:{expected}'],
                self._given(role, f'repository:demo/web:{asked}'),
                (role, asked),
            )

    def test_what_the_role_does_not_allow_is_said(self):
        self.namespaces.bind('demo', _DEMO)
        for role, asked, words in (
            ('reader', 'pull,push', 'may not push to demo/web'),
            ('member', 'pull,delete', 'may not delete from demo/web'),
            ('stranger', 'pull', 'may not pull from demo/web'),
            ('stranger', '*', 'may not use demo/web'),
        ):
            told = self._refused(role, f'repository:demo/web:{asked}')
            self.assertIn(words, told)
            self.assertIn(f'project demo do not allow it ({role})', told)

    def test_a_project_of_others_is_refused(self):
        told = self._refused('member', 'repository:other/web:pull')
        self.assertIn("'other'", told)

    def test_a_name_without_a_project_is_refused(self):
        told = self._refused('member', 'repository:memcached:pull,push')
        self.assertIn('push to PROJECT/NAME', told)

    def test_a_layer_that_cannot_be_mounted_is_left_out(self):
        self.assertEqual(
            ['repository:demo/web:pull,push'],
            self._given(
                'member',
                'repository:demo/web:pull,push',
                'repository:other/base:pull',
                'repository:memcached:pull',
            ),
        )

    def test_one_that_can_be_mounted_is_given(self):
        self.assertEqual(
            [
                'repository:demo/web:pull,push',
                'repository:demo/base:pull',
            ],
            self._given(
                'member',
                'repository:demo/web:pull,push',
                'repository:demo/base:pull',
            ),
        )

    def test_a_push_is_refused_though_a_mount_is_not(self):
        self.namespaces.bind('demo', _DEMO)
        told = self._refused(
            'reader',
            'repository:demo/base:pull',
            'repository:demo/web:pull,push',
        )
        self.assertIn('may not push to demo/web', told)

    def test_of_several_to_pull_some_are_enough(self):
        self.namespaces.bind('demo', _DEMO)
        self.assertEqual(
            ['repository:demo/web:pull'],
            self._given(
                'reader',
                'repository:other/web:pull',
                'repository:demo/web:pull',
            ),
        )

    def test_the_first_push_binds(self):
        told = self._refused('member', 'repository:demo/web:pull')
        self.assertIn('Nothing was pushed', told)
        self.assertIsNone(self.namespaces.find('demo'))
        self._given('member', 'repository:demo/web:pull,push')
        self.assertEqual(_DEMO.id, self.namespaces.find('demo').project_id)
        self._given('member', 'repository:demo/web:pull')

    def test_a_push_that_is_refused_does_not_bind(self):
        self._refused('reader', 'repository:demo/web:pull,push')
        self.assertIsNone(self.namespaces.find('demo'))

    def test_an_id_is_bound_by_a_push_as_well(self):
        self._given('member', f'repository:{_DEMO.id}/web:pull')
        self.assertIsNone(self.namespaces.find(_DEMO.id))
        self._given('member', f'repository:{_DEMO.id}/web:pull,push')
        self.assertEqual(_DEMO.id, self.namespaces.find(_DEMO.id).project_id)

    def test_whose_a_namespace_is_goes_with_a_right_to_change_it(self):
        asked = 'repository:demo/web:pull,push'
        found = self._decide('member', asked, 'repository:demo/base:pull')
        self.assertEqual({'demo': _DEMO.id}, found.projects)
        found = self._decide('member', 'repository:demo/web:pull')
        self.assertEqual({}, found.projects)
        # Who needs no membership pushes for whoever has it now.
        found = self._decide(None, asked, service_roles=('service',))
        self.assertEqual({'demo': _DEMO.id}, found.projects)
        self.namespaces.release('demo')
        found = self._decide(None, asked, service_roles=('service',))
        self.assertEqual({}, found.projects)

    def test_a_service_may_do_everything_and_binds_nothing(self):
        found = self._decide(
            None,
            'repository:other/web:pull,push,delete',
            'registry:catalog:*',
            service_roles=('service',),
        )
        self.assertTrue(found.is_service)
        self.assertEqual(
            [
                'repository:other/web:pull,push,delete',
                'registry:catalog:*',
            ],
            [str(each) for each in found.access],
        )
        self.assertIsNone(self.namespaces.find('other'))

    def test_a_user_is_no_service(self):
        found = self._decide('admin', 'repository:demo/web:pull,push')
        self.assertFalse(found.is_service)

    def test_the_list_of_all_is_for_services(self):
        told = self._refused('admin', 'registry:catalog:*')
        self.assertIn('registry:catalog', told)

    def test_other_things_are_refused(self):
        for each in ('registry:other:*', 'plugin:demo/web:pull'):
            self._refused('admin', each)

    def test_nothing_asked_is_nothing_given(self):
        self.assertEqual(grant.Grant(()), self._decide('member'))

    def test_what_changes_lasts_longer(self):
        self.namespaces.bind('demo', _DEMO)
        for asked, expected in (('pull', False), ('pull,push', True)):
            found = self._decide('member', f'repository:demo/web:{asked}')
            self.assertEqual(expected, found.changes)
