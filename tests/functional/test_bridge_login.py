"""Logins with a real registry, a real Docker and a real Keystone."""

import datetime
import uuid

import requests
import testtools

from tests.fixtures import bridge
from tests.fixtures import docker_client
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import real_keystone
from tests.fixtures import registry

_PASSWORD = real_keystone.PASSWORD


@dockerd.needs_dockerd
@registry.needs_registry
@real_keystone.needs_keystone
class LoginTest(testtools.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keystone = real_keystone.for_class(cls)
        cls.bridge = bridge.Bridge(
            cls.keystone.url,
            # A test does not wait long for what it has changed in Keystone.
            '[identity]\nkept_s = 5\nrefused_s = 0\n',
        )
        cls.bridge.setUp()
        cls.addClassCleanup(cls.bridge.cleanUp)
        cls.registry = registry.for_class(cls, {'auth': cls.bridge.auth})
        cls.dockerd = dockerd.for_class(cls)
        cls.dockerd.load_image('base:latest')

    def setUp(self):
        super().setUp()
        self.client = self.useFixture(
            docker_client.DockerClient(self.dockerd.host)
        )
        self.project = self.keystone.project()

    def _log_in(self, user, password=_PASSWORD):
        return self.client.run(
            *('login', '-u', user, '-p', password, self.registry.address)
        )

    def _is_in(self, user, password=_PASSWORD):
        found = self._log_in(user, password)
        self.assertIn('Login Succeeded', found.stdout, found.stderr)

    def _push(self, namespace):
        name = f'{self.registry.address}/{namespace}/web-{uuid.uuid4().hex}'
        self.assertEqual(0, self.client.run('tag', 'base', name).returncode)
        return name, self.client.run('push', name)

    def _pushes(self, namespace):
        name, found = self._push(namespace)
        self.assertEqual(0, found.returncode, found.stderr)
        return name

    def _is_told(self, found, *words):
        """See that docker failed, and with which words."""
        self.assertEqual(1, found.returncode, found.stdout)
        for each in words:
            self.assertIn(each, found.stderr)
        self.assertNotIn(_PASSWORD, found.stderr)

    def _user(self, role='member'):
        return self.keystone.user((self.project, role))

    def test_a_member_pushes_and_a_reader_pulls(self):
        self._is_in(self._user().name)
        name = self._pushes(self.project.name)
        self._is_in(self._user('reader').name)
        found = self.client.run('pull', name)
        self.assertEqual(0, found.returncode, found.stderr)

    def test_a_reader_may_not_push(self):
        user = self._user('reader')
        self._is_in(user.name)
        _, found = self._push(self.project.name)
        self._is_told(
            found,
            f'denied: User {user.name} may not push to',
            f'the roles on project {self.project.name} do not allow it',
        )

    def test_a_wrong_password(self):
        found = self._log_in(self._user().name, 'wrong')
        self._is_told(
            found, 'unauthorized: Keystone does not take this password'
        )

    def test_an_application_credential(self):
        user = self._user()
        made = self.keystone.application_credential(user, self.project)
        self._is_in(made.id, made.secret)
        self._pushes(self.project.name)
        _, found = self._push(self.keystone.project().name)
        self._is_told(found, 'denied: User', 'has no role on a project')

    def test_an_application_credential_of_a_reader(self):
        user = self._user()
        made = self.keystone.application_credential(
            user, self.project, roles=[{'name': 'reader'}]
        )
        self._is_in(made.id, made.secret)
        _, found = self._push(self.project.name)
        self._is_told(found, 'denied: User', 'may not push to')

    def test_an_application_credential_that_expired(self):
        user = self._user()
        soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(
            seconds=20
        )
        made = self.keystone.application_credential(
            user, self.project, expires_at=soon.isoformat()[:19]
        )
        netns.wait_until(
            lambda: self._log_in(made.id, made.secret).returncode,
            'the end of the credential',
            within_s=60,
        )
        self._is_told(
            self._log_in(made.id, made.secret),
            'unauthorized: Keystone does not take this application credential',
            'expired',
        )

    def test_one_with_access_rules(self):
        made = self.keystone.application_credential(
            self._user(),
            self.project,
            access_rules=[
                {'service': 'compute', 'method': 'GET', 'path': '/v2.1/**'}
            ],
        )
        self._is_told(
            self._log_in(made.id, made.secret), 'unauthorized: This', 'rules'
        )

    def test_a_user_and_a_project_of_another_domain(self):
        domain = self.keystone.identity.create_domain(
            name=f'Acme {uuid.uuid4().hex[:8]}'
        )
        project = self.keystone.project('Web Shop', domain.id)
        user = self.keystone.user((project, 'member'), domain_id=domain.id)
        self._is_told(self._log_in(user.name), 'unauthorized: Keystone')
        self._is_in(f'{domain.name}/{user.name}')
        slug = domain.name.lower().replace(' ', '-')
        self._pushes(f'{slug}__web-shop')
        self._pushes(project.id)
        _, found = self._push('web-shop')
        self._is_told(found, 'denied: User', 'has no role on a project')

    def test_a_foreign_project_and_none_are_told_alike(self):
        self._is_in(self._user().name)
        told = []
        for namespace in (self.keystone.project().name, 'nothing-there'):
            name, found = self._push(namespace)
            self._is_told(found, 'denied: User', 'has no role on a project')
            told.append(found.stderr.replace(namespace, 'it'))
            self._is_told(self.client.run('pull', name), 'denied')
        self.assertEqual(*told)

    def test_a_name_without_a_project(self):
        self._is_in(self._user().name)
        name = f'{self.registry.address}/memcached'
        self.client.run('tag', 'base', name)
        self._is_told(
            self.client.run('push', name), 'denied:', 'push to PROJECT/NAME'
        )

    def test_who_is_not_logged_in(self):
        name, found = self._push(self.project.name)
        self._is_told(found, 'unauthorized: Log in first')
        self._is_told(self.client.run('pull', name), 'unauthorized: Log in')

    def test_a_name_that_is_reused_does_not_inherit(self):
        self._is_in(self._user().name)
        name = self._pushes(self.project.name)
        namespace = self.project.name
        self.keystone.identity.update_project(
            self.project, name=f'{namespace}-before'
        )
        # Its own people go on.
        self._pushes(namespace)
        other = self.keystone.project(namespace)
        self._is_in(self.keystone.user((other, 'admin')).name)
        for found in (self._push(namespace)[1], self.client.run('pull', name)):
            self._is_told(
                found, 'belongs to another project', f'{other.id}/NAME'
            )
        self._pushes(other.id)
        self.bridge.rooms.namespaces.release(namespace)
        self._pushes(namespace)

    def test_layers_are_mounted_from_where_one_may_pull(self):
        user = self._user()
        second = self.keystone.project()
        self.keystone.identity.assign_project_role_to_user(
            second, user, self.keystone.identity.find_role('member')
        )
        self._is_in(user.name)
        self._pushes(self.project.name)
        _, found = self._push(second.name)
        self.assertIn('Mounted from', found.stdout)

    def test_keystone_away(self):
        user, other = self._user(), self._user()
        self._is_in(user.name)
        name = self._pushes(self.project.name)
        repository = name.partition('/')[2]
        token = self._token(user, f'repository:{repository}:pull')
        self.keystone.stop()
        self.addCleanup(self.keystone.start)
        self._is_told(self._log_in(other.name), '503')
        reply = requests.get(
            f'{self.bridge.url}/token', auth=(other.name, _PASSWORD)
        )
        self.assertEqual(503, reply.status_code)
        self.assertEqual('10', reply.headers['Retry-After'])
        # What was given out goes on working.
        reply = requests.get(
            f'{self.registry.url}/v2/{repository}/manifests/latest',
            headers={'Authorization': f'Bearer {token}'},
        )
        self.assertEqual(200, reply.status_code)

    def test_who_guesses_does_not_lock_the_account(self):
        user = self._user()
        codes = [
            requests.get(
                f'{self.bridge.url}/token', auth=(user.name, f'wrong{number}')
            ).status_code
            for number in range(2 * real_keystone.LOCKOUT)
        ]
        self.assertEqual([401] * 3 + [429] * (len(codes) - 3), codes)
        self.keystone.application_credential(user, self.project)

    def test_the_password_grant(self):
        user = self._user()
        scope = f'repository:{self.project.name}/web:pull,push'
        reply = requests.post(
            f'{self.bridge.url}/token',
            data={
                'grant_type': 'password',
                'service': 'glance-bridge',
                'client_id': 'containerd-client',
                'access_type': 'offline',
                'scope': scope,
                'username': user.name,
                'password': _PASSWORD,
            },
        )
        self.assertEqual(200, reply.status_code, reply.text)
        body = reply.json()
        self.assertEqual(scope, body['scope'])
        reply = requests.post(
            f'{self.registry.url}/v2/{self.project.name}/web/blobs/uploads/',
            headers={'Authorization': f'Bearer {body["access_token"]}'},
        )
        self.assertEqual(202, reply.status_code, reply.text)

    def _token(self, user, scope):
        reply = requests.get(
            f'{self.bridge.url}/token',
            params={'scope': scope},
            auth=(user.name, _PASSWORD),
        )
        self.assertEqual(200, reply.status_code, reply.text)
        return reply.json()['token']
