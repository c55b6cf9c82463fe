"""Limits: a flavor's numbers in Docker's units."""

import dataclasses

import testtools

from novadocker import exception
from novadocker import model
from novadocker.spec import resources

FLAVOR = model.Flavor(vcpus=2, memory_mb=512, swap_mb=0, root_gb=3)
GIB = 1024**3


def limits(has_disk_quota=False, disk=None, **changes):
    flavor = dataclasses.replace(FLAVOR, **changes)
    return resources.resources(
        flavor, has_disk_quota=has_disk_quota, disk=disk
    )


class ResourcesTestCase(testtools.TestCase):
    def test_vcpus_are_a_hard_cap(self):
        self.assertEqual(2 * 10**9, limits().nano_cpus)

    def test_no_swap_means_equal_limits(self):
        self.assertEqual(GIB // 2, limits().memory_bytes)
        self.assertEqual(GIB // 2, limits().memory_swap_bytes)

    def test_swap_comes_on_top_of_memory(self):
        self.assertEqual(GIB, limits(swap_mb=512).memory_swap_bytes)

    def test_processes_are_limited_without_being_asked(self):
        self.assertEqual(resources.DEFAULT_PIDS_LIMIT, limits().pids_limit)

    def test_flavor_sets_what_docker_has_a_word_for(self):
        found = limits(
            extra_specs={
                'docker:pids_limit': '7',
                'docker:shm_size_mb': '2',
                'docker:ulimits': 'nofile=9',
            }
        )
        self.assertEqual(7, found.pids_limit)
        self.assertEqual(2 * 1024**2, found.shm_bytes)
        self.assertEqual((model.Ulimit('nofile', 9, 9),), found.ulimits)

    def test_disk_is_limited_where_the_storage_can(self):
        self.assertIsNone(limits().disk_bytes)
        self.assertEqual(3 * GIB, limits(has_disk_quota=True).disk_bytes)

    def test_what_a_server_brings_along_is_of_its_disk(self):
        found = limits(has_disk_quota=True)
        for carried, rest in ((GIB, 2 * GIB), (3 * GIB, 16 * 1024**2)):
            less = resources.less_disk(found, carried)
            self.assertEqual(rest, less.disk_bytes)
        self.assertIsNone(resources.less_disk(limits(), GIB).disk_bytes)

    def test_flavor_without_a_disk_has_no_limit(self):
        self.assertIsNone(limits(has_disk_quota=True, root_gb=0).disk_bytes)

    def test_cpu_shares_are_handed_on(self):
        found = limits(extra_specs={'quota:cpu_shares': '512'})
        self.assertEqual(512, found.cpu_shares)
        self.assertEqual(2 * 10**9, found.nano_cpus)

    def test_cpu_quota_is_of_each_vcpu_and_replaces_the_cap(self):
        found = limits(
            extra_specs={
                'quota:cpu_quota': '5000',
                'quota:cpu_period': '10000',
            }
        )
        self.assertEqual(10000, found.cpu_quota_us)
        self.assertEqual(10000, found.cpu_period_us)
        self.assertEqual(0, found.nano_cpus)

    def test_cpu_quota_without_a_period_uses_the_kernels(self):
        found = limits(extra_specs={'quota:cpu_quota': '5000'})
        self.assertEqual(100_000, found.cpu_period_us)

    def test_no_quota_is_more_than_the_vcpus(self):
        for quota in ('-1', '0', '10000', '99999'):
            with self.subTest(quota=quota):
                found = limits(
                    extra_specs={
                        'quota:cpu_quota': quota,
                        'quota:cpu_period': '10000',
                    }
                )
                self.assertEqual(2 * 10**9, found.nano_cpus)
                self.assertIsNone(found.cpu_quota_us)

    def test_quota_that_is_no_number_is_refused(self):
        error = self.assertRaises(
            exception.InvalidContainerOption,
            limits,
            extra_specs={'quota:cpu_quota': 'half'},
        )
        self.assertIn('quota:cpu_quota=half', str(error))

    def test_rates_are_of_the_disk_of_the_host(self):
        found = limits(
            disk=model.HostDisk('/dev/vda', limits_writes=True),
            extra_specs={
                'quota:disk_read_bytes_sec': '1000',
                'quota:disk_write_iops_sec': '5',
                'quota:disk_write_bytes_sec': '0',
            },
        )
        self.assertEqual(
            model.DiskRates('/dev/vda', read_bytes=1000, write_iops=5),
            found.disk_rates,
        )

    def test_no_rates_where_none_are_asked_for(self):
        disk = model.HostDisk('/dev/vda', limits_writes=True)
        self.assertIsNone(limits(disk=disk).disk_rates)
        self.assertIsNone(limits().disk_rates)

    def test_rates_that_the_host_would_not_keep_are_refused(self):
        reads_only = model.HostDisk('/dev/vda', limits_writes=False)
        for disk, key, sentence in (
            (None, 'disk_read_iops_sec', 'what its disk reads'),
            (None, 'disk_write_iops_sec', 'what its disk writes'),
            (reads_only, 'disk_write_bytes_sec', 'what its disk writes'),
        ):
            with self.subTest(disk=disk, key=key):
                error = self.assertRaises(
                    exception.InvalidContainerOption,
                    limits,
                    disk=disk,
                    extra_specs={f'quota:{key}': '9'},
                )
                self.assertIn(f'quota:{key}=9 cannot', str(error))
                self.assertIn(sentence, str(error))
