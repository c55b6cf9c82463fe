"""The bridge's rows on MariaDB, with many writers at once."""

from collections.abc import Callable
from concurrent import futures

from alembic import autogenerate
from alembic.runtime import migration as alembic_migration
import sqlalchemy
import testtools

from glance_bridge import model
from glance_bridge.db import api
from glance_bridge.db import table
from tests.fixtures import mariadb

WRITERS = 8
REPOSITORY = model.Repository('demo', 'web/api')


def _publication(image_id: str, tag: str) -> model.Publication:
    return model.Publication(
        *(image_id, REPOSITORY, tag, 'sha256:' + 'a' * 64),
        *(1, model.State.ACTIVE),
    )


@mariadb.needs_mariadb
class RowsTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.url = self.useFixture(mariadb.MariaDB()).url
        self.database = self._database()
        self.database.sync()

    def _database(self) -> api.Database:
        """Connect as another process does, with connections of its own."""
        return api.Database({'connection': self.url})

    def _at_once(
        self, deed: Callable[[api.Database, int], object]
    ) -> list[object]:
        databases = [self._database() for _ in range(WRITERS)]
        with futures.ThreadPoolExecutor(WRITERS) as pool:
            return list(pool.map(deed, databases, range(WRITERS)))

    def test_the_migrations_lead_to_the_tables(self):
        engine = sqlalchemy.create_engine(self.url)
        self.addCleanup(engine.dispose)
        with engine.connect() as connection:
            context = alembic_migration.MigrationContext.configure(connection)
            found = autogenerate.compare_metadata(context, table.METADATA)
        self.assertEqual([], found)

    def test_case_counts(self):
        for image_id, tag in (('a', 'v1'), ('b', 'V1')):
            self.database.save_publication(_publication(image_id, tag))
        (found,) = self.database.publications(REPOSITORY, 'V1')
        self.assertEqual('b', found.image_id)

    def test_all_who_bind_at_once_hear_of_one_owner(self):
        found = self._at_once(
            lambda database, number: database.add_binding(
                model.Binding('demo', f'p{number}', 'd')
            )
        )
        self.assertEqual(1, len(set(found)))
        self.assertEqual(found[0], self.database.binding('demo'))

    def test_all_who_write_a_row_at_once_write_it(self):
        """A row that nobody has yet is where MariaDB's gap locks meet."""

        def save(database: api.Database, number: int) -> None:
            for tag in range(20):
                database.save_publication(_publication(f'i{tag}', str(tag)))

        self._at_once(save)
        self.assertEqual(20, len(self.database.publications()))
