import unittest

from benchmarks.measure import agent


class IntervalTest(unittest.TestCase):
    def test_only_the_interval_changes(self):
        before = '[agent]\npolling_interval = 1\nl2_population = false\n'
        self.assertEqual(
            before.replace('1', '2'), agent.with_interval(before, 2)
        )

    def test_a_file_without_it_is_no_such_agent(self):
        with self.assertRaisesRegex(ValueError, 'no polling_interval'):
            agent.with_interval('[agent]\n', 2)
