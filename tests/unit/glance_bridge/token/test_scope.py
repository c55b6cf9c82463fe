import hypothesis
from hypothesis import strategies
import testtools

from glance_bridge import exception
from glance_bridge.token import access
from glance_bridge.token import scope

_WORD = strategies.from_regex(r'[a-z0-9]{1,6}', fullmatch=True)
_NAME = strategies.lists(_WORD, min_size=1, max_size=4).map('/'.join)
_ACTIONS = strategies.lists(
    strategies.sampled_from(['pull', 'push', 'delete', '*']),
    min_size=1,
    unique=True,
)
_ACCESS = strategies.builds(
    access.Access,
    strategies.sampled_from(['repository', 'registry', 'plugin']),
    _NAME,
    _ACTIONS.map(tuple),
)


class ParseTest(testtools.TestCase):
    def test_what_docker_sends(self):
        for texts, expected in (
            ([], ()),
            ([''], ()),
            (
                ['repository:demo/web:push,pull'],
                (('repository', 'demo/web', ('push', 'pull')),),
            ),
            (
                ['repository:demo/web:pull,push', 'repository:ops/base:pull'],
                (
                    ('repository', 'demo/web', ('pull', 'push')),
                    ('repository', 'ops/base', ('pull',)),
                ),
            ),
            (
                ['repository:demo/a:pull repository:demo/b:pull'],
                (
                    ('repository', 'demo/a', ('pull',)),
                    ('repository', 'demo/b', ('pull',)),
                ),
            ),
            (['registry:catalog:*'], (('registry', 'catalog', ('*',)),)),
            (
                ['repository(plugin):demo/web:pull'],
                (('repository', 'demo/web', ('pull',)),),
            ),
            (
                ['repository:host.Name:5000/demo/web:pull'],
                (('repository', 'host.Name:5000/demo/web', ('pull',)),),
            ),
            (
                ['repository:a/b_c__d--e.f:pull'],
                (('repository', 'a/b_c__d--e.f', ('pull',)),),
            ),
            (['repository:demo/web:'], (('repository', 'demo/web', ()),)),
        ):
            found = scope.parse(texts)
            self.assertEqual(
                expected,
                tuple((each.type, each.name, each.actions) for each in found),
                texts,
            )

    def test_what_is_named_twice_is_merged(self):
        self.assertEqual(
            (access.Access('repository', 'demo/web', ('pull', 'push')),),
            scope.parse(
                ['repository:demo/web:pull', 'repository:demo/web:push,pull']
            ),
        )

    def test_what_breaks_the_grammar_is_refused(self):
        for text in (
            *('repository', 'repository:demo/web', ':demo/web:pull'),
            *('repository::pull', 'repository:demo//web:pull'),
            *('repository:/demo:pull', 'repository:demo/:pull'),
            *('repository:demo/Web:pull', 'repository:demo/web:PULL'),
            *('repository:demo/web:pull;push', 'Repository:demo/web:pull'),
            *('repository():demo/web:pull', 'repository:demo/../x:pull'),
            *('repository:demo/web:pull\n', 'repository:demo/wéb:pull'),
            *('repository:demo/a___b:pull', 'repository:demo/-a:pull'),
            f'repository:demo/{"a" * 400}:pull',
        ):
            self.assertRaises(exception.RequestInvalid, scope.parse, [text])

    def test_too_many_are_refused(self):
        texts = [f'repository:demo/a{n}:pull' for n in range(33)]
        self.assertEqual(32, len(scope.parse(texts[:32])))
        self.assertRaises(exception.RequestInvalid, scope.parse, texts)

    def test_a_long_one_is_not_repeated_whole(self):
        found = self.assertRaises(
            exception.RequestInvalid, scope.parse, ['x' * 5000]
        )
        self.assertLess(len(str(found)), 200)

    @hypothesis.settings(max_examples=100, deadline=None)
    @hypothesis.given(strategies.lists(strategies.text(max_size=60)))
    def test_no_text_gives_more_than_it_says(self, texts):
        try:
            found = scope.parse(texts)
        except exception.RequestInvalid:
            return
        for each in found:
            self.assertTrue(
                any(f':{each.name}:' in text for text in texts), each
            )

    @hypothesis.settings(max_examples=100, deadline=None)
    @hypothesis.given(strategies.lists(_ACCESS, max_size=8))
    def test_what_is_written_reads_the_same(self, wanted):
        unique = {(each.type, each.name): each for each in wanted}
        expected = tuple(unique.values())
        self.assertEqual(expected, scope.parse([scope.write(expected)]))
