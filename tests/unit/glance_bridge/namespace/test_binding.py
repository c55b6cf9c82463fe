import testtools

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.namespace import binding
from tests.fixtures import fake_keystone
from tests.fixtures import fake_rows

_DEMO = fake_keystone.DEMO
_BOUND = model.Binding('demo', _DEMO.id, 'default')


class NamespacesTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.namespaces = binding.Namespaces(fake_rows.FakeRows(), 'default')

    def test_it_stays_with_the_project_that_was_first(self):
        self.assertIsNone(self.namespaces.find('demo'))
        self.assertEqual(_BOUND, self.namespaces.bind('demo', _DEMO))
        self.assertEqual(
            _BOUND, self.namespaces.bind('demo', fake_keystone.OTHER)
        )
        self.assertEqual(_BOUND, self.namespaces.find('demo'))

    def test_it_is_free_after_a_release(self):
        self.namespaces.bind('demo', _DEMO)
        self.assertEqual(_BOUND, self.namespaces.release('demo'))
        found = self.namespaces.bind('demo', fake_keystone.OTHER)
        self.assertEqual(fake_keystone.OTHER.id, found.project_id)

    def test_what_is_not_bound_cannot_be_released(self):
        found = self.assertRaises(
            exception.NameUnknown, self.namespaces.release, 'demo'
        )
        self.assertIn('demo', str(found))

    def test_they_are_listed_by_name(self):
        for each in ('web', 'demo'):
            self.namespaces.bind(each, _DEMO)
        found = [each.namespace for each in self.namespaces.listed()]
        self.assertEqual(['demo', 'web'], found)

    def test_whose_a_name_could_be(self):
        projects = [_DEMO, fake_keystone.OTHER, fake_keystone.ABROAD]
        for namespace, expected in (
            ('demo', [_DEMO]),
            ('acme__web', [fake_keystone.ABROAD]),
            (fake_keystone.OTHER.id, [fake_keystone.OTHER]),
            ('nobody', []),
        ):
            self.assertEqual(
                expected, self.namespaces.candidates(namespace, projects)
            )

    def test_a_bare_name_is_of_the_default_domain(self):
        for namespace, project, expected in (
            ('demo', _DEMO, True),
            ('default__demo', _DEMO, True),
            ('web', fake_keystone.ABROAD, False),
            ('acme__web', fake_keystone.ABROAD, True),
            ('other__web', fake_keystone.ABROAD, False),
            (fake_keystone.ABROAD.id, fake_keystone.ABROAD, True),
        ):
            self.assertEqual(
                expected,
                self.namespaces.is_name_of(namespace, project),
                namespace,
            )
