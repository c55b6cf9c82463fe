"""From a request to its door and back."""

import logging

import fixtures
import testtools
import webob
import webob.exc

from glance_bridge import exception
from glance_bridge import rooms as bridge_rooms
from glance_bridge.wsgi import application
from tests.unit.glance_bridge import options


def _echo(request: webob.Request, **variables: str) -> webob.Response:
    told = [request.method, *(f'{k}={v}' for k, v in variables.items())]
    return webob.Response(text=' '.join(told))


def _raise(error: Exception) -> application.Door:
    def door(request: webob.Request) -> webob.Response:
        raise error

    return door


ROUTES = (
    application.Route(
        'echo',
        '/echo/{name:.+}/by/{who}',
        {
            'GET': lambda rooms: _echo,
            'PUT': lambda rooms: _echo,
        },
    ),
    application.Route(
        'denied',
        '/denied',
        {
            'GET': lambda rooms: _raise(exception.Denied('Not yours.')),
        },
    ),
    application.Route(
        'away',
        '/away',
        {
            'GET': lambda rooms: _raise(exception.ServiceUnavailable('Away.')),
        },
    ),
    application.Route(
        'moved',
        '/moved',
        {
            'GET': lambda rooms: _raise(webob.exc.HTTPFound(location='/x')),
        },
    ),
    application.Route(
        'broken',
        '/broken',
        {
            'GET': lambda rooms: _raise(KeyError('secret')),
        },
    ),
)


class ApplicationTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.log = self.useFixture(fixtures.FakeLogger(level=logging.ERROR))
        rooms = bridge_rooms.Rooms(options.make())
        self.application = application.Application(rooms, ROUTES)

    def _call(self, path: str, method: str = 'GET') -> webob.Response:
        request = webob.Request.blank(path, method=method)
        return request.get_response(self.application)

    def _error(self, answer: webob.Response) -> tuple[int, str, str]:
        (error,) = answer.json['errors']
        return answer.status_code, error['code'], error['message']

    def test_variables_of_the_path_reach_the_door(self):
        for path, method, expected in (
            ('/echo/a/b/c/by/x', 'GET', 'GET name=a/b/c who=x'),
            ('/echo/a/by/by/x', 'PUT', 'PUT name=a/by who=x'),
        ):
            self.assertEqual(expected, self._call(path, method).text)

    def test_head_is_answered_by_the_door_of_get(self):
        answer = self._call('/echo/a/by/x', 'HEAD')
        self.assertEqual(200, answer.status_code)

    def test_an_unknown_path_is_told_as_a_registry_does(self):
        status, code, _ = self._error(self._call('/nowhere'))
        self.assertEqual((404, 'UNSUPPORTED'), (status, code))

    def test_an_address_that_is_no_text_is_refused(self):
        for path in ('/%ff', '/echo/%ff/by/x', '/denied?%ff=1', '/away?a=%ff'):
            with self.subTest(path):
                self.assertEqual(
                    (400, 'UNSUPPORTED', 'The address is not UTF-8.'),
                    self._error(self._call(path)),
                )
        self.assertEqual('', self.log.output)

    def test_an_unknown_method_is_told_the_others(self):
        answer = self._call('/echo/a/by/x', 'DELETE')
        self.assertEqual(405, answer.status_code)
        self.assertEqual('GET, PUT', answer.headers['Allow'])

    def test_an_error_of_the_bridge_is_told_in_full(self):
        self.assertEqual(
            (403, 'DENIED', 'Not yours.'), self._error(self._call('/denied'))
        )
        away = self._call('/away')
        self.assertEqual('5', away.headers['Retry-After'])
        self.assertEqual('', self.log.output)

    def test_an_answer_that_is_raised_is_an_answer(self):
        self.assertEqual(302, self._call('/moved').status_code)

    def test_any_other_error_is_logged_and_not_told(self):
        answer = self._call('/broken')
        self.assertEqual(500, answer.status_code)
        self.assertNotIn('secret', answer.text)
        self.assertIn('secret', self.log.output)


class BuildTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.conf = options.make(
            database={'connection': f'sqlite:///{folder}/db'}
        )
        self.rooms = bridge_rooms.Rooms(self.conf)
        self.application = application.build(self.rooms)

    def _health(self) -> webob.Response:
        request = webob.Request.blank('/healthcheck')
        return request.get_response(self.application)

    def test_health_follows_the_database(self):
        self.assertEqual(503, self._health().status_code)
        self.rooms.database.sync()
        self.assertEqual(200, self._health().status_code)

    def test_every_answer_carries_its_request(self):
        self.assertIn('x-openstack-request-id', self._health().headers)

    def test_requests_are_counted_by_door_and_status(self):
        self._health()
        request = webob.Request.blank('/nowhere', method='ODD')
        request.get_response(self.application)
        request = webob.Request.blank('/metrics')
        told = request.get_response(self.application).text
        self.assertIn('{door="health",method="GET",status="503"}', told)
        self.assertIn('{door="none",method="other",status="404"}', told)

    def test_a_failure_names_its_request(self):
        def fail(request: webob.Request) -> webob.Response:
            raise KeyError

        self.useFixture(fixtures.FakeLogger())
        self.rooms.made['health'] = fail
        answer = self._health()
        self.assertIn(
            answer.headers['x-openstack-request-id'],
            answer.json['errors'][0]['message'],
        )

    def test_every_door_can_be_made(self):
        whole = bridge_rooms.Rooms(options.whole(self))
        for route in application.ROUTES:
            for find in route.doors.values():
                self.assertTrue(callable(find(whole)), route.name)
