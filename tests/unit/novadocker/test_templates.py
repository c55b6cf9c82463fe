"""The templates for Heat, as far as they can be told without Heat."""

import pathlib

import testtools
import yaml

from novadocker.spec import process

FOLDER = pathlib.Path(__file__).parents[3] / 'etc/heat'
# What nobody but its user can judge.
FREE = {'name', 'zone', 'hints', 'settings'}
# What is not the group's to say, but one member's.
OWN = {'name', 'firewall', 'hints'}


def template(name):
    return yaml.safe_load((FOLDER / name).read_text())


def with_key(tree, key):
    """Give what stands under a key, wherever that is."""
    if isinstance(tree, list):
        tree = dict(enumerate(tree))
    if not isinstance(tree, dict):
        return []
    found = [tree[key]] if key in tree else []
    for each in tree.values():
        found += with_key(each, key)
    return found


class TemplatesTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.templates = {
            path.name: template(path.name) for path in FOLDER.iterdir()
        }

    def test_every_parameter_says_what_it_is_and_what_it_may_be(self):
        for file, found in self.templates.items():
            for name, schema in found['parameters'].items():
                with self.subTest(f'{file}: {name}'):
                    self.assertTrue(schema['description'])
                    self.assertEqual(name in FREE, 'constraints' not in schema)

    def test_every_parameter_is_used_and_there(self):
        for file, found in self.templates.items():
            with self.subTest(file):
                used = {
                    name
                    for name in with_key(found, 'get_param')
                    if not name.startswith('OS::')
                }
                self.assertEqual(set(found['parameters']), used)

    def test_what_is_got_from_resources_is_there(self):
        for file, found in self.templates.items():
            with self.subTest(file):
                used = {
                    *with_key(found, 'get_resource'),
                    *(it[0] for it in with_key(found, 'get_attr')),
                }
                self.assertEqual(set(), used - set(found['resources']))

    def test_servers_are_told_what_the_driver_reads(self):
        (metadata,) = with_key(self.templates['memcached.yaml'], 'metadata')
        names = {name.removeprefix(process.PREFIX) for name in metadata}
        self.assertEqual(set(), names - set(process.PROPERTIES))
        for name in ('memcached.yaml', 'member.yaml'):
            (form,) = with_key(self.templates[name], 'user_data_format')
            self.assertEqual('RAW', form)

    def test_a_member_is_told_all_that_it_asks_for(self):
        group, member = (
            self.templates[name] for name in ('group.yaml', 'member.yaml')
        )
        (given,) = with_key(group, 'resource_def')
        self.assertEqual('member.yaml', given['type'])
        asked = member['parameters']
        self.assertEqual(set(asked), set(given['properties']))
        for name in set(asked) - OWN:
            own = group['parameters'][name]
            self.assertEqual(own['type'], asked[name]['type'])
            self.assertEqual(
                own.get('constraints'), asked[name].get('constraints')
            )
