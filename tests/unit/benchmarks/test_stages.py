import pathlib
import tempfile
import unittest

from benchmarks.measure import stages

UUID = '0f3e8d2a-5d6c-4d5b-9a1e-7b7f1c2d3e4f'
WORDS = 'image 0.002 s, ports 0.500 s, plug 0.020 s, wait for Neutron 0.700 s'


class StagesTest(unittest.TestCase):
    def test_the_drivers_own_words_are_read(self):
        found = stages.parse(WORDS)
        self.assertEqual(0.7, found['wait for Neutron'])
        self.assertAlmostEqual(0.022, stages.own_s(found))

    def test_the_line_of_a_server_is_found(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = pathlib.Path(folder, 'nova-compute.log')
        other = UUID.replace('0f', '1f')
        path.write_text(
            f'2026 INFO x [instance: {UUID}] Booted: {WORDS}\n'
            f'2026 INFO x [instance: {other}] Booted: image 9.000 s\n'
        )
        self.assertEqual(0.002, stages.Log(path).stages(UUID)['image'])

    def test_the_line_of_another_deed_is_found(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = pathlib.Path(folder, 'nova-compute.log')
        word = f'Attached volume {UUID}'
        path.write_text(
            f'2026 INFO x [instance: {UUID}] Booted: {WORDS}\n'
            f'2026 INFO x [instance: {UUID}] {word} at /volumes/vdb: '
            f'connect 0.100 s, mount 0.050 s\n'
        )
        self.assertEqual(
            {'connect': 0.1, 'mount': 0.05},
            stages.Log(path).stages(UUID, word),
        )
