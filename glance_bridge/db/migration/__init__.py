"""Bringing the tables from any older form to the newest."""

import pathlib

from alembic import command
from alembic import config as alembic_config
import sqlalchemy


def upgrade(engine: sqlalchemy.Engine) -> None:
    """Run every migration that this database has not seen."""
    config = alembic_config.Config()
    folder = pathlib.Path(__file__).parent
    config.set_main_option('script_location', str(folder).replace('%', '%%'))
    with engine.begin() as connection:
        config.attributes['connection'] = connection
        command.upgrade(config, 'head')
