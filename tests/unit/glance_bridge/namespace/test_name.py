import hypothesis
from hypothesis import strategies
import testtools

from glance_bridge import model
from glance_bridge.identity import model as identity_model
from glance_bridge.namespace import name

_ID = '0123456789abcdef' * 2


def _project(own, domain_id='default', domain='Default'):
    return identity_model.Project(_ID, own, domain_id, domain)


class NameTest(testtools.TestCase):
    def test_a_name_is_made_legal(self):
        for own, expected in (
            ('demo', 'demo'),
            ('Web Shop', 'web-shop'),
            ('web_shop.eu', 'web_shop.eu'),
            ('a__b', 'a-b'),
            ('a.-b', 'a-b'),
            ('--a--', 'a'),
            ('Größe', 'gr-e'),
            ('日本', ''),
            ('..', ''),
        ):
            self.assertEqual(expected, name.slug(own), own)

    def test_the_names_of_a_project(self):
        for project, expected in (
            (_project('demo'), ('demo', 'default__demo')),
            (_project('Web Shop', 'd1', 'ACME Inc.'), ('acme-inc__web-shop',)),
            (_project('日本'), ()),
            (_project('web', 'd1', '日本'), ()),
            (_project(_ID[::-1]), (f'default__{_ID[::-1]}',)),
        ):
            self.assertEqual(expected, name.names(project, 'default'))

    def test_a_candidate_is_told_without_its_domain(self):
        for namespace, own, expected in (
            ('demo', 'demo', True),
            ('acme__demo', 'demo', True),
            (_ID, 'anything', True),
            ('demos', 'demo', False),
            ('demo__x', 'demo', False),
        ):
            self.assertEqual(
                expected,
                name.may_be_of(namespace, _project(own, 'd1', '')),
                namespace,
            )

    def test_what_is_an_id(self):
        self.assertTrue(name.is_id(_ID))
        for other in (_ID.upper(), _ID[1:], f'{_ID}0', 'demo'):
            self.assertFalse(name.is_id(other), other)

    @hypothesis.settings(max_examples=100, deadline=None)
    @hypothesis.given(
        strategies.text(max_size=64), strategies.text(max_size=64)
    )
    def test_every_name_is_one_of_a_repository(self, own, domain):
        for each in name.names(_project(own, 'default', domain), 'default'):
            found = model.Repository.parse(f'{each}/web')
            self.assertEqual(each, found.namespace)

    @hypothesis.settings(max_examples=100, deadline=None)
    @hypothesis.given(
        strategies.text('aB_. -é', max_size=8),
        strategies.text('aB_. -é', max_size=8),
    )
    def test_no_project_has_the_name_of_another_domains(self, own, domain):
        here = name.names(_project(own), 'default')[:1]
        there = name.names(_project(own, 'd1', domain), 'default')
        self.assertFalse(set(here) & set(there))
