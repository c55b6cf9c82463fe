"""When the bridge calls itself healthy."""

import testtools
import webob

from glance_bridge import exception
from glance_bridge import health
from tests.unit.glance_bridge import options


class _Database:
    is_there = True

    def check(self) -> None:
        if not self.is_there:
            raise exception.DatabaseUnavailable('gone')


class DoorTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.database = _Database()
        self.door = health.Door(options.make(), self.database)

    def test_it_is_while_the_database_answers(self):
        answer = self.door(webob.Request.blank('/healthcheck'))
        self.assertEqual(200, answer.status_code)

    def test_it_is_not_without_the_database(self):
        self.database.is_there = False
        request = webob.Request.blank('/healthcheck')
        self.assertRaises(exception.DatabaseUnavailable, self.door, request)
