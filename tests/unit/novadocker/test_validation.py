"""The validators that nova-api is given; that it loads them: contract."""

from nova import exception as nova_exception
import testtools

from novadocker import extra_specs
from novadocker import validation


class ValidationTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.validators = {each.name: each for each in validation.register()}

    def test_there_is_one_for_each_key_of_the_table(self):
        self.assertEqual(
            {f'docker:{key}' for key in extra_specs.TABLE},
            set(self.validators),
        )

    def test_value_that_the_driver_reads_is_accepted(self):
        name = 'docker:privileged'
        self.validators[name].validate(name, 'true')

    def test_value_that_the_driver_refuses_is_refused(self):
        # Nova's own boolean would take it.
        name = 'docker:privileged'
        error = self.assertRaises(
            nova_exception.ValidationError,
            self.validators[name].validate,
            name,
            'on',
        )
        self.assertIn('docker:privileged=on cannot be used', str(error))
        self.assertIn('true or false', str(error))
