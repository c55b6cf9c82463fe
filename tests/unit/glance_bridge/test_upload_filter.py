import sys
import types
import uuid

import fixtures
import testtools

from glance_bridge import upload_filter

IMAGE = str(uuid.uuid4())
PATH = f'/v2/images/{IMAGE}/file'
HEADER = 'HTTP_X_IMAGE_META_STORE'
CONTEXT = object()


class UploadFilterTest(testtools.TestCase):
    def ask(self, *, awaits=True, path=PATH, method='PUT', **more):
        """Give the store that Glance is told of."""
        seen = []
        asked = []

        def application(environ, start_response):
            seen.append(environ)
            return [b'']

        def awaits_archive(context, image_id):
            asked.append((context, image_id))
            return awaits

        made = upload_filter.UploadFilter(
            application, 'registry', awaits_archive
        )
        environ = {
            'PATH_INFO': path,
            'REQUEST_METHOD': method,
            'webob.adhoc_attrs': {'context': CONTEXT},
            **more,
        }
        before = dict(environ)
        self.assertEqual([b''], made(environ, lambda *_: None))
        self.assertEqual(before, environ)
        self.asked = asked
        return seen[0].get(HEADER)

    def test_an_archive_of_a_container_goes_to_the_registry(self):
        self.assertEqual('registry', self.ask())
        self.assertEqual([(CONTEXT, IMAGE)], self.asked)
        self.assertEqual(
            'registry', self.ask(path=PATH.replace('2', '2.15', 1))
        )

    def test_what_is_none_goes_where_it_went(self):
        self.assertIsNone(self.ask(awaits=False))

    def test_who_names_a_store_means_it(self):
        self.assertEqual('file', self.ask(**{HEADER: 'file'}))

    def test_other_requests_are_not_looked_at(self):
        for method, path in (
            ('GET', PATH),
            ('PUT', f'/v2/images/{IMAGE}/stage'),
            ('PUT', '/v2/images/x/file'),
            ('PUT', f'/v2/images/{IMAGE}/tags/file'),
            ('PUT', ''),
        ):
            self.assertIsNone(self.ask(path=path, method=method))
            self.assertEqual([], self.asked)

    def test_without_a_context_nothing_is_asked(self):
        self.assertIsNone(self.ask(**{'webob.adhoc_attrs': {}}))
        self.assertEqual([], self.asked)


class NotFound(Exception):
    pass


class Forbidden(Exception):
    pass


class FactoryTest(testtools.TestCase):
    """With a Glance of which only what is asked is there."""

    def ask(self, image_get):
        glance = types.ModuleType('glance')
        glance.db = types.ModuleType('glance.db')
        glance.db.get_api = lambda: types.SimpleNamespace(image_get=image_get)
        common = types.ModuleType('glance.common')
        common.exception = types.SimpleNamespace(
            NotFound=NotFound, Forbidden=Forbidden
        )
        for module in (glance, glance.db, common):
            self.useFixture(
                fixtures.MonkeyPatch('sys.modules', dict(sys.modules))
            )
            sys.modules[module.__name__] = module
        seen = []

        def application(environ, start_response):
            seen.append(environ.get(HEADER))
            return []

        made = upload_filter.factory({}, store='registry')(application)
        made(
            {
                'PATH_INFO': PATH,
                'REQUEST_METHOD': 'PUT',
                'webob.adhoc_attrs': {'context': CONTEXT},
            },
            lambda *_: None,
        )
        return seen[0]

    def ask_of(self, container_format='docker', properties=()):
        """Upload into an image of which Glance has this row."""

        def image_get(context, image_id):
            self.assertEqual((CONTEXT, IMAGE), (context, image_id))
            rows = [
                {'name': name, 'value': 'x', 'deleted': is_deleted}
                for name, is_deleted in properties
            ]
            return {'container_format': container_format, 'properties': rows}

        return self.ask(image_get)

    def test_the_image_is_looked_up_as_the_sender(self):
        self.assertEqual('registry', self.ask_of())

    def test_other_formats_are_not_the_registry_s(self):
        self.assertIsNone(self.ask_of('bare'))
        self.assertIsNone(self.ask_of(None))

    def test_what_nova_makes_of_a_server_goes_where_it_went(self):
        self.assertIsNone(self.ask_of(properties=[('instance_uuid', False)]))

    def test_other_properties_say_nothing(self):
        for properties in (
            [('img_hv_type', False)],
            # Taken away again: Glance keeps such rows.
            [('instance_uuid', True)],
        ):
            self.assertEqual('registry', self.ask_of(properties=properties))

    def test_what_the_sender_cannot_see_is_for_glance_to_refuse(self):
        for error in (NotFound, Forbidden):

            def image_get(context, image_id, error=error):
                raise error

            self.assertIsNone(self.ask(image_get))
