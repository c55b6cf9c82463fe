import dataclasses

import testtools

from novadocker.zone import explain
from novadocker.zone import model
from novadocker.zone import report
from tests.unit.novadocker.zone import clouds

D1 = clouds.host('d1', zone='docker')
K1 = clouds.host('k1', 'QEMU', zone='nova')
ZONE = clouds.aggregate(
    'docker', 'd1', zone='docker', metadata=clouds.ISOLATED
)
CLOUD = clouds.cloud(D1, K1, ZONE)
STOCK = {
    'VCPU': model.Inventory(4, 0, 4),
    'MEMORY_MB': model.Inventory(1024, 0, 1024),
    'DISK_GB': model.Inventory(10, 0, 10),
}
TRAITS = {'d1': frozenset({'CUSTOM_NOVA_DOCKER'}), 'k1': frozenset()}
FLAVOR = model.Flavor('f', 1, 512, 1)


def ask(image, host, **more):
    more.setdefault('cloud', CLOUD)
    more.setdefault('provider', model.Provider(TRAITS[host.name], STOCK))
    return explain.Question(image, host, **more)


def objections(*given, **more):
    return {
        step.name: step.why
        for step in explain.steps(ask(*given, **more))
        if not step.passes
    }


class ExplainTestCase(testtools.TestCase):
    def _objects(self, expected, *given, **more):
        found = objections(*given, **more)
        self.assertEqual(expected, list(found))
        return found[expected[0]]

    def test_docker_image_lands_on_docker_hosts_alone(self):
        image = clouds.image()
        self.assertEqual({}, objections(image, D1))
        self.assertEqual({}, objections(image, D1, flavor=FLAVOR))
        why = self._objects(
            ['traits', 'ImagePropertiesFilter', 'driver'], image, K1
        )
        self.assertIn('lacks CUSTOM_NOVA_DOCKER', why)

    def test_disk_lands_on_others_alone(self):
        self.assertEqual({}, objections(clouds.disk(), K1))
        why = self._objects(
            ['isolate_aggregates', 'driver'], clouds.disk(), D1
        )
        self.assertIn('takes only what asks for CUSTOM_NOVA_DOCKER', why)

    def test_unlabelled_docker_image_is_sent_elsewhere(self):
        image = clouds.image(properties={})
        self._objects(['isolate_aggregates'], image, D1)
        why = self._objects(['driver'], image, K1)
        self.assertIn('of type QEMU runs no docker', why)

    def test_flavor_may_ask_for_the_trait(self):
        flavor = dataclasses.replace(FLAVOR, extra_specs=clouds.ISOLATED)
        image = clouds.image(properties={})
        self.assertEqual({}, objections(image, D1, flavor=flavor))

    def test_flavor_may_forbid_the_trait(self):
        specs = {'trait:CUSTOM_NOVA_DOCKER': 'forbidden'}
        flavor = dataclasses.replace(FLAVOR, extra_specs=specs)
        self.assertEqual({}, objections(clouds.disk(), K1, flavor=flavor))
        found = objections(clouds.disk(), D1, flavor=flavor)
        self.assertIn('CUSTOM_NOVA_DOCKER, which is forb', found['traits'])

    def test_flavor_that_is_too_small_for_the_image(self):
        for more, sentence in (
            ({'min_ram_mb': 513}, 'needs 513 MiB'),
            ({'min_disk_gb': 2}, 'needs 2 GiB'),
        ):
            image = clouds.image(**more)
            self.assertEqual({}, objections(image, D1))
            why = self._objects(['image'], image, D1, flavor=FLAVOR)
            self.assertIn(sentence, why)
        # No size is the image's own.
        flavor = dataclasses.replace(FLAVOR, disk_gb=0)
        self.assertEqual({}, objections(image, D1, flavor=flavor))

    def test_host_and_zone_go_past_filters_and_not_past_placement(self):
        image = clouds.disk(img_hv_type='qemu')
        self._objects(
            ['isolate_aggregates', 'ImagePropertiesFilter', 'driver'],
            *(image, D1),
        )
        self._objects(
            ['isolate_aggregates', 'driver'], image, D1, is_forced=True
        )
        open_zone = clouds.cloud(D1, clouds.aggregate('docker', 'd1'))
        why = self._objects(
            ['driver'], image, D1, is_forced=True, cloud=open_zone
        )
        self.assertIn('the image has bare', why)

    def test_image_that_is_not_active(self):
        image = clouds.image(status='queued')
        self.assertIn('it is queued', self._objects(['image'], image, D1))

    def test_zone(self):
        image, step = clouds.image(), ['map_az_to_placement_aggregate']
        self.assertEqual({}, objections(image, D1, zone='docker'))
        self.assertEqual({}, objections(clouds.disk(), K1, zone='nova'))
        # The default is no aggregate's: Nova asks nothing of the host.
        self.assertEqual({}, objections(image, D1, zone='nova'))
        other = clouds.aggregate('kvm', 'k1', zone='kvm')
        cloud = clouds.cloud(D1, K1, ZONE, other)
        why = self._objects(step, image, D1, zone='kvm', cloud=cloud)
        self.assertIn('the host is in zone docker, not in kvm', why)
        why = self._objects(step, image, D1, zone='moon')
        self.assertIn('only docker, nova: nova-api refuses', why)
        self.assertEqual(
            {}, objections(image, D1, zone='moon', is_forced=True)
        )

    def test_host_that_takes_no_servers(self):
        for more, sentence in (
            ({'is_up': False}, 'is down'),
            ({'is_enabled': False}, 'disabled (no reason is given)'),
            (
                {'is_enabled': False, 'disabled_reason': 'fan'},
                'disabled (fan): openstack compute service set --enable d1',
            ),
        ):
            host = dataclasses.replace(D1, **more)
            why = self._objects(['ComputeFilter'], clouds.image(), host)
            self.assertIn(sentence, why)

    def test_host_that_placement_has_as_disabled(self):
        traits = TRAITS['d1'] | {'COMPUTE_STATUS_DISABLED'}
        why = self._objects(
            ['compute_status_filter'],
            *(clouds.image(), D1),
            provider=model.Provider(traits, STOCK),
        )
        self.assertIn('enable its service', why)

    def test_flavor_that_is_too_big(self):
        flavor = model.Flavor('f', 9, 512, 1)
        why = self._objects(['resources'], clouds.image(), D1, flavor=flavor)
        self.assertIn('9 VCPU are asked for', why)

    def test_host_that_placement_does_not_know(self):
        found = objections(clouds.image(), D1, provider=model.Provider())
        self.assertEqual(['traits', 'resources'], list(found))
        self.assertIn('never reported', found['resources'])


class ReportTestCase(testtools.TestCase):
    def _lines(self, *given, **more):
        question = ask(*given, **more)
        steps = list(explain.steps(question))
        return list(report.explanation(question, steps))

    def test_host_that_would_do(self):
        first, *steps = self._lines(clouds.image(), D1)
        self.assertEqual('memcached:latest (i1) would land on d1:', first)
        self.assertEqual(9, len(steps))
        self.assertEqual('  ok  traits', steps[4])

    def test_host_that_would_not(self):
        first, *steps = self._lines(clouds.disk(), D1, is_forced=True)
        self.assertIn('cirros (i2) would not land on d1:', first)
        self.assertIn('  NO  isolate_aggregates: aggr', steps[2])
        self.assertIn('  ok  ComputeFilter: not asked: AZ:HOST', steps[6])
