"""How the cloud is reached, and what it says when it refuses."""

import keystoneauth1.exceptions
import openstack
import openstack.exceptions
import testtools

from deploy.quickstart import cloud
from deploy.quickstart import exception

SECRETS = {'admin': 'one', 'demo': 'two'}


class VariablesTestCase(testtools.TestCase):
    def test_user_and_project_have_one_name(self):
        found = cloud.variables(SECRETS, 'demo')
        self.assertEqual('demo', found['OS_PROJECT_NAME'])
        self.assertEqual('two', found['OS_PASSWORD'])
        self.assertEqual('admin', cloud.variables(SECRETS)['OS_USERNAME'])


class ConnectTestCase(testtools.TestCase):
    def test_nothing_of_the_users_other_clouds_is_read(self):
        self.patch(openstack, 'connect', lambda **options: options)
        found = cloud.connect(SECRETS, 'demo')
        self.assertFalse(found['load_yaml_config'])
        self.assertFalse(found['load_envvars'])
        self.assertEqual('two', found['auth']['password'])
        self.assertEqual('http://198.51.100.1:5000/v3', cloud.AUTH_URL)


class ErrorsTestCase(testtools.TestCase):
    def _said(self, error):
        def refuse():
            with cloud.errors():
                raise error

        return str(self.assertRaises(exception.OperationFailed, refuse))

    def test_refusal_and_silence_are_sentences(self):
        for error in (
            openstack.exceptions.HttpException('Quota exceeded'),
            openstack.exceptions.ResourceTimeout('Quota exceeded'),
            keystoneauth1.exceptions.ConnectFailure('Quota exceeded'),
            keystoneauth1.exceptions.Unauthorized('Quota exceeded'),
        ):
            self.assertIn('the cloud says: ', self._said(error))
            self.assertIn('Quota exceeded', self._said(error))

    def test_our_own_sentences_pass(self):
        self.assertEqual('no', self._said(exception.OperationFailed('no')))

    def test_mistakes_of_ours_stay_what_they_are(self):
        def stumble():
            with cloud.errors():
                raise KeyError('x')

        self.assertRaises(KeyError, stumble)
