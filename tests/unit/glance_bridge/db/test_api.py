"""The rows, on SQLite; tests/functional has MariaDB."""

import datetime
import sqlite3
import threading

import fixtures
from oslo_db import exception as db_exception
import testtools

from glance_bridge import exception
from glance_bridge import model
from glance_bridge.db import api

REPOSITORY = model.Repository('demo', 'web/api')


def database(case: testtools.TestCase, is_synced: bool = True) -> api.Database:
    """Make a database in a file, since threads share no memory of SQLite."""
    folder = case.useFixture(fixtures.TempDir()).path
    made = api.Database({'connection': f'sqlite:///{folder}/db'})
    if is_synced:
        made.sync()
    return made


def publication(
    image_id: str = 'a',
    tag: str = '1',
    generation: int = 0,
    state: model.State = model.State.ACTIVE,
    changed_at: datetime.datetime | None = None,
    repository: model.Repository = REPOSITORY,
) -> model.Publication:
    return model.Publication(
        *(image_id, repository, tag, 'sha256:' + 'a' * 64),
        *(generation, state, changed_at),
    )


class BindingTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.database = database(self)
        self.mine = model.Binding('demo', 'p1', 'd1')

    def test_it_is_kept_until_released(self):
        self.assertIsNone(self.database.binding('demo'))
        self.assertEqual(self.mine, self.database.add_binding(self.mine))
        self.assertEqual(self.mine, self.database.binding('demo'))
        self.assertEqual([self.mine], self.database.bindings())
        self.database.remove_binding('demo')
        self.assertEqual([], self.database.bindings())

    def test_the_first_wins(self):
        self.database.add_binding(self.mine)
        other = model.Binding('demo', 'p2', 'd1')
        self.assertEqual(self.mine, self.database.add_binding(other))


class PublicationTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.database = database(self)

    def test_it_is_found_by_image_repository_and_tag(self):
        first = publication('a', '1')
        second = publication('b', '2')
        other = publication('c', '1', repository=model.Repository('x', 'y'))
        for each in (first, second, other):
            self.database.save_publication(each)
        self.assertEqual(first, self.database.publication('a'))
        self.assertIsNone(self.database.publication('z'))
        self.assertEqual(
            [first, second], self.database.publications(REPOSITORY)
        )
        self.assertEqual([second], self.database.publications(REPOSITORY, '2'))
        self.assertEqual(3, len(self.database.publications()))

    def test_tags_tell_case_apart(self):
        self.database.save_publication(publication('a', 'v1'))
        self.database.save_publication(publication('b', 'V1'))
        self.assertEqual(1, len(self.database.publications(REPOSITORY, 'V1')))

    def test_its_age_is_that_of_its_state(self):
        old = datetime.datetime(2001, 1, 1)
        self.database.save_publication(publication(changed_at=old))
        self.database.save_publication(publication())
        found = self.database.publication('a')
        self.assertEqual(old, found.changed_at)
        self.database.save_publication(publication(state=model.State.RETIRED))
        found = self.database.publication('a')
        self.assertEqual(model.State.RETIRED, found.state)
        self.assertLess(old, found.changed_at)

    def test_one_generation_is_one_image(self):
        self.database.save_publication(publication('a'))
        self.assertRaises(
            exception.DatabaseUnavailable,
            self.database.save_publication,
            publication('b'),
        )
        self.database.save_publication(publication('b', generation=1))

    def test_it_can_be_forgotten(self):
        self.database.save_publication(publication())
        self.database.remove_publication('a')
        self.assertEqual([], self.database.publications())


class TroubleTestCase(testtools.TestCase):
    def test_a_database_without_tables_says_what_to_run(self):
        made = database(self, is_synced=False)
        error = self.assertRaises(exception.DatabaseUnavailable, made.check)
        self.assertIn('db sync', error.message)
        made.sync()
        made.check()

    def test_a_database_that_is_away_is_named(self):
        made = api.Database(
            {'connection': 'sqlite:////nowhere/db', 'max_retries': 0}
        )
        self.assertRaises(exception.DatabaseUnavailable, made.bindings)

    def test_another_writer_of_sqlite_is_waited_for(self):
        folder = self.useFixture(fixtures.TempDir()).path
        url = f'sqlite:///{folder}/db'
        made = api.Database({'connection': url})
        made.sync()
        with sqlite3.connect(f'{folder}/db', check_same_thread=False) as other:
            other.execute('BEGIN IMMEDIATE')
            # It ends while the other one is waited for.
            timer = threading.Timer(0.2, other.rollback)
            timer.start()
            self.addCleanup(timer.join)
            impatient = api.Database(
                {
                    'connection': url,
                    'connection_parameters': 'timeout=0.01',
                }
            )
            impatient.save_publication(publication())
        self.assertIsNotNone(made.publication('a'))

    def test_a_deadlock_is_tried_again(self):
        calls = []

        @api._kept
        def transaction(made: api.Database) -> str:
            calls.append(made)
            if len(calls) == 1:
                raise db_exception.DBDeadlock
            return 'done'

        self.assertEqual('done', transaction(database(self)))
        self.assertEqual(2, len(calls))


class FailureTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.database = database(self)

    def test_what_is_counted_is_listed_by_time(self):
        self.database.add_failure('one', ('alice', 'here'), 2000)
        self.database.add_failure('two', ('bob', 'here'), 1000)
        for counted, since_ms, expected in (
            ('here', 0, [1000, 2000]),
            ('here', 1000, [2000]),
            ('alice', 0, [2000]),
            ('carol', 0, []),
        ):
            self.assertEqual(
                expected, self.database.failures(counted, since_ms)
            )

    def test_one_is_taken_back_and_a_name_forgiven(self):
        for attempt in ('one', 'two'):
            self.database.add_failure(attempt, ('alice', 'here'), 1000)
        self.database.remove_failure('two')
        self.assertEqual([1000], self.database.failures('alice', 0))
        self.database.add_failure('three', ('alice', 'here'), 2000)
        self.database.remove_failure('three', 'alice')
        self.assertEqual([], self.database.failures('alice', 0))
        self.assertEqual([1000], self.database.failures('here', 0))

    def test_what_is_over_goes(self):
        for at_ms in (1000, 2000):
            self.database.add_failure(f'at-{at_ms}', ('alice',), at_ms)
        self.database.remove_old_failures(1000)
        self.assertEqual([2000], self.database.failures('alice', 0))
