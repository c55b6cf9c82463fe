"""What Keystone is filled with, once."""

import testtools

from deploy.quickstart import catalog
from tests.unit.quickstart import records

SECRETS = {name: f'{name}-secret' for name in (*catalog.ALL, 'demo')}
CINDER = {'cinder': 'cinder-secret'}
HEAT = {'heat': 'heat-secret', 'heat-domain': 'heat-domain-secret'}


class Identity:
    """Keystone after its bootstrap."""

    def __init__(self):
        self.projects = records.Records()
        self.users = records.Records()
        self.domains = records.Records()
        self.services = records.Records()
        self.urls = records.Records()
        self.roles = records.Records(
            *(
                records.row(name=name, id=f'{name}-id')
                for name in ('admin', 'member', 'reader')
            )
        )
        self.granted = set()
        self.puts = []
        self.find_project = self.projects.find
        self.create_project = self.projects.create
        self.find_domain = self.domains.find
        self.create_domain = self.domains.create
        self.find_user = self.users.find
        self.create_user = self.users.create
        self.find_service = self.services.find
        self.create_service = self.services.create
        self.find_role = self.roles.find
        self.create_role = self.roles.create
        self.create_endpoint = self.urls.create

    def assign_project_role_to_user(self, project, user, role):
        self.granted.add((project.name, user.name, role.name))

    def assign_domain_role_to_user(self, domain, user, role):
        self.granted.add((domain.name, user.name, role.name))

    def put(self, path):
        self.puts.append(path)
        return records.row(status_code=204)

    def endpoints(self, *, service_id):
        return [it for it in self.urls.rows if it.service_id == service_id]


class FillTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.identity = Identity()
        self.connection = records.row(identity=self.identity)
        catalog.fill(self.connection, SECRETS, catalog.ALL)

    def test_services_may_act_and_the_tenant_is_only_a_member(self):
        granted = self.identity.granted
        for name in catalog.ALL:
            self.assertIn(('service', name, 'admin'), granted)
            self.assertIn(('service', name, 'service'), granted)
        self.assertEqual(
            {('demo', 'demo', 'member')},
            {it for it in granted if it[1] == 'demo'},
        )

    def test_bridge_may_read_the_limits_of_all(self):
        user = self.identity.find_user('glance-bridge')
        role = self.identity.find_role('reader')
        self.assertEqual(
            [f'/system/users/{user.id}/roles/{role.id}'], self.identity.puts
        )

    def test_each_user_has_its_own_password(self):
        found = {it.name: it.password for it in self.identity.users.made}
        self.assertEqual(SECRETS, found)

    def test_every_service_has_three_endpoints(self):
        for service in self.identity.services.made:
            found = self.identity.endpoints(service_id=service.id)
            self.assertEqual(
                {'public', 'internal', 'admin'},
                {it.interface for it in found},
            )
        compute = self.identity.find_service('nova')
        self.assertEqual('compute', compute.type)
        self.assertEqual(
            {'http://198.51.100.1:8774/v2.1'},
            {it.url for it in self.identity.endpoints(service_id=compute.id)},
        )

    def test_only_what_is_missing_is_made(self):
        before = len(self.identity.urls.rows)
        lost = self.identity.urls.rows.pop()
        catalog.fill(self.connection, SECRETS, catalog.ALL)
        self.assertEqual(before, len(self.identity.urls.rows))
        self.assertEqual(lost.url, self.identity.urls.rows[-1].url)
        self.assertEqual(6, len(self.identity.users.rows))
        self.assertEqual(4, len(self.identity.services.rows))
        self.assertEqual(2, len(self.identity.projects.rows))

    def test_image_half_has_neither_compute_nor_network(self):
        identity = Identity()
        connection = records.row(identity=identity)
        catalog.fill(connection, SECRETS, catalog.IMAGES_ONLY)
        self.assertEqual(['glance'], identity.services.names())
        self.assertEqual(
            ['glance', 'glance-bridge', 'demo'], identity.users.names()
        )

    def test_cinder_has_a_user_and_endpoints_where_there_are_volumes(self):
        names = catalog.names(True, True, False)
        self.assertEqual((*catalog.ALL, 'cinder'), names)
        catalog.fill(self.connection, SECRETS | CINDER, names)
        found = self.identity.find_service('cinder')
        self.assertEqual('volumev3', found.type)
        self.assertEqual(
            {'http://198.51.100.1:8776/v3'},
            {it.url for it in self.identity.endpoints(service_id=found.id)},
        )
        self.assertIn(('service', 'cinder', 'service'), self.identity.granted)

    def test_heat_has_a_domain_for_users_of_its_own(self):
        names = catalog.names(False, False, True)
        self.assertEqual((*catalog.IMAGES_ONLY, 'heat'), names)
        for _ in range(2):
            catalog.fill(self.connection, SECRETS | HEAT, names)
        self.assertEqual(['heat'], self.identity.domains.names())
        admin = self.identity.find_user('heat-domain')
        (domain,) = self.identity.domains.rows
        self.assertEqual(
            (domain.id, 'heat-domain-secret'),
            (admin.domain_id, admin.password),
        )
        granted = self.identity.granted
        self.assertIn(('heat', 'heat-domain', 'admin'), granted)
        self.assertEqual(
            1, self.identity.roles.names().count('heat_stack_user')
        )

    def test_endpoint_of_heat_names_the_project(self):
        names = catalog.names(True, False, True)
        catalog.fill(self.connection, SECRETS | HEAT, names)
        found = self.identity.find_service('heat')
        self.assertEqual('orchestration', found.type)
        self.assertEqual(
            {'http://198.51.100.1:8004/v1/%(project_id)s'},
            {it.url for it in self.identity.endpoints(service_id=found.id)},
        )
