import testtools

from glance_bridge import exception
from glance_bridge.identity import model
from glance_bridge.namespace import binding
from glance_bridge.namespace import owner
from tests.fixtures import fake_keystone
from tests.fixtures import fake_rows

_DEMO = fake_keystone.DEMO
_ABROAD = fake_keystone.ABROAD
# Another project that got the name when the first had given it up.
_NEW_DEMO = model.Project('1e' * 16, 'demo', 'default', 'Default')


class OwnersTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.keystone = fake_keystone.FakeKeystone()
        self.namespaces = binding.Namespaces(fake_rows.FakeRows(), 'default')
        self.owners = owner.Owners(self.keystone, self.namespaces)

    def _caller(self, *projects):
        self.keystone.add_user(
            'alice', {each: ('member',) for each in projects}
        )
        return model.Caller('id', 'alice', 'alice')

    def _find(self, caller, namespace):
        found = self.owners.find(caller, namespace)
        return found and (found.membership.project, found.is_bound)

    def test_a_name_is_of_the_callers_project_while_it_is_nobodys(self):
        caller = self._caller(_DEMO, _ABROAD)
        for namespace, expected in (
            ('demo', (_DEMO, False)),
            ('acme__web', (_ABROAD, False)),
            ('web', None),
            ('beta__web', None),
            ('other', None),
        ):
            self.assertEqual(
                expected, self._find(caller, namespace), namespace
            )

    def test_an_id_needs_no_push(self):
        caller = self._caller(_DEMO)
        found = self.owners.find(caller, _DEMO.id)
        self.assertTrue(found.is_certain)
        self.assertFalse(found.is_bound)
        self.owners.bind(_DEMO.id, _DEMO)
        self.assertEqual((_DEMO, True), self._find(caller, _DEMO.id))
        self.assertIsNone(self._find(caller, fake_keystone.OTHER.id))

    def test_what_is_bound_stays_whatever_the_name_becomes(self):
        self.owners.bind('old-name', _DEMO)
        caller = self._caller(_DEMO)
        self.assertEqual((_DEMO, True), self._find(caller, 'old-name'))

    def test_a_reused_name_does_not_inherit(self):
        self.owners.bind('demo', _DEMO)
        caller = self._caller(_NEW_DEMO)
        self.assertIsNone(self._find(caller, 'demo'))
        reason = self.owners.reason(caller, 'demo')
        self.assertIn(f'{_NEW_DEMO.id}/NAME', reason)
        self.namespaces.release('demo')
        self.assertEqual((_NEW_DEMO, False), self._find(caller, 'demo'))

    def test_who_is_slower_is_told(self):
        self.owners.bind('demo', _DEMO)
        found = self.assertRaises(
            exception.Denied, self.owners.bind, 'demo', _NEW_DEMO
        )
        self.assertIn('another project', str(found))

    def test_a_foreign_project_and_none_are_the_same(self):
        caller = self._caller(fake_keystone.OTHER)
        self.owners.bind('demo', _DEMO)
        told = {
            self.owners.reason(caller, namespace).replace(namespace, '')
            for namespace in ('demo', 'nothing', _DEMO.id)
        }
        self.assertEqual(1, len(told))
