"""nova-api finds our validators in an installed wheel, and uses them."""

from importlib import metadata
import subprocess
import sys

from nova import exception as nova_exception
from nova.api.validation.extra_specs import validators
import testtools

from novadocker import extra_specs

ACCEPTED = [
    ('docker:cap_add', 'NET_RAW,SYS_NICE'),
    ('docker:cap_drop', 'ALL'),
    ('docker:new_privileges', 'true'),
    ('docker:pids_limit', '100'),
    ('docker:privileged', 'False'),
    ('docker:read_only_root', 'true'),
    ('docker:runtime', 'nova-crun'),
    ('docker:shm_size_mb', '256'),
    ('docker:ulimits', 'nofile=1024:2048'),
    ('quota:cpu_quota', '50000'),
    ('quota:cpu_period', '100000'),
    ('quota:cpu_shares', '512'),
    ('quota:disk_read_bytes_sec', '1048576'),
    # A namespace that nobody has claimed is none of our business.
    ('somebody:else', 'x'),
]

REJECTED = [
    ('docker:cap_add', 'EVERYTHING', 'no capability'),
    ('docker:cap_add', 'NET_ADMIN', 'networks of the host'),
    ('docker:privileged', 'yes', 'true or false'),
    ('docker:privileged', '1', 'true or false'),
    ('docker:pids_limit', '0', 'whole number'),
    ('docker:pids_limit', '99999999', 'whole number'),
    ('docker:shm_size_mb', '64m', 'whole number'),
    ('docker:runtime', 'a b', 'no name of a runtime'),
    ('docker:ulimits', 'nofile', 'NAME=SOFT'),
    ('docker:pid_limit', '100', 'valid extra spec'),
    ('docker:', '100', 'valid extra spec'),
    ('docker:env:PATH', '/bin', 'valid extra spec'),
]

# What nova-api would have to have if the module were not light.
HEAVY = ('docker', 'os_vif', 'pyroute2', 'oslo_privsep', 'novadocker.driver')
LOADED = (
    'import sys, novadocker.validation; print(*(name for name in sys.modules))'
)


class ExtraSpecValidatorsTestCase(testtools.TestCase):
    def test_values_that_hosts_can_keep_are_accepted(self):
        for name, value in ACCEPTED:
            with self.subTest(name=name, value=value):
                validators.validate(name, value)

    def test_what_no_host_could_boot_is_rejected(self):
        for name, value, reason in REJECTED:
            with self.subTest(name=name, value=value):
                error = self.assertRaises(
                    nova_exception.ValidationError,
                    validators.validate,
                    name,
                    value,
                )
                self.assertIn(reason, str(error))

    def test_nova_still_has_its_own_validators(self):
        for name, value in (('hw:cpu_policy', 'x'), ('quota:cpu_quota', 'x')):
            with self.subTest(name=name):
                self.assertRaises(
                    nova_exception.ValidationError,
                    validators.validate,
                    name,
                    value,
                )

    def test_quota_keys_are_novas(self):
        for key in extra_specs.QUOTA:
            name = extra_specs.QUOTA_PREFIX + key
            with self.subTest(name=name):
                found = type(validators.VALIDATORS[name])
                self.assertTrue(found.__module__.startswith('nova.'))

    def test_entry_point_is_the_wheels(self):
        (found,) = (
            point
            for point in metadata.entry_points(
                group='nova.api.extra_spec_validators'
            )
            if point.name == 'docker'
        )
        self.assertEqual('nova-docker', found.dist.name)

    def test_nova_api_loads_neither_engine_nor_driver(self):
        loaded = subprocess.run(
            [sys.executable, '-c', LOADED],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()
        self.assertEqual([], [name for name in HEAVY if name in loaded])
