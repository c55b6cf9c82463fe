"""Who may tell the bridge of events, and what he hears."""

import datetime
import json

import testtools
import webob

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.events import door
from glance_bridge.events import envelope
from tests.unit.glance_bridge.events import test_envelope


class _Hints:
    is_free = True

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def look_at(
        self,
        repository: model.Repository,
        tag: str,
        told_at: datetime.datetime,
    ) -> bool:
        self.seen.append((str(repository), tag))
        return self.is_free


class DoorTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.hints = _Hints()
        self.door = door.Door(self.hints, 'secret', frozenset({'us'}))

    def _tell(
        self, content: bytes, authorization: str | None = 'Bearer secret'
    ) -> int:
        request = webob.Request.blank('/events', method='POST', body=content)
        if authorization is not None:
            request.headers['Authorization'] = authorization
        return self.door(request).status_code

    def _tell_of(self, *events: dict[str, object]) -> int:
        return self._tell(json.dumps({'events': events}).encode())

    def test_a_tag_is_queued(self):
        self.assertEqual(202, self._tell_of(test_envelope.event(tag='1')))
        self.assertEqual([('demo/memcached', '1')], self.hints.seen)

    def test_what_means_nothing_is_taken_so_that_none_waits_behind_it(self):
        self.assertEqual(202, self._tell_of({}, test_envelope.event('pull')))
        self.assertEqual([], self.hints.seen)

    def test_a_full_queue_is_no_error_either(self):
        self.hints.is_free = False
        self.assertEqual(202, self._tell_of(test_envelope.event(tag='1')))

    def test_only_the_registry_may_speak(self):
        for given in (None, '', 'Bearer', 'Bearer other', 'Basic secret'):
            error = self.assertRaises(
                exception.Unauthorized, self._tell, b'{}', given
            )
            self.assertEqual(401, error.status)

    def test_without_a_token_nobody_may(self):
        self.door = door.Door(self.hints, None, frozenset())
        for given in (None, 'Bearer ', 'Bearer None'):
            self.assertRaises(exception.Unauthorized, self._tell, b'{}', given)

    def test_what_no_registry_writes_is_refused(self):
        for content in (b'{', b'x' * (envelope.MAX_BYTES + 1)):
            self.assertRaises(exception.RequestInvalid, self._tell, content)
