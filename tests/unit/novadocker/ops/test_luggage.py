"""What one host writes another one reads, or says that it cannot."""

import json

import testtools

from novadocker import exception
from novadocker import model
from novadocker.ops import luggage


class TextTest(testtools.TestCase):
    def test_what_is_written_is_read(self):
        for found in (
            model.Luggage(reference='nova-moved/x:y', carried_bytes=7),
            model.Luggage(reference='r', parcel_id='p', base_id='b'),
        ):
            self.assertEqual(found, luggage.read(luggage.text_of(found)))

    def test_what_another_driver_has_written(self):
        newer = json.loads(luggage.text_of(model.Luggage('r')))
        for text in (
            '',
            '[]',
            '{}',
            'null',
            json.dumps({**newer, 'version': 2}),
            json.dumps({**newer, 'more': 1}),
        ):
            error = self.assertRaises(
                exception.MoveRefused, luggage.read, text
            )
            self.assertIn('another version of the driver', str(error))
