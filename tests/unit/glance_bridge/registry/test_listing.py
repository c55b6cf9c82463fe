import requests_mock
import testtools

from glance_bridge import exception
from glance_bridge.registry import connection
from glance_bridge.registry import listing

URL = 'http://engine:5043'
PATH = '/v2/_catalog'


class ListingTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.http = requests_mock.Mocker()
        self.http.start()
        self.addCleanup(self.http.stop)
        self.link = connection.Connection(URL)

    def _items(self):
        return [*listing.items(self.link, PATH, {}, 'repositories')]

    def test_pages_follow_each_other(self):
        self.http.get(
            f'{URL}{PATH}?n=1000',
            json={'repositories': ['a', 'b']},
            headers={'Link': '</v2/_catalog?last=b&n=1000>; rel="next"'},
        )
        self.http.get(
            f'{URL}{PATH}?last=b&n=1000', json={'repositories': ['c']}
        )
        self.assertEqual(['a', 'b', 'c'], self._items())

    def test_a_page_may_be_long(self):
        # Distribution 2.8 gives all tags of a repository at once.
        names = [f'v{number}' for number in range(70_000)]
        self.http.get(f'{URL}{PATH}?n=1000', json={'repositories': names})
        self.assertEqual(names, self._items())

    def test_a_page_of_another_host_is_looked_for_here(self):
        self.http.get(
            f'{URL}{PATH}?n=1000',
            json={'repositories': ['a']},
            headers={'Link': '<http://169.254.169.254/x?last=a>; rel="next"'},
        )
        self.http.get(f'{URL}{PATH}?last=a', json={'repositories': None})
        self.assertEqual(['a'], self._items())
        hosts = {each.hostname for each in self.http.request_history}
        self.assertEqual({'engine'}, hosts)

    def test_pages_in_a_circle_are_refused(self):
        self.http.get(
            f'{URL}{PATH}',
            json={'repositories': ['a']},
            headers={'Link': f'<{PATH}?last=a>; rel="next"'},
        )
        self.assertRaises(exception.RegistryRefused, self._items)

    def test_what_is_no_list_is_refused(self):
        for content in (b'', b'[]', b'{"repositories": [1]}', b'[' * 10**5):
            self.http.get(f'{URL}{PATH}', content=content)
            self.assertRaises(exception.RegistryRefused, self._items)

    def test_an_unknown_list_is_told_from_an_empty_one(self):
        self.http.get(f'{URL}{PATH}', status_code=404)
        self.assertRaises(exception.RegistryNotFound, self._items)
