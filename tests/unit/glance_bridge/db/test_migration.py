"""The migrations lead to the tables that the code asks for."""

from alembic import autogenerate
from alembic.runtime import migration as alembic_migration
import fixtures
import sqlalchemy
import testtools

from glance_bridge.db import migration
from glance_bridge.db import table


class UpgradeTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = self.useFixture(fixtures.TempDir()).path
        self.engine = sqlalchemy.create_engine(f'sqlite:///{folder}/db')
        self.addCleanup(self.engine.dispose)

    def test_nothing_differs_from_the_tables(self):
        migration.upgrade(self.engine)
        with self.engine.connect() as connection:
            context = alembic_migration.MigrationContext.configure(connection)
            found = autogenerate.compare_metadata(context, table.METADATA)
        self.assertEqual([], found)

    def test_it_can_be_run_again(self):
        migration.upgrade(self.engine)
        migration.upgrade(self.engine)
