import testtools

from novadocker.zone import desired
from novadocker.zone import error
from novadocker.zone import plan
from tests.unit.novadocker.zone import clouds

ZONED = """
aggregates:
  docker:
    availability_zone: docker
    hypervisor_types: [docker]
    metadata: {"trait:CUSTOM_NOVA_DOCKER": required}
"""


class PlanTestCase(testtools.TestCase):
    def _plan(self, text, *things):
        return plan.make(desired.read(text), clouds.cloud(*things))

    def _lines(self, text, *things):
        made = self._plan(text, *things)
        self.assertEqual(((), ()), (made.obstacles, made.refused))
        return [each.line({}) for each in made.changes]

    def _obstacle(self, text, *things):
        (found,) = self._plan(text, *things).obstacles
        return str(found)

    def test_hosts_come_last_and_images_first(self):
        text = f"""{ZONED}
flavors: {{f: {{vcpus: 1, ram_mb: 2, disk_gb: 3, extra_specs: {{k: v}}}}}}
images: [i1]
"""
        image = clouds.image(properties={})
        self.assertEqual(
            [
                '+ image i1: img_hv_type = docker',
                '+ image i1: trait:CUSTOM_NOVA_DOCKER = required',
                '+ flavor f = 1 vCPU, 2 MiB, 3 GiB',
                '+ flavor f: k = v',
                '+ aggregate docker',
                '+ aggregate docker: availability zone = docker',
                '+ aggregate docker: trait:CUSTOM_NOVA_DOCKER = required',
                '+ aggregate docker: host d1',
            ],
            self._lines(text, clouds.host('d1'), image),
        )

    def test_what_is_there_is_not_changed(self):
        there = clouds.aggregate(
            *('docker', 'd1'), zone='docker', metadata=clouds.ISOLATED
        )
        self.assertEqual(
            [], self._lines(ZONED, clouds.host('d1', servers=3), there)
        )

    def test_what_others_put_there_stays(self):
        metadata = {**clouds.ISOLATED, 'ssd': 'true'}
        there = clouds.aggregate(
            *('docker', 'other'), zone='docker', metadata=metadata
        )
        self.assertEqual(
            ['+ aggregate docker: host d1'],
            self._lines(ZONED, clouds.host('d1'), there),
        )

    def test_another_value_is_changed(self):
        image = clouds.image(properties={'img_hv_type': 'qemu'})
        self.assertEqual(
            '~ image i1: img_hv_type = qemu -> docker',
            self._lines('images: ["memcached:latest"]', image)[0],
        )

    def test_all_images_are_those_of_the_format(self):
        images = (clouds.image('i1', properties={}), clouds.disk('i2'))
        lines = self._lines('images: all', *images)
        self.assertEqual(2, len(lines))
        self.assertTrue(all('image i1' in each for each in lines))

    def test_image_that_is_not_there(self):
        self.assertIn('no image x', self._obstacle('images: [x]'))

    def test_image_of_another_format(self):
        self.assertIn(
            'has the format bare',
            self._obstacle('images: [cirros]', clouds.disk()),
        )

    def test_host_that_is_not_there(self):
        self.assertIn(
            'no compute host x',
            self._obstacle('aggregates: {a: {hosts: [x]}}'),
        )

    def test_host_that_isolation_would_cut_off(self):
        text = ZONED.replace('[docker]', '[QEMU]')
        self.assertIn(
            'no image could reach it',
            self._obstacle(text, clouds.host('k1', 'QEMU')),
        )

    def test_what_nova_would_refuse_is_left_out(self):
        made = self._plan(ZONED, clouds.host('d1', servers=2))
        self.assertEqual((), made.obstacles)
        self.assertEqual(
            [
                '+ aggregate docker',
                '+ aggregate docker: trait:CUSTOM_NOVA_DOCKER = required',
                '+ aggregate docker: host d1',
            ],
            [each.line({}) for each in made.changes],
        )
        (found,) = made.refused
        self.assertIn('cannot get zone docker', str(found))


class FindImageTestCase(testtools.TestCase):
    def test_id_comes_before_name(self):
        one = clouds.image('i1', name='i2')
        two = clouds.image('i2', name='x')
        cloud = clouds.cloud(one, two)
        self.assertIs(two, plan.find_image('i2', cloud))
        self.assertIs(two, plan.find_image('x', cloud))

    def test_several_of_a_name(self):
        cloud = clouds.cloud(clouds.image('i2'), clouds.image('i1'))
        err = self.assertRaises(
            error.NotFound, plan.find_image, 'memcached:latest', cloud
        )
        self.assertIn('i1, i2', str(err))
