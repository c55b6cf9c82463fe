"""What a project may push, by the unified limits of Keystone."""

import uuid

from tests.integration import registry

PASSWORD = 'secret-of-the-test'
# As Glance names it for its own unified limits.
COUNT = 'image_count_total'


class QuotaTest(registry.RegistryTestCase):
    def setUp(self):
        super().setUp()
        self.identity = self.admin.identity
        self.project = self._tenant()
        self._limit(1)
        self.load()

    def _tenant(self):
        name = f'test-{uuid.uuid4().hex[:8]}'
        project = self.identity.create_project(name=name, domain_id='default')
        self.addCleanup(self.identity.delete_project, project)
        user = self.identity.create_user(
            name=name, password=PASSWORD, domain_id='default'
        )
        self.addCleanup(self.identity.delete_user, user)
        self.identity.assign_project_role_to_user(
            project, user, self.identity.find_role('member')
        )
        return project

    def _limit(self, count):
        """Let our project have this many images, and others any number."""
        service = self.identity.find_service('glance')
        region = next(self.identity.regions())
        where = {'service_id': service.id, 'region_id': region.id}
        known = self.identity.create_registered_limit(
            resource_name=COUNT, default_limit=-1, **where
        )
        self.addCleanup(self.identity.delete_registered_limit, known)
        own = self.identity.create_limit(
            resource_name=COUNT,
            resource_limit=count,
            project_id=self.project.id,
            **where,
        )
        self.addCleanup(self.identity.delete_limit, own)

    def _push(self, tag):
        return self.push(self.reference(tag, self.project.name))

    def test_docker_prints_that_the_quota_is_used_up(self):
        found = self.client.login(self.project.name, PASSWORD)
        self.assertEqual(0, found.returncode, found.stderr)
        for _ in range(2):
            # The same image once more is none more.
            pushed = self._push('latest')
            self.assertEqual(0, pushed.returncode, pushed.stderr)
        refused = self._push('another')
        self.assertNotEqual(0, refused.returncode)
        self.assertIn('has 1 of at most 1 images', refused.stderr)
        (image,) = self.images()
        self.assertEqual(self.project.id, image.owner)
