"""Pushes while one of those who take part in them is killed.

Killed, not stopped: nobody gets to finish what was begun. The supervisor
starts it again, as systemd would, and an operator asks both sides to agree.
"""

import concurrent.futures
import json

import requests

from tests.integration import cloud
from tests.integration import survival
from tests.integration import test_bridge_healing
from tests.integration import test_bridge_push

SERVICES = (
    'glance-bridge',
    'glance-bridge-token',
    'glance-bridge-reconciler',
    'registry',
    'nginx',
    'glance',
)
PUSHES = 6
# An image that a killed glance-api has locked is given up after a minute.
MENDED_S = 300


class KilledTest(survival.SurvivalCase, test_bridge_push.PushTestCase):
    def test_a_tag_is_one_image_and_no_push_is_lost(self):
        for number, name in enumerate(SERVICES):
            with self.subTest(name):
                made = [
                    self.made(number * 10 + each) for each in range(PUSHES + 1)
                ]
                self._push_through(name, made[:-1])
                # And it all works as before.
                self.check_image(self.must_push(made[-1]))

    def _push_through(self, name, made):
        """Kill a service amid pushes of one tag; see what comes of them."""
        for each in made:
            self.hand.store(each)
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            pushes = {pool.submit(self._try, each): each for each in made}
            # One is through, others are on their way.
            next(concurrent.futures.as_completed(pushes))
            killed = self.kill(name)
        self.wait_well(name, killed)
        cloud.wait_until(
            self._is_mended, f'accord after {name}', within_s=MENDED_S
        )
        now = self.hand.digest_of('latest')
        (last,) = [each for each in made if each.digest == now]
        self.check_image(last)
        promised = {
            each.digest for push, each in pushes.items() if push.result()
        }
        self.assertNotEqual(set(), promised)
        self.assertEqual(set(), promised - self._published())

    def _try(self, made):
        """Push as whoever takes no answer for a failure."""
        try:
            return self.hand.put(made, 'latest').status_code == 201
        except requests.RequestException:
            return False

    def _published(self):
        """List what has an image that can be used, hidden ones as well."""
        return {
            image.properties['docker_manifest_digest']
            for is_hidden in (False, True)
            for image in self.admin.image.images(is_hidden=is_hidden)
            if image.name.startswith(self.name) and image.status == 'active'
        }

    def _is_mended(self):
        test_bridge_healing.command('glance-bridge-status', '--mend')
        looked = test_bridge_healing.command('glance-bridge-status', '--json')
        if looked.returncode not in (0, 1):
            return False  # one of both sides cannot be read yet
        return not [
            each
            for each in json.loads(looked.stdout)['findings']
            if each['repository'] == self.hand.repository
        ]
