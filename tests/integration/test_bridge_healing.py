"""Both sides of the real cloud agree again, whatever was lost.

The cloud's own reconciler and events are at work, too. So a test says what
there is in the end, and looks no closer at who did it.
"""

import json
import subprocess

from glance_bridge import location
from tests.fixtures import netns
from tests.integration import cloud
from tests.integration import test_bridge_publish

NAME = 'web/api:latest'


def command(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the bridge as an operator does."""
    home = cloud.environment()['NOVA_DOCKER_HOME']
    folder = f'--config-dir={home}/etc/glance-bridge'
    return subprocess.run(
        [f'{home}/venv/bin/{name}', folder, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


class HealingTestCase(test_bridge_publish.PublishingTestCase):
    def shown(self) -> dict[str, str]:
        return {
            each.name: each.properties['docker_manifest_digest']
            for each in self.published()
            if each.is_active and not each.is_hidden
        }

    def wait_for(self, expected: dict[str, str]) -> None:
        netns.wait_until(
            lambda: self.shown() == expected, 'the image', within_s=120
        )

    def wait_for_accord(self) -> None:
        """Wait until nobody is at work on this test's repository."""
        cloud.wait_until(lambda: not self.differences(), 'accord')

    def differences(self) -> list[str]:
        """List what is found of this test's own repository."""
        return [
            each.kind.value
            for each in self.rooms.sweeper.look()
            if each.repository == self.repository
        ]

    def test_a_push_past_the_proxy_is_published(self):
        made = self.made()
        self.tag(made)
        self.rooms.sweeper.sweep()
        self.wait_for({NAME: made.digest})
        self.wait_for_accord()

    def test_a_tag_that_is_gone_hides_its_image(self):
        made = self.made()
        self.push(made)
        self.registry.untag(str(self.repository), 'latest')
        self.rooms.sweeper.sweep()
        self.wait_for({})
        (image,) = self.published()
        self.assertTrue(image.is_hidden)
        self.wait_for_accord()

    def test_what_a_user_deletes_stays_deleted(self):
        found = self.push(self.made())
        self.catalogue.delete(found.image_id)
        for _ in range(2):
            self.rooms.sweeper.sweep()
            self.assertEqual([], self.published())
        # The cloud's reconciler may be at it, too.
        cloud.wait_until(
            lambda: not self.registry.tags(str(self.repository)),
            'the end of all tags',
        )
        self.assertEqual([], self.published())

    def test_a_lost_pin_and_a_lost_row_come_back(self):
        found = self.push(self.made())
        pin = location.pin_of(found.image_id)
        self.registry.untag(str(self.repository), pin)
        self.rooms.database.remove_publication(found.image_id)
        self.rooms.sweeper.sweep()
        self.assertIn(pin, self.registry.tags(str(self.repository)))
        self.assertEqual(
            found, self.rooms.database.publication(found.image_id)
        )

    def test_an_operator_sees_and_mends(self):
        # No event says so: a row can only be missed.
        found = self.push(self.made())
        self.rooms.database.remove_publication(found.image_id)
        looked = command('glance-bridge-status', '--json')
        self.assertIn(looked.returncode, (0, 1), looked.stderr)
        self.assertIsInstance(json.loads(looked.stdout)['findings'], list)
        mended = command('glance-bridge-status', '--mend')
        self.assertIn(mended.returncode, (0, 1), mended.stderr)
        self.assertEqual(
            found, self.rooms.database.publication(found.image_id)
        )
