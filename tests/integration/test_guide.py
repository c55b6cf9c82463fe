"""The tenants' guide: every command of the page."""

from tests.integration import guides
from tests.integration import registry


class TenantTest(guides.GuideCase):
    service = 'cinder-volume'
    option = '--volumes'

    def test_commands_do_what_the_guide_says(self):
        self.addCleanup(
            self.client.run,
            *('rmi', '--force', f'{registry.ADDRESS}/demo/hello'),
        )
        self.follow(
            'user/guide',
            {'registry.example.org': registry.ADDRESS},
            OS_USERNAME=registry.PROJECT,
            OS_PASSWORD=registry.password(),
            OS_PROJECT_NAME=registry.PROJECT,
        )
