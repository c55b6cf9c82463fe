from urllib import parse

import testtools

from glance_bridge import name_filter

FILTER = name_filter.rewritten


class RewrittenTest(testtools.TestCase):
    def check(self, expected: str, query: str) -> None:
        self.assertEqual(expected, FILTER(query))

    def check_unchanged(self, *queries: str) -> None:
        for query in queries:
            self.check(query, query)

    def test_a_tag_is_no_operation(self) -> None:
        for query in (
            'name=memcached:latest',
            'name=memcached%3Alatest',
            'name=memcached%3alatest',
            'name=web/api:2',
            'name=web%2Fapi%3A2',
            'name=a%20b:c+d',
            'name=:latest',
            'name=2026-01-01T00:00:00',
            'name=IN:latest',
        ):
            field, value = query.split('=')
            self.check(f'{field}=eq:{value}', query)

    def test_the_field_may_be_encoded_too(self) -> None:
        self.check('n%61me=eq:a:b', 'n%61me=a:b')

    def test_operations_stay(self) -> None:
        self.check_unchanged(
            'name=eq:memcached:latest',
            'name=eq%3Amemcached%3Alatest',
            'name=in:memcached:latest,web:2',
            'name=in%3A%22a%3Ab%2Cc%22',
            'name=%69n:a:b',
            'name=neq:memcached',
            'name=gt:a',
        )

    def test_what_has_no_colon_stays(self) -> None:
        self.check_unchanged('', 'name', 'name=', 'name=memcached', '&&', '=')

    def test_other_fields_stay(self) -> None:
        self.check_unchanged(
            'created_at=gt:2026-01-01T00:00:00Z',
            'sort=name:asc',
            'docker_repository=demo:x',
            'xname=a:b',
            'NAME=a:b',
            'owner=a%3Ab&limit=5',
        )

    def test_every_name_is_looked_at(self) -> None:
        self.check(
            'limit=5&name=eq:a:b&name=in:c:d&name=eq:e:f&sort=name:asc',
            'limit=5&name=a:b&name=in:c:d&name=e:f&sort=name:asc',
        )

    def test_the_answer_of_a_page_is_the_question_of_the_next(self) -> None:
        once = FILTER('name=memcached%3Alatest')
        # Glance parses what it was asked, and writes it again.
        again = parse.urlencode(parse.parse_qsl(once))
        self.check_unchanged(once, again)


class NameFilterTest(testtools.TestCase):
    def ask(self, method: str, path: str) -> str:
        """Give the query that reaches Glance."""
        seen: list[str] = []

        def application(environ, start_response):
            seen.append(environ['QUERY_STRING'])
            return [b'']

        made = name_filter.factory({})(application)
        environ = {
            'REQUEST_METHOD': method,
            'PATH_INFO': path,
            'QUERY_STRING': 'name=a:b',
        }
        self.assertEqual([b''], made(environ, lambda *_: None))
        self.assertEqual('name=a:b', environ['QUERY_STRING'])
        return seen[0]

    def test_lists_of_images_are_rewritten(self) -> None:
        for path in ('/v2/images', '/v2/images/', '/v2.15/images'):
            for method in ('GET', 'HEAD'):
                self.assertEqual('name=eq:a:b', self.ask(method, path))

    def test_everything_else_passes(self) -> None:
        for method, path in (
            ('POST', '/v2/images'),
            ('GET', '/v2/images/a:b'),
            ('GET', '/v2/tasks'),
            ('GET', '/v2/images/x/members'),
            ('GET', '/v1/images'),
            ('GET', ''),
        ):
            self.assertEqual('name=a:b', self.ask(method, path))
