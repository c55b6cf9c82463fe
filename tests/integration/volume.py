"""Volumes of Cinder for tests, and what a server sees of them.

What is seen in a container is seen by its engine; whether a volume is
attached, Cinder says.
"""

import uuid

from tests.integration import cloud

# Where a server has its first volume if it says nothing.
PLACE = '/volumes/vdb'
IDLE = 'sleep 6000'
START = 'told start\n'
# Adds a line with each start, and tells all of them.
STORY = (
    f"sh -c 'echo start >> {PLACE}/story; while read line; do "
    f"echo told $line; done < {PLACE}/story; exec {IDLE}'"
)


class VolumeCase(cloud.CloudTestCase):
    """Volumes have to be made before the servers that have them."""

    service = 'cinder-volume'
    option = '--volumes'

    def setUp(self):
        super().setUp()
        self.compute = self.admin.compute
        self.storage = self.admin.block_storage
        self.image = self.shell_image()

    def volume(self, **more):
        """Make a volume of 1 GiB that goes with the test."""
        made = self.storage.create_volume(
            name=f'test-{uuid.uuid4().hex[:8]}', size=1, **more
        )
        self.addCleanup(self.delete_volume, made)
        self.wait_for_volume(made, 'available')
        return made

    def delete_volume(self, volume):
        self.storage.delete_volume(volume)
        cloud.wait_until(
            lambda: self.storage.find_volume(volume.id) is None,
            f'the end of volume {volume.name}',
        )

    def wait_for_volume(self, volume, status):
        def reached():
            found = self.storage.get_volume(volume.id)
            if found.status.startswith('error'):
                raise AssertionError(f'{found.name}: {found.status}')
            return found if found.status == status else None

        return cloud.wait_until(reached, f'{status} of {volume.name}')

    def boot_idle(self, command=IDLE, metadata=None, **more):
        metadata = {'docker:command': command, **(metadata or {})}
        return self.boot(image=self.image, metadata=metadata, **more)

    def mapping(self, volume):
        """Give the block device mapping of a server with one volume."""
        root = {
            'uuid': self.image_id(self.image),
            'source_type': 'image',
            'destination_type': 'local',
            'boot_index': 0,
            'delete_on_termination': True,
        }
        data = {
            'uuid': volume.id,
            'source_type': 'volume',
            'destination_type': 'volume',
            'boot_index': -1,
            'delete_on_termination': False,
        }
        return [root, data]

    def attach(self, server, volume):
        self.compute.create_volume_attachment(server, volume_id=volume.id)
        self.wait_for_volume(volume, 'in-use')

    def detach(self, server, volume):
        self.compute.delete_volume_attachment(server, volume)
        self.wait_for_volume(volume, 'available')

    def stop(self, server):
        self.compute.stop_server(server)
        self.wait_for_status(server, 'SHUTOFF')

    def start(self, server):
        self.compute.start_server(server)
        self.wait_for_status(server, 'ACTIVE')

    def run_in(self, server, script):
        """Run a script in a server's container, past Nova."""
        made = self.engine.exec_create(
            self.container(server)['Id'], ['sh', '-c', script]
        )
        said = self.engine.exec_start(made['Id']).decode()
        return self.engine.exec_inspect(made['Id'])['ExitCode'], said

    def write(self, server, text, place=PLACE):
        script = f'echo {text} > {place}/text'
        self.assertEqual((0, ''), self.run_in(server, script))

    def assert_has(self, server, text, place=PLACE):
        script = f'cat {place}/text'
        self.assertEqual((0, f'{text}\n'), self.run_in(server, script))

    def options(self, server, place=PLACE):
        """Give how a volume is mounted, or nothing where it is not."""
        _, said = self.run_in(server, 'cat /proc/mounts')
        found = {
            line.split()[1]: line.split()[3] for line in said.splitlines()
        }
        return found.get(place, '').split(',')

    def assert_mounted(self, server, place=PLACE):
        options = self.options(server, place)
        for each in ('rw', 'nosuid', 'nodev'):
            self.assertIn(each, options)

    def assert_not_mounted(self, server, place=PLACE):
        self.assertEqual([''], self.options(server, place))

    def wait_for_story(self, server, text):
        cloud.wait_until(
            lambda: text in self.console_log(server), f'{text} of the server'
        )
