"""Nova's own API refuses an extra spec that no host could use."""

from unittest import mock

from nova import exception as nova_exception
from nova import objects
from nova import test
from nova.api.openstack.compute import flavors_extraspecs
from nova.tests.unit.api.openstack import fakes


class FlavorExtraSpecsTestCase(test.NoDBTestCase):
    def setUp(self):
        super().setUp()
        self.controller = flavors_extraspecs.FlavorExtraSpecsController()
        flavor = objects.Flavor(flavorid='1', extra_specs={})
        for method, answer in (('get_by_flavor_id', flavor), ('save', None)):
            self.enterContext(
                mock.patch.object(
                    objects.Flavor, method, autospec=True, return_value=answer
                )
            )

    def _create(self, version, specs):
        request = fakes.HTTPRequest.blank(
            '/flavors/1/os-extra_specs',
            version=version,
            use_admin_context=True,
        )
        body = {'extra_specs': specs}
        return self.controller.create(request, '1', body=body)

    def test_extra_specs_of_ours_are_set(self):
        specs = {'docker:privileged': 'true', 'docker:pids_limit': 100}
        found = self._create('2.86', specs)
        self.assertEqual({'extra_specs': specs}, found)

    def test_unknown_key_and_unreadable_value_are_refused(self):
        for specs in (
            {'docker:priviledged': 'true'},
            {'docker:privileged': 'yes'},
            {'docker:pids_limit': 0},
        ):
            with self.subTest(specs):
                error = self.assertRaises(
                    nova_exception.ValidationError,
                    self._create,
                    '2.86',
                    specs,
                )
                self.assertEqual(400, error.code)

    def test_older_microversion_leaves_it_to_the_boot(self):
        self._create('2.85', {'docker:priviledged': 'true'})
