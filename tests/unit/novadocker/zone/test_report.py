import testtools

from novadocker.zone import fact
from novadocker.zone import report
from tests.unit.novadocker.zone import clouds


class ReportTestCase(testtools.TestCase):
    def test_diff_ends_with_its_count(self):
        change = clouds.added(fact.Kind.PROPERTY, 'i1', 'k', 'v')
        cloud = clouds.cloud(clouds.image('i1'), clouds.image('i3', name=''))
        names = report.names(cloud)
        self.assertEqual({'i1': 'memcached:latest'}, names)
        self.assertEqual(
            ['+ image memcached:latest (i1): k = v', '1 change to make.'],
            list(report.diff([change], names)),
        )
        self.assertEqual(['0 changes to make.'], list(report.diff([], {})))

    def test_done(self):
        self.assertEqual('2 changes made.', report.done(2))
        self.assertEqual('Nothing had to change.', report.done(0))

    def test_what_a_terminal_would_obey_is_escaped(self):
        for line, expected in (
            ('+ image wéb:1 (i1): é = 日本', None),
            ('\x1b]0;title\x07', '\\x1b]0;title\\x07'),
            ('a\r\nb', '\\r\\nb'),
            ('\u202eright to left', '\\u202eright to left'),
            ('\udc80', '\\udc80'),
        ):
            self.assertIn(expected or line, report.plain(line))
