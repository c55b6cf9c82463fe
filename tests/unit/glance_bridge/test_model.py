"""Repositories as the distribution API names them."""

import testtools

from glance_bridge import exception
from glance_bridge import model


class RepositoryTestCase(testtools.TestCase):
    def test_the_first_component_is_the_namespace(self):
        for text, namespace, path in (
            ('demo/memcached', 'demo', 'memcached'),
            ('demo/web/api', 'demo', 'web/api'),
            ('de.mo/x__y', 'de.mo', 'x__y'),
            ('localhost/x', 'localhost', 'x'),
        ):
            repository = model.Repository.parse(text)
            self.assertEqual(namespace, repository.namespace)
            self.assertEqual(path, repository.path)
            self.assertEqual(text, str(repository))

    def test_what_is_no_name_is_refused(self):
        for text in (
            '',
            'memcached',
            '/memcached',
            'demo/',
            'demo//x',
            'Demo/x',
            'demo/x:latest',
            'demo/../x',
            'demo/x@sha256:' + 'a' * 64,
            'demo/' + 'x' * 255,
            'demo/x\n',
        ):
            self.assertRaises(
                exception.NameInvalid, model.Repository.parse, text
            )


class PublicationTestCase(testtools.TestCase):
    def test_its_age_makes_it_no_other(self):
        repository = model.Repository('demo', 'x')
        first, second = (
            model.Publication(
                'id', repository, 'a', 'd', 0, model.State.ACTIVE, age
            )
            for age in (None, 1)
        )
        self.assertEqual(first, second)
