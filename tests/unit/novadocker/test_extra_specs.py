"""The operator's keys: read strictly, or refused with a sentence."""

import testtools

from novadocker import exception
from novadocker import extra_specs
from novadocker import option


class ExtraSpecsTestCase(testtools.TestCase):
    def _refused(self, read, **specs):
        error = self.assertRaises(
            exception.InvalidContainerOption, read, specs
        )
        return str(error)

    def test_values_come_without_the_prefix(self):
        specs = {'docker:pids_limit': '100', 'docker:privileged': 'false'}
        self.assertEqual(
            {'pids_limit': 100, 'privileged': False}, extra_specs.read(specs)
        )

    def test_unreadable_value_is_refused_by_name(self):
        sentence = self._refused(
            extra_specs.read, **{'docker:pids_limit': '0'}
        )
        self.assertIn('docker:pids_limit=0 cannot be used', sentence)

    def test_unknown_key_is_refused(self):
        sentence = self._refused(extra_specs.read, **{'docker:pid_limit': '5'})
        self.assertIn('no such extra spec', sentence)

    def test_other_namespaces_are_left_alone(self):
        specs = {'hw:cpu_policy': 'dedicated', 'quota:cpu_shares': '5'}
        self.assertEqual({}, extra_specs.read(specs))

    def test_quota_that_is_0_is_not_set(self):
        specs = {
            'quota:cpu_shares': '0',
            'quota:cpu_period': '0',
            'quota:cpu_quota': '-1',
            'docker:pids_limit': '5',
        }
        self.assertEqual(
            {'cpu_quota': option.UNLIMITED}, extra_specs.read_quota(specs)
        )

    def test_quota_that_nobody_would_keep_is_refused(self):
        for key in ('disk_total_bytes_sec', 'vif_inbound_peak', 'cpu_limit'):
            with self.subTest(key=key):
                sentence = self._refused(
                    extra_specs.read_quota, **{f'quota:{key}': '9'}
                )
                self.assertIn('cannot keep this limit', sentence)

    def test_sentence_fits_into_a_fault(self):
        for table, prefix, read in (
            (extra_specs.TABLE, 'docker:', extra_specs.read),
            (extra_specs.QUOTA, 'quota:', extra_specs.read_quota),
        ):
            for key in table:
                with self.subTest(key=key):
                    sentence = self._refused(read, **{prefix + key: '?'})
                    self.assertLess(len(sentence), 255)

    def test_every_key_says_what_it_means(self):
        for table in (extra_specs.TABLE, extra_specs.QUOTA):
            for key, spec in table.items():
                with self.subTest(key=key):
                    self.assertTrue(spec.description.endswith('.'))
                    self.assertTrue(spec.values)
