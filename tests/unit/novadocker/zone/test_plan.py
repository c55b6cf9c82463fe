import testtools

from novadocker.zone import desired
from novadocker.zone import error
from novadocker.zone import fact
from novadocker.zone import model
from novadocker.zone import plan
from tests.unit.novadocker.zone import clouds

Kind = fact.Kind
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
        self.assertEqual((), made.obstacles)
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

    def test_flavor_of_another_size(self):
        text = 'flavors: {f: {vcpus: 1, ram_mb: 2, disk_gb: 3}}'
        self.assertIn(
            'has 9 vCPU, 2 MiB, 3 GiB and shall have 1 vCPU',
            self._obstacle(text, model.Flavor('f', 9, 2, 3)),
        )

    def test_host_of_another_zone(self):
        other = clouds.aggregate('rack', 'd1', zone='rack1')
        self.assertIn(
            'in the zones docker and rack1',
            self._obstacle(ZONED, clouds.host('d1'), other),
        )

    def test_servers_cannot_change_their_zone(self):
        self.assertIn(
            'Host d1 has servers (2), and its zone would be another '
            '(the default -> docker)',
            self._obstacle(ZONED, clouds.host('d1', servers=2)),
        )

    def test_servers_need_not_change_their_zone(self):
        text = ZONED.replace('availability_zone: docker', '')
        other = clouds.aggregate('rack', 'd1', zone='rack1')
        self._lines(text, clouds.host('d1', servers=2), other)

    def test_zone_that_is_taken_back_from_servers(self):
        there = clouds.aggregate('docker', 'd1', zone='docker')
        cloud = clouds.cloud(clouds.host('d1', servers=1), there)
        change = clouds.added(Kind.HOST, 'docker', 'd1').inverse
        (found,) = plan.against([change], cloud)
        self.assertIn('(docker -> the default)', str(found))


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
