"""Who gets through the door, and what is read and told there."""

import io

import webob

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.registry import client
from glance_bridge.registry import connection
from tests.fixtures import images
from tests.unit.glance_bridge.front import fronting


class AccessTest(fronting.FrontTestCase):
    def _challenge(self, *request, **more):
        err = self.assertRaises(
            exception.Unauthorized, self.request, *request, **more
        )
        ((name, value),) = err.headers
        self.assertEqual('WWW-Authenticate', name)
        return value

    def test_who_has_no_token_is_told_where_to_get_one(self):
        for method, actions in (
            ('GET', 'pull'),
            ('HEAD', 'pull'),
            ('PUT', 'pull,push'),
            ('DELETE', 'delete'),
        ):
            self.assertEqual(
                'Bearer realm="http://bridge/token",service="the-service",'
                f'scope="repository:demo/web:{actions}"',
                self._challenge(method, token=''),
            )

    def test_a_token_that_is_none_is_told_from_one_that_is_too_little(self):
        found = self._challenge('PUT', token='nonsense')
        self.assertIn('error="invalid_token"', found)
        found = self._challenge('PUT', token='pull:demo/web')
        self.assertIn('error="insufficient_scope"', found)

    def test_a_password_is_no_token(self):
        found = self._challenge('GET', token='', Authorization='Basic YTpi')
        self.assertNotIn('error', found)

    def test_a_token_for_another_repository_is_none(self):
        for name in ('demo/web2', 'other/web', 'demo/web/more'):
            for method in ('GET', 'PUT', 'DELETE'):
                self._challenge(
                    method, token='pull,push,delete:demo/web', repository=name
                )

    def test_who_may_push_may_not_delete(self):
        self._challenge('DELETE', token='pull,push:demo/web')

    def test_nothing_is_asked_of_the_engine_before(self):
        self._challenge('PUT', token='pull:demo/web', made=images.image())
        self.assertEqual([], self.relay.requests)

    def test_a_token_ends_with_the_binding_it_was_given_for(self):
        made = images.image()
        images.push(self.registry, 'demo/web', made, 'kept')
        for binding in (None, model.Binding('demo', 32 * 'b', 'default')):
            self.namespaces.binding = binding
            for reference in ('latest', made.digest):
                found = self._challenge('PUT', reference, made=made)
                self.assertIn('error="insufficient_scope"', found)
            for reference in ('kept', made.digest):
                self._challenge('DELETE', reference)
        self.assertIsNone(self.manifest_of('latest'))
        self.assertEqual(made.digest, self.manifest_of('kept'))
        self.assertEqual([], self.relay.requests)

    def test_what_was_given_for_nobody_is_not_for_a_project(self):
        token = 'pull,push,delete:demo/web::nobody'
        self._challenge('PUT', made=images.image(), token=token)

    def test_a_namespace_of_nobody_takes_no_image(self):
        self.namespaces.binding = None
        token = 'pull,push,delete:demo/web::nobody'
        self._challenge('PUT', made=images.image(), token=token)

    def test_what_is_called_by_an_id_stays_of_it(self):
        self.namespaces.binding = None
        made = images.image()
        name = f'{fronting.PROJECT}/web'
        found = self.push(
            *(made, made.digest),
            repository=name,
            token=f'pull,push:{name}::nobody',
        )
        self.assertEqual(201, found.status_int)
        self._challenge(
            'PUT', made=made, repository=name, token=f'pull,push:{name}'
        )

    def test_names_that_are_none_are_refused(self):
        for repository, reference in (
            ('demo', 'latest'),
            ('Demo/web', 'latest'),
            ('demo/../other', 'latest'),
            ('demo//web', 'latest'),
            ('demo/web', 'a/b'),
            ('demo/web', 'sha256:abc'),
            ('demo/web', '.hidden'),
            ('demo/web', 129 * 'a'),
        ):
            for deed in (self.door.get, self.door.put, self.door.delete):
                self.assertRaises(
                    exception.NameInvalid,
                    deed,
                    webob.Request.blank('/'),
                    repository,
                    reference,
                )


class PinTest(fronting.FrontTestCase):
    def test_pins_are_not_for_tenants(self):
        made = images.image()
        for pin in (fronting.PIN, f'{fronting.PIN}-3'):
            for method in ('PUT', 'DELETE'):
                self.assertRaises(
                    exception.Denied, self.request, method, pin, made
                )
            self.assertIsNone(self.manifest_of(pin))

    def test_a_tag_that_only_looks_alike_is_a_tag(self):
        self.assertEqual(201, self.push(images.image(), 'g-1').status_int)

    def test_a_service_sets_pins_and_nothing_is_published(self):
        token = 'pull,push,delete:demo/web:service'
        made = images.chart()
        self.push(made, fronting.PIN, token=token)
        self.assertEqual(made.digest, self.manifest_of(fronting.PIN))
        self.assertEqual([], self.publisher.published)

    def test_a_service_drops_pins_and_the_image_is_looked_after(self):
        token = 'delete:demo/web:service'
        images.push(self.registry, 'demo/web', images.image(), fronting.PIN)
        found = self.request('DELETE', fronting.PIN, token=token)
        self.assertEqual(202, found.status_int)
        self.assertIsNone(self.manifest_of(fronting.PIN))
        self.assertEqual([fronting.PIN[2:]], self.hints.images)
        self.assertRaises(
            exception.RegistryNotFound,
            *(self.request, 'DELETE', fronting.PIN),
            token=token,
        )

    def test_everybody_who_may_pull_may_pull_a_pin(self):
        made = images.image()
        images.push(self.registry, 'demo/web', made, fronting.PIN)
        found = self.request('GET', fronting.PIN, token='pull:demo/web')
        self.assertEqual(made.content, found.body)


class PassTest(fronting.FrontTestCase):
    def setUp(self):
        super().setUp()
        self.made = images.image()
        images.push(self.registry, 'demo/web', self.made, 'latest')

    def test_a_manifest_comes_as_it_is(self):
        for reference in ('latest', self.made.digest):
            found = self.request('GET', reference)
            self.assertEqual(self.made.content, found.body)
            self.assertEqual(self.made.media_type, found.content_type)
            self.assertEqual(
                self.made.digest, found.headers['Docker-Content-Digest']
            )

    def test_head_tells_the_size_and_sends_nothing(self):
        found = self.request('HEAD')
        self.assertEqual(b'', found.body)
        size = str(len(self.made.content))
        self.assertEqual(size, found.headers['Content-Length'])

    def test_an_error_of_the_engine_is_passed_on(self):
        found = self.request('GET', 'none')
        self.assertEqual(404, found.status_int)
        self.assertEqual([], self.errors(found))

    def test_the_engine_sees_the_client_s_token_and_not_its_host(self):
        self.request('GET', Host='169.254.169.254', Cookie='a=b', Accept='x/y')
        *_, headers = self.relay.requests[-1]
        self.assertEqual({'Authorization', 'Accept'}, headers.keys())

    def test_nothing_of_the_engine_s_address_gets_out(self):
        self.relay.answer = connection.Answer(
            200, {'Location': 'http://engine', 'Set-Cookie': 'a=b'}, b''
        )
        names = {each.lower() for each in self.request('GET').headers}
        self.assertEqual(set(), names & {'location', 'set-cookie'})


class _Pieces(io.BytesIO):
    def read(self, size=-1):
        return super().read(min(size, 7))


class _Torn(io.BytesIO):
    def read(self, size=-1):
        raise OSError('gone')


class BodyTest(fronting.FrontTestCase):
    def _refused(self, status, change):
        made = images.image()
        images.store(self.registry, 'demo/web', made)
        request = webob.Request.blank('/', method='PUT')
        request.headers['Authorization'] = 'Bearer push:demo/web'
        request.content_type = made.media_type
        change(request, made.content)
        err = self.assertRaises(
            exception.ManifestInvalid,
            *(self.door.put, request, 'demo/web', 'latest'),
        )
        self.assertEqual(status, err.status)
        self.assertIsNone(self.manifest_of('latest'))

    def test_a_manifest_that_is_too_large_is_not_read(self):
        def change(request, content):
            request.environ['wsgi.input'] = _Torn()
            request.content_length = client.MANIFEST_BYTES + 1

        self._refused(413, change)

    def test_a_chunked_manifest_that_is_too_large_is_not_read_whole(self):
        def change(request, content):
            request.environ.pop('CONTENT_LENGTH', None)
            request.environ['wsgi.input_terminated'] = True
            size = client.MANIFEST_BYTES + 9
            request.environ['wsgi.input'] = io.BytesIO(bytes(size))

        self._refused(413, change)

    def test_a_manifest_without_an_end_is_refused(self):
        def change(request, content):
            request.environ.pop('CONTENT_LENGTH', None)
            request.environ['wsgi.input'] = io.BytesIO(content)

        self._refused(411, change)

    def test_a_client_that_goes_away_leaves_nothing(self):
        def shorter(request, content):
            request.environ['wsgi.input'] = io.BytesIO(content[:-9])
            request.content_length = len(content)

        def torn(request, content):
            request.environ['wsgi.input'] = _Torn()
            request.content_length = len(content)

        for change in (shorter, torn):
            self._refused(400, change)

    def test_a_chunked_manifest_is_read_in_pieces(self):
        made = images.image()
        images.store(self.registry, 'demo/web', made)
        request = webob.Request.blank('/', method='PUT')
        request.headers['Authorization'] = 'Bearer push:demo/web'
        request.content_type = made.media_type
        request.environ.pop('CONTENT_LENGTH', None)
        request.environ['wsgi.input_terminated'] = True
        request.environ['wsgi.input'] = _Pieces(made.content)
        self.door.put(request, 'demo/web', 'latest')
        self.assertEqual(made.digest, self.manifest_of('latest'))
