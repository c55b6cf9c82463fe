"""What stands in the audit log."""

import json
import logging

import fixtures
import testtools

from glance_bridge import audit
from glance_bridge import model


class RecordTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(
            fixtures.FakeLogger('glance_bridge.audit', logging.INFO)
        )

    def test_it_says_who_what_and_whence(self):
        actor = model.Actor('u1', 'alice', '192.0.2.1')
        audit.record(
            *(audit.PUSH, audit.DENIED),
            actor=actor,
            repository='demo/x',
            tag=None,
            reason='Not yours.',
        )
        self.assertEqual(
            {
                'action': 'push',
                'outcome': 'denied',
                'user_id': 'u1',
                'user_name': 'alice',
                'address': '192.0.2.1',
                'repository': 'demo/x',
                'reason': 'Not yours.',
            },
            json.loads(self.log.output),
        )

    def test_a_name_cannot_begin_another_line(self):
        audit.record(audit.LOGIN, audit.DENIED, reason='a\n{"action":"x"}')
        self.assertEqual(1, len(self.log.output.splitlines()))

    def test_the_bridge_itself_is_nobody(self):
        audit.record(audit.WITHDRAW, audit.DONE, repository='demo/x')
        self.assertNotIn('user_id', json.loads(self.log.output))
