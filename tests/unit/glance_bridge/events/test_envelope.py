"""What an event of the registry hints at.

The envelopes are as docker-registry 2.8.2 sent them, cut to what is read.
"""

import datetime
import json
from typing import Any

import testtools

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.events import envelope

US = frozenset({'glance-bridge'})


def event(
    action: str = 'push', actor: str = 'alice', **target: Any
) -> dict[str, Any]:
    return {
        'id': '8d4e5b5c-8a6c-4f0a-a9d0-3b1ec1cf0e4c',
        'timestamp': '2026-11-21T16:20:00.123456789Z',
        'action': action,
        'target': {
            'mediaType': 'application/vnd.oci.image.manifest.v1+json',
            'digest': 'sha256:' + 'c' * 64,
            'repository': 'demo/memcached',
            # What a client may have written into its Host header.
            'url': 'http://169.254.169.254/v2/',
            **target,
        },
        'actor': {'name': actor},
    }


class ParseTestCase(testtools.TestCase):
    def test_an_envelope_is_a_list_of_events(self):
        content = json.dumps({'events': [event(), event()]}).encode()
        self.assertEqual(2, len(envelope.parse(content)))

    def test_anything_else_is_refused(self):
        for content in (
            b'',
            b'{',
            b'[]',
            b'"x"',
            b'{"events": {}}',
            b'{"events": [1]}',
            b'{"events": null}',
            b'\xff',
            b'[' * 100_000,
        ):
            self.assertRaises(
                exception.RequestInvalid, envelope.parse, content
            )


class HintTestCase(testtools.TestCase):
    def test_a_push_and_a_deletion_of_a_tag_are_news(self):
        for action in ('push', 'delete'):
            found = envelope.hint(event(action, tag='latest'), US)
            self.assertEqual(
                model.Repository('demo', 'memcached'), found.repository
            )
            self.assertEqual('latest', found.tag)

    def test_its_time_is_utc_without_a_zone(self):
        for text, expected in (
            (
                '2026-11-21T17:20:00.5+01:00',
                datetime.datetime(2026, 11, 21, 16, 20, 0, 500_000),
            ),
            ('yesterday', datetime.datetime.min),
            (None, datetime.datetime.min),
            ('0001-01-01T00:00:00+10:00', datetime.datetime.min),
        ):
            told = event(tag='1') | {'timestamp': text}
            self.assertEqual(expected, envelope.hint(told, US).told_at)

    def test_all_others_are_none(self):
        pin = 'g-0d8a4f6e-1a37-4bd2-9a51-6f0d4f3e2b10'
        for told in (
            event(),
            event('pull', tag='1'),
            event('mount', tag='1'),
            event(actor='glance-bridge', tag='1'),
            event(tag=pin),
            event(tag='no tag'),
            event(tag=7),
            event(tag='1', repository='memcached'),
            event(tag='1', repository='../x'),
            event(tag='1', repository=None),
            {'action': 'push'},
            {'action': 'push', 'target': 'x', 'actor': 'y'},
            {'action': ['push'], 'target': {}},
            {},
        ):
            self.assertIsNone(envelope.hint(told, US), told)
