import testtools

from novadocker.zone import check
from novadocker.zone import desired
from tests.unit.novadocker.zone import clouds

D1 = clouds.host('d1')
K1 = clouds.host('k1', 'QEMU')
ZONE = clouds.aggregate('docker', 'd1', metadata=clouds.ISOLATED)


class CheckTestCase(testtools.TestCase):
    def _off(self, *things, wish=''):
        cloud = clouds.cloud(*things)
        return [str(it) for it in check.findings(desired.read(wish), cloud)]

    def _one(self, *things, **more):
        (found,) = self._off(*things, **more)
        return found

    def test_nothing_is_off(self):
        strangers = clouds.aggregate('rack', 'k1', 'gone', metadata={'a': 'b'})
        images = (clouds.image(), clouds.disk(img_hv_type='qemu'))
        down = clouds.host('k2', 'QEMU', is_up=False, is_enabled=False)
        self.assertEqual([], self._off(D1, K1, down, ZONE, strangers, *images))

    def test_every_finding_has_its_cure(self):
        for found in self._off(
            clouds.host('d2', has_trait=False, is_up=False, is_enabled=False),
            clouds.image(properties={}),
            clouds.disk(**clouds.ISOLATED),
            wish='aggregates: {a: {hosts: [x]}}',
        ):
            self.assertRegex(found, r'\. Cure: \S')

    def test_wish_that_is_not_fulfilled(self):
        found = self._one(D1, ZONE, wish='aggregates: {kvm: {}}')
        self.assertEqual(
            'Not yet: + aggregate kvm. Cure: novadocker-zone apply', found
        )

    def test_wish_that_cannot_be_fulfilled(self):
        self.assertIn('no image x', self._one(D1, ZONE, wish='images: [x]'))

    def test_no_docker_host_takes_servers(self):
        self.assertIn('No docker host takes servers', self._one(K1))

    def test_host_that_takes_no_servers(self):
        other = clouds.host('d2')
        zone = clouds.aggregate('docker', 'd1', 'd2', metadata=clouds.ISOLATED)
        for more, sentence in (
            ({'is_up': False}, 'Host d1 is down. Cure: start'),
            ({'is_enabled': False}, 'Host d1 is disabled. Cure: openstack'),
            (
                {'is_enabled': False, 'disabled_reason': 'fan'},
                'Host d1 is disabled (fan). Cure',
            ),
            ({'has_trait': False}, 'Host d1 has no trait CUSTOM_NOVA_DOCKER:'),
        ):
            host = clouds.host('d1', **more)
            self.assertIn(sentence, self._one(host, other, zone))

    def test_host_that_anything_may_be_sent_to(self):
        for things in (
            (D1,),
            (D1, clouds.aggregate('docker', 'd1')),
            (D1, clouds.aggregate('docker', metadata=clouds.ISOLATED)),
        ):
            self.assertIn(
                'Host d1 is in no isolated aggregate', self._one(*things)
            )

    def test_host_that_nothing_gets_to(self):
        zone = clouds.aggregate('docker', 'd1', 'k1', metadata=clouds.ISOLATED)
        self.assertIn(
            'Cure: openstack aggregate remove host docker k1',
            self._one(D1, K1, zone),
        )

    def test_cure_can_be_pasted(self):
        zone = clouds.aggregate('our $1', 'd1', 'k1', metadata=clouds.ISOLATED)
        self.assertIn(
            "Cure: openstack aggregate remove host 'our $1' k1",
            self._one(D1, K1, zone),
        )

    def test_placement_was_not_told(self):
        for more in ({'metadata': clouds.ISOLATED}, {'zone': 'z'}):
            aggregate = clouds.aggregate('a', 'd1', nodes=frozenset(), **more)
            self.assertIn(
                'Placement does not have host d1 in aggregate a. '
                'Cure: nova-manage placement sync_aggregates',
                self._one(D1, ZONE, aggregate),
            )

    def test_docker_image_without_its_properties(self):
        image = clouds.image(properties={'img_hv_type': 'docker'})
        self.assertIn(
            'has trait:CUSTOM_NOVA_DOCKER = nothing: it may be sent '
            'elsewhere. Cure: openstack image set --property '
            'trait:CUSTOM_NOVA_DOCKER=required i1',
            self._one(D1, ZONE, image),
        )

    def test_snapshot_that_is_still_being_made(self):
        image = clouds.image('i1', '', status='queued')
        self.assertEqual([], self._off(D1, ZONE, image))

    def test_disk_with_the_properties_of_docker_images(self):
        self.assertIn(
            'the format bare: no host boots it. Cure: openstack image unset '
            '--property img_hv_type i2',
            self._one(D1, ZONE, clouds.disk(img_hv_type='docker')),
        )
