"""Values as people write them: one table for each reader."""

import testtools

from novadocker import model
from novadocker import option

READABLE = [
    (option.boolean, 'true', True),
    (option.boolean, ' False ', False),
    (option.runtime, 'nova-crun', 'nova-crun'),
    (option.whole(1, 9), '9', 9),
    (option.whole(1, 9), ' 1 ', 1),
    (option.whole(2, 9, zero_is_unset=True), '0', None),
    (option.cpu_quota_us, '1000', 1000),
    (option.cpu_quota_us, '0', None),
    (option.cpu_quota_us, '-5', option.UNLIMITED),
    (option.capabilities, 'NET_ADMIN', ('NET_ADMIN',)),
    (
        option.capabilities,
        'cap_net_admin, SYS_NICE',
        ('NET_ADMIN', 'SYS_NICE'),
    ),
    (option.capabilities, 'SYS_NICE,SYS_NICE', ('SYS_NICE',)),
    (option.confined_capabilities, 'NET_RAW', ('NET_RAW',)),
    (option.capabilities_or_all, 'all', ('ALL',)),
    (option.capabilities_or_all, 'CHOWN', ('CHOWN',)),
    (option.ulimits, 'nofile=1024', (model.Ulimit('nofile', 1024, 1024),)),
    (
        option.ulimits,
        'nofile=1024:2048, memlock=-1',
        (
            model.Ulimit('nofile', 1024, 2048),
            model.Ulimit('memlock', -1, -1),
        ),
    ),
    (option.ulimits, 'core=0:-1', (model.Ulimit('core', 0, -1),)),
]

UNREADABLE = [
    (option.boolean, 'yes', 'true or false'),
    (option.boolean, '1', 'true or false'),
    (option.boolean, '', 'true or false'),
    (option.boolean, 'on', 'true or false'),
    (option.runtime, '', 'no name of a runtime'),
    (option.runtime, '/usr/bin/runc', 'no name of a runtime'),
    (option.whole(1, 9), '0', 'from 1 to 9'),
    (option.whole(1, 9), '10', 'from 1 to 9'),
    (option.whole(1, 9), '-1', 'from 1 to 9'),
    (option.whole(1, 9), '1e0', 'from 1 to 9'),
    (option.whole(1, 9), '1.0', 'from 1 to 9'),
    (option.whole(1, 9), '\u0661', 'from 1 to 9'),
    (option.whole(1, 9), '9' * 30, 'from 1 to 9'),
    (option.whole(1, 9), '', 'from 1 to 9'),
    (option.cpu_quota_us, '999', 'at least 1000'),
    (option.cpu_quota_us, 'half', 'at least 1000'),
    (option.capabilities, '', 'no capability'),
    (option.capabilities, 'ALL', '"ALL" is no capability'),
    (option.capabilities, 'NET_ADMIN;rm', 'no capability'),
    (option.capabilities, 'NET_ADMIN,,', 'no capability'),
    (option.capabilities, 'NET_ADMINN', '"NET_ADMINN" is no capability'),
    (
        option.confined_capabilities,
        'NET_RAW,cap_net_admin',
        'networks of the host',
    ),
    (option.capabilities_or_all, 'ALL,CHOWN', '"ALL" is no capability'),
    (option.ulimits, '', 'NAME=SOFT[:HARD]'),
    (option.ulimits, 'nofile', 'NAME=SOFT[:HARD]'),
    (option.ulimits, 'nofile=a', 'NAME=SOFT[:HARD]'),
    (option.ulimits, 'nofile=1:2:3', 'NAME=SOFT[:HARD]'),
    (option.ulimits, 'nofiles=1', 'NAME=SOFT[:HARD]'),
    (option.ulimits, 'nofile=-2', 'NAME=SOFT[:HARD]'),
    (option.ulimits, 'nofile=2:1', 'soft limit of nofile'),
    (option.ulimits, 'nofile=-1:1', 'soft limit of nofile'),
    (option.ulimits, 'nofile=1,nofile=2', 'nofile stands twice'),
]


class OptionTestCase(testtools.TestCase):
    def test_readable_values(self):
        for read, value, expected in READABLE:
            with self.subTest(read=read, value=value):
                self.assertEqual(expected, read(value))

    def test_unreadable_values_are_refused_with_the_reason(self):
        for read, value, reason in UNREADABLE:
            with self.subTest(read=read, value=value):
                error = self.assertRaises(ValueError, read, value)
                self.assertIn(reason, str(error))

    def test_value_is_shown_in_one_line_and_short(self):
        for value, expected in (
            ('plain', 'plain'),
            ('two\nlines', r"'two\nlines'"),
            ('\ud800', r"'\ud800'"),
            ('x' * 500, 'x' * 80),
        ):
            with self.subTest(value=value):
                self.assertEqual(expected, option.shown(value))
