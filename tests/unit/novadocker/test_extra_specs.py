"""The operator's keys: read strictly, or refused with a sentence."""

import testtools

from novadocker import exception
from novadocker import extra_specs
from novadocker import model

READABLE = [
    ('cap_add', 'NET_ADMIN', ('NET_ADMIN',)),
    ('cap_add', 'cap_net_admin, SYS_NICE', ('NET_ADMIN', 'SYS_NICE')),
    ('cap_add', 'SYS_NICE,SYS_NICE', ('SYS_NICE',)),
    ('pids_limit', '100', 100),
    ('privileged', 'true', True),
    ('privileged', 'False', False),
    ('read_only_root', 'true', True),
    ('shm_size_mb', '64', 64),
    ('ulimits', 'nofile=1024', (model.Ulimit('nofile', 1024, 1024),)),
    (
        'ulimits',
        'nofile=1024:2048, memlock=-1',
        (
            model.Ulimit('nofile', 1024, 2048),
            model.Ulimit('memlock', -1, -1),
        ),
    ),
]

UNREADABLE = [
    ('cap_add', ''),
    ('cap_add', 'NET_ADMIN;rm'),
    ('cap_add', 'NET_ADMIN,,'),
    ('pids_limit', '0'),
    ('pids_limit', '-1'),
    ('pids_limit', '1e3'),
    ('privileged', 'yes'),
    ('privileged', '1'),
    ('privileged', ''),
    ('shm_size_mb', '9' * 30),
    ('ulimits', 'nofile'),
    ('ulimits', 'nofile=a'),
    ('ulimits', 'nofile=1:2:3'),
]


class ExtraSpecsTestCase(testtools.TestCase):
    def test_readable_values(self):
        for key, value, expected in READABLE:
            with self.subTest(key=key, value=value):
                read = extra_specs.read({'docker:' + key: value})
                self.assertEqual({key: expected}, read)

    def test_unreadable_values_are_refused_by_name(self):
        for key, value in UNREADABLE:
            with self.subTest(key=key, value=value):
                error = self.assertRaises(
                    exception.InvalidContainerOption,
                    extra_specs.read,
                    {'docker:' + key: value},
                )
                self.assertIn(f'docker:{key}={value}', str(error))

    def test_unknown_key_is_refused(self):
        error = self.assertRaises(
            exception.InvalidContainerOption,
            extra_specs.read,
            {'docker:pid_limit': '5'},
        )
        self.assertIn('no such extra spec', str(error))

    def test_other_namespaces_are_left_alone(self):
        specs = {'hw:cpu_policy': 'dedicated', 'quota:cpu_shares': '5'}
        self.assertEqual({}, extra_specs.read(specs))

    def test_every_key_says_what_it_means(self):
        for key, spec in extra_specs.TABLE.items():
            with self.subTest(key=key):
                self.assertTrue(spec.description.endswith('.'))
