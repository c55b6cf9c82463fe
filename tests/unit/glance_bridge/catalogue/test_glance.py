"""What answers of Glance become."""

import dataclasses
import json

import testtools

from glance_bridge import exception
from glance_bridge.catalogue import glance
from glance_bridge.catalogue import image as catalogue_image

IMAGE = {
    'id': 'image',
    'name': None,
    'owner': 'project',
    'status': 'active',
    'os_hidden': False,
    'protected': True,
    'size': None,
    'docker_repository': 'demo/web',
    'tags': [],
}


@dataclasses.dataclass(frozen=True)
class Reply:
    status: int = 200
    content: bytes = b''
    headers: dict = dataclasses.field(default_factory=dict)


class FakeTransport:
    """Gives prepared answers and keeps what was asked."""

    def __init__(self, *replies):
        self.replies = list(replies)
        self.requests = []

    def request(self, method, path, **kwargs):
        self.requests.append((method, path, kwargs))
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


def answer(document, status=200):
    return Reply(status, json.dumps(document).encode())


def catalogue(*replies):
    return glance.Catalogue(FakeTransport(*replies))


class CatalogueTestCase(testtools.TestCase):
    def test_an_image_is_read(self):
        found = catalogue(answer(IMAGE)).get('image')
        self.assertEqual('', found.name)
        self.assertEqual(0, found.size_bytes)
        self.assertTrue(found.is_active)
        self.assertTrue(found.is_protected)
        self.assertFalse(found.is_busy)
        self.assertEqual('demo/web', found.properties['docker_repository'])
        self.assertNotIn('tags', found.properties)

    def test_a_task_makes_an_image_busy(self):
        document = {**IMAGE, 'os_glance_import_task': 'task'}
        self.assertTrue(catalogue(answer(document)).get('image').is_busy)

    def test_an_id_is_no_path(self):
        transport = FakeTransport(Reply(404))
        self.assertIsNone(glance.Catalogue(transport).get('../tasks'))
        self.assertEqual('/v2/images/..%2Ftasks', transport.requests[0][1])

    def test_what_is_no_answer_of_glance_is_refused(self):
        for reply in (
            Reply(200, b'<html>'),
            Reply(200, b'{}'),
            Reply(200, b'[]'),
            Reply(200, b'"' + b'x' * (17 << 20) + b'"'),
        ):
            for call in (
                lambda found: found.get('image'),
                lambda found: list(found.listed()),
                lambda found: found.failure('image'),
            ):
                self.assertRaises(
                    exception.CatalogueRefused, call, catalogue(reply)
                )
        for content in (b'{"url": "x"}', b'[{}]', b'3'):
            self.assertRaises(
                exception.CatalogueRefused,
                catalogue(Reply(200, content)).locations,
                'image',
            )

    def test_pages_are_followed(self):
        transport = FakeTransport(
            answer({'images': [IMAGE], 'next': '/v2/images?marker=image'}),
            answer({'images': [{**IMAGE, 'id': 'other'}]}),
        )
        found = glance.Catalogue(transport).listed(owner='project')
        self.assertEqual(['image', 'other'], [each.id for each in found])
        first, second = (path for _, path, _ in transport.requests)
        self.assertIn('visibility=all', first)
        self.assertIn('owner=project', first)
        self.assertEqual('/v2/images?marker=image', second)

    def test_a_name_of_another_case_is_another_name(self):
        names = ('web:V1', 'web:v1', 'Web:v1', 'web:v1 ')
        transport = FakeTransport(
            answer({'images': [{**IMAGE, 'name': each} for each in names]})
        )
        (found,) = glance.Catalogue(transport).named('project', 'web:v1')
        self.assertEqual('web:v1', found.name)
        ((_, path, _),) = transport.requests
        self.assertIn('name=eq%3Aweb%3Av1', path)

    def test_statuses_become_the_errors_of_the_bridge(self):
        for status, expected in (
            (400, exception.CatalogueRefused),
            (403, exception.CatalogueRefused),
            (404, exception.ImageNotFound),
            (409, exception.ImageConflict),
            (413, exception.CatalogueRefused),
            (301, exception.CatalogueRefused),
            (401, exception.CatalogueUnavailable),
            (429, exception.CatalogueUnavailable),
            (500, exception.CatalogueUnavailable),
            (503, exception.CatalogueUnavailable),
        ):
            found = catalogue(Reply(status, b'why'))
            error = self.assertRaises(
                expected, found.change, 'image', 'x', is_hidden=True
            )
            self.assertIs(expected, type(error))

    def test_the_page_around_a_reason_is_cut_off(self):
        page = b'<html><h1>409 Conflict</h1>  Image has\nactive task</html>'
        error = self.assertRaises(
            exception.ImageConflict,
            catalogue(Reply(409, page)).add_location,
            'image',
            'url',
        )
        self.assertIn('409 Conflict Image has active task', error.message)
        self.assertNotIn('<', error.message)

    def test_the_time_to_come_again_is_passed_on(self):
        for value, expected in (
            ('30', '30'),
            ('99999', '600'),
            ('', '5'),
            ('Wed, 21 Oct 2026 07:28:00 GMT', '5'),
        ):
            reply = Reply(503, b'', {'Retry-After': value})
            error = self.assertRaises(
                exception.CatalogueUnavailable, catalogue(reply).get, 'image'
            )
            self.assertEqual((('Retry-After', expected),), error.headers)

    def test_no_answer_is_unavailable(self):
        found = catalogue(exception.ServiceUnavailable('gone'))
        error = self.assertRaises(
            exception.CatalogueUnavailable, found.get, 'image'
        )
        self.assertIn('gone', error.message)

    def test_an_image_is_changed_at_one_moment(self):
        transport = FakeTransport(answer(IMAGE))
        glance.Catalogue(transport).change('image', 'web', is_hidden=False)
        ((method, _, kwargs),) = transport.requests
        self.assertEqual('PATCH', method)
        self.assertEqual(
            [
                {'op': 'replace', 'path': '/name', 'value': 'web'},
                {'op': 'replace', 'path': '/os_hidden', 'value': False},
            ],
            json.loads(kwargs['content']),
        )
        self.assertEqual(
            'application/openstack-images-v2.1-json-patch',
            kwargs['headers']['Content-Type'],
        )

    def test_a_protected_image_is_told_from_a_refusal(self):
        found = catalogue(Reply(403), answer(IMAGE))
        self.assertRaises(exception.ImageProtected, found.delete, 'image')
        for after in (answer({**IMAGE, 'protected': False}), Reply(404)):
            error = self.assertRaises(
                exception.CatalogueRefused,
                catalogue(Reply(403), after).delete,
                'image',
            )
            self.assertNotIsInstance(error, exception.ImageProtected)

    def test_the_newest_task_says_why(self):
        old = {'status': 'failure', 'message': 'old', 'created_at': '1'}
        new = {'status': 'failure', 'message': 'new', 'created_at': '2'}
        good = {'status': 'success', 'message': '', 'created_at': '3'}
        mute = {'status': 'failure', 'message': None}
        for tasks, expected in (
            ([old, new], 'new'),
            ([new, old], 'new'),
            ([new, good], None),
            ([mute], 'it does not say why'),
            ([], None),
        ):
            found = catalogue(answer({'tasks': tasks}))
            self.assertEqual(expected, found.failure('image'))


class SeenByTestCase(testtools.TestCase):
    def test_the_rights_are_the_users(self):
        transport = FakeTransport(answer(IMAGE))
        found = glance.Catalogue(transport).seen_by('image', 'user', 'nova')
        self.assertEqual('image', found.id)
        ((_, _, kwargs),) = transport.requests
        self.assertFalse(kwargs['as_ourselves'])
        self.assertEqual('user', kwargs['headers']['X-Auth-Token'])
        self.assertEqual('nova', kwargs['headers']['X-Service-Token'])

    def test_no_service_token_is_made_up(self):
        transport = FakeTransport(answer(IMAGE))
        glance.Catalogue(transport).seen_by('image', 'user')
        ((_, _, kwargs),) = transport.requests
        self.assertNotIn('X-Service-Token', kwargs['headers'])

    def test_what_the_user_may_not_see_is_not_there(self):
        for status in (403, 404):
            found = catalogue(Reply(status))
            self.assertIsNone(found.seen_by('image', 'user'))

    def test_other_refusals_are_errors(self):
        for status, expected in (
            (401, exception.Unauthorized),
            (400, exception.CatalogueRefused),
            (503, exception.CatalogueUnavailable),
        ):
            self.assertRaises(
                expected, catalogue(Reply(status)).seen_by, 'image', 'user'
            )


class DraftTestCase(testtools.TestCase):
    def test_properties_cannot_make_it_visible(self):
        draft = catalogue_image.Draft(
            'image', 'name', 'project', 64, {'os_hidden': 'no', 'id': 'x'}
        )
        self.assertIs(True, draft.as_json()['os_hidden'])
        self.assertEqual('image', draft.as_json()['id'])
