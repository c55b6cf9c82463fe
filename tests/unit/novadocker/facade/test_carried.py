"""What Nova keeps of a move: short enough for it, and nothing else of it."""

import testtools

from novadocker import model
from novadocker.facade import carried
from novadocker.ops import luggage
from tests.fixtures import vif

DIGEST = 'sha256:' + 64 * 'd'


class CarriedTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.instance = vif.instance('11111111-1111-4111-8111-111111111111')
        self.instance.system_metadata = {'image_x': 'y'}

    def test_what_is_kept_is_given_in_pieces_that_nova_takes(self):
        text = luggage.text_of(
            model.Luggage(
                f'nova-moved/{self.instance.uuid}:{DIGEST}',
                parcel_id=self.instance.uuid,
                base_id=self.instance.uuid,
                carried_bytes=10**12,
            )
        )
        self.assertGreater(len(text), 255)
        carried.keep(self.instance, text)
        values = self.instance.system_metadata.values()
        self.assertGreaterEqual(255, max(map(len, values)))
        self.assertEqual(text, carried.text_of(self.instance))

    def test_what_is_kept_later_replaces_it(self):
        carried.keep(self.instance, 300 * 'x')
        carried.keep(self.instance, 'y')
        self.assertEqual('y', carried.text_of(self.instance))

    def test_what_is_forgotten_leaves_the_rest(self):
        carried.keep(self.instance, 300 * 'x')
        carried.forget(self.instance)
        carried.forget(self.instance)
        self.assertEqual('', carried.text_of(self.instance))
        self.assertEqual({'image_x': 'y'}, self.instance.system_metadata)
