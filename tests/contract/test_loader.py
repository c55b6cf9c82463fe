"""Nova's own loader finds the driver in an installed wheel.

There is no engine here: a service has to load its driver before its engine
answers.
"""

from importlib import metadata
import json
import pathlib
import subprocess
import sys

from nova import test
from nova.tests.unit.virt import test_virt_drivers
from nova.virt import driver
from nova.virt import fake
import testtools

import novadocker

DISTRIBUTION = 'nova-docker'


class VirtDriverLoaderTestCase(test_virt_drivers.VirtDriverLoaderTestCase):
    """Nova's cases of drivers loaded by name, with ours."""

    new_drivers = {'docker.DockerDriver': 'DockerDriver'}


class LoaderTestCase(test.NoDBTestCase):
    def test_the_name_in_the_install_guide_loads(self):
        self.flags(compute_driver='docker.DockerDriver')
        loaded = driver.load_compute_driver(fake.FakeVirtAPI())
        self.assertEqual('novadocker.driver', type(loaded).__module__)

    def test_the_driver_comes_from_beside_nova(self):
        import nova.virt.docker

        beside = pathlib.Path(driver.__file__).with_name('docker.py')
        self.assertEqual(beside, pathlib.Path(nova.virt.docker.__file__))
        site = beside.parents[2]
        self.assertEqual(site, pathlib.Path(novadocker.__file__).parents[1])


class WheelTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.distribution = metadata.distribution(DISTRIBUTION)
        self.files = [str(each) for each in self.distribution.files or []]

    def test_it_is_not_an_editable_install(self):
        origin = json.loads(
            self.distribution.read_text('direct_url.json') or '{}'
        )
        self.assertNotIn('dir_info', origin)

    def test_it_adds_one_module_to_nova(self):
        inside = [each for each in self.files if each.startswith('nova/')]
        self.assertEqual(
            ['nova/virt/docker.py'],
            [each for each in inside if each.endswith('.py')],
        )

    def test_it_carries_our_packages_and_no_tests(self):
        tops = {
            each.split('/')[0]
            for each in self.files
            if each.endswith('.py') and not each.startswith('..')
        }
        self.assertEqual(
            {
                *('glance_bridge', 'nova', 'novadocker', 'ocikit'),
                'novadocker_tempest_plugin',
            },
            tops,
        )

    def test_no_file_is_also_one_of_nova(self):
        theirs = {str(each) for each in metadata.files('nova') or []}
        self.assertEqual(set(), theirs.intersection(self.files))

    def test_it_carries_the_rootwrap_filters(self):
        self.assertTrue(
            any(
                each.endswith('etc/nova/rootwrap.d/docker.filters')
                for each in self.files
            ),
            self.files,
        )

    def test_it_carries_the_templates_for_heat(self):
        found = {
            path.name
            for path in map(pathlib.PurePath, self.files)
            if path.parent.parts[-3:] == ('share', 'nova-docker', 'heat')
        }
        self.assertEqual(
            {'group.yaml', 'member.yaml', 'memcached.yaml'}, found
        )

    def test_it_does_not_ask_for_a_nova_of_its_own(self):
        names = [each.split('>')[0] for each in self.distribution.requires]
        self.assertNotIn('nova', names)

    def test_what_it_requires_is_there(self):
        found = subprocess.run(
            [sys.executable, '-m', 'pip', 'check'],
            capture_output=True,
            check=False,
            text=True,
        )
        self.assertEqual(0, found.returncode, found.stdout)


# stestr would run Nova's own cases once more.
del test_virt_drivers.VirtDriverLoaderTestCase
