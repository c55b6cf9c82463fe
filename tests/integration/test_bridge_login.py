"""Who gets into the cloud's registry, in the words of docker."""

import os
import signal
import uuid

import openstack
import requests

from tests.integration import cloud
from tests.integration import registry

_PASSWORD = 'secret-of-the-test'


class BridgeLoginTest(registry.RegistryTestCase):
    def setUp(self):
        super().setUp()
        self.identity = self.admin.identity
        self.load()

    def _project(self, name=None, domain_id='default'):
        found = self.identity.create_project(
            name=name or f'test-{uuid.uuid4().hex[:8]}', domain_id=domain_id
        )
        self.addCleanup(self.identity.delete_project, found)
        return found

    def _user(self, project, role='member', domain_id='default'):
        found = self.identity.create_user(
            name=f'test-{uuid.uuid4().hex[:8]}',
            password=_PASSWORD,
            domain_id=domain_id,
        )
        self.addCleanup(self.identity.delete_user, found)
        self.identity.assign_project_role_to_user(
            project, found, self.identity.find_role(role)
        )
        return found

    def _credential(self, user, project):
        with openstack.connect(
            auth_url=cloud.environment()['OS_AUTH_URL'],
            username=user.name,
            password=_PASSWORD,
            project_id=project.id,
            user_domain_id=user.domain_id,
            region_name=cloud.environment()['OS_REGION_NAME'],
            load_envvars=False,
            load_yaml_config=False,
        ) as own:
            return own.identity.create_application_credential(
                user.id, 'laptop'
            )

    def _is_in(self, user, secret=_PASSWORD):
        found = self.client.login(user, secret)
        self.assertEqual(0, found.returncode, found.stderr)

    def _pushes(self, namespace):
        found = self.push(self.reference(project=namespace))
        self.assertEqual(0, found.returncode, found.stderr)
        owners = {image.owner for image in self.images()}
        self.assertEqual(1, len(owners))
        return owners.pop()

    def _is_told(self, found, *words):
        self.assertNotEqual(0, found.returncode)
        for each in words:
            self.assertIn(each, found.stderr)

    def _is_refused(self, namespace, *words):
        self._is_told(
            self.push(self.reference(project=namespace)), 'denied:', *words
        )
        self.assertEqual([], self.images())

    def test_a_password(self):
        project = self._project()
        self._is_in(self._user(project).name)
        self.assertEqual(project.id, self._pushes(project.name))

    def test_an_application_credential(self):
        project = self._project()
        made = self._credential(self._user(project), project)
        self._is_in(made.id, made.secret)
        self.assertEqual(project.id, self._pushes(project.id))

    def test_another_domain(self):
        domain = self.identity.create_domain(
            name=f'test-{uuid.uuid4().hex[:8]}'
        )
        self.addCleanup(self.identity.delete_domain, domain)
        self.addCleanup(self.identity.update_domain, domain, is_enabled=False)
        project = self._project('Web Shop', domain.id)
        user = self._user(project, domain_id=domain.id)
        self._is_in(f'{domain.name}/{user.name}')
        owner = self._pushes(f'{domain.name}__web-shop')
        self.assertEqual(project.id, owner)

    def test_a_wrong_password(self):
        user = self._user(self._project())
        self._is_told(
            self.client.login(user.name, 'wrong'),
            'unauthorized: Keystone does not take this password',
        )

    def test_a_foreign_project_and_none(self):
        self._is_in(self._user(self._project()).name)
        for namespace in (registry.PROJECT, 'nothing-there'):
            self._is_refused(namespace, 'has no role on a project')

    def test_a_reader_may_not_push(self):
        project = self._project()
        self._is_in(self._user(project, 'reader').name)
        self._is_refused(project.name, 'may not push to')

    def test_a_reused_name(self):
        project = self._project()
        name = project.name
        self._is_in(self._user(project).name)
        self._pushes(name)
        self.forget()
        self.identity.update_project(project, name=f'{name}-before')
        other = self._project(name)
        self._is_in(self._user(other, 'admin').name)
        self._is_refused(name, 'belongs to another project', other.id)

    def test_keystone_away(self):
        user = self._user(self._project())
        (pid,) = (
            each['pid']
            for each in cloud.parsed(['status', '--json'])
            if each['name'] == 'keystone'
        )
        self.addCleanup(os.killpg, pid, signal.SIGCONT)
        os.killpg(pid, signal.SIGSTOP)
        reply = requests.get(
            f'http://{registry.ADDRESS}/token',
            auth=(user.name, _PASSWORD),
            timeout=60,
        )
        self.assertEqual(503, reply.status_code)
        self.assertEqual('10', reply.headers['Retry-After'])
        self._is_told(self.client.login(user.name, _PASSWORD), '503')
        os.killpg(pid, signal.SIGCONT)
        self._is_in(user.name)

    def test_a_password_that_others_could_read(self):
        address = cloud.environment()['OS_AUTH_URL'].split('/')[2]
        host = address.rpartition(':')[0]
        port = registry.ADDRESS.rpartition(':')[2]
        reply = requests.get(
            f'http://{host}:{port}/token',
            auth=(registry.PROJECT, registry.password()),
            # What a client says of itself is nothing.
            headers={
                'X-Forwarded-For': '127.0.0.1',
                'X-Forwarded-Proto': 'https',
            },
        )
        self.assertEqual(403, reply.status_code)
        self.assertIn('TLS', reply.text)
