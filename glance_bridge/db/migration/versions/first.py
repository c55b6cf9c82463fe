"""The tables of the first release."""

from alembic import op
import sqlalchemy
from sqlalchemy.dialects import mysql

revision = '5f0b1a'
down_revision = None


def _name(length: int) -> sqlalchemy.types.TypeEngine[str]:
    return sqlalchemy.String(length).with_variant(
        mysql.VARCHAR(length, charset='ascii', collation='ascii_bin'),
        'mysql',
    )


def upgrade() -> None:
    op.create_table(
        'bindings',
        sqlalchemy.Column('namespace', _name(255), primary_key=True),
        sqlalchemy.Column('project_id', _name(64), nullable=False),
        sqlalchemy.Column('domain_id', _name(64), nullable=False),
    )
    op.create_table(
        'publications',
        sqlalchemy.Column('image_id', _name(36), primary_key=True),
        sqlalchemy.Column('repository', _name(255), nullable=False),
        sqlalchemy.Column('tag', _name(128), nullable=False),
        sqlalchemy.Column('digest', _name(160), nullable=False),
        sqlalchemy.Column('generation', sqlalchemy.Integer, nullable=False),
        sqlalchemy.Column('state', _name(16), nullable=False),
        sqlalchemy.Column('changed_at', sqlalchemy.DateTime, nullable=False),
        sqlalchemy.UniqueConstraint(
            *('repository', 'tag', 'digest', 'generation'),
            name='uniq_publications_generation',
        ),
    )
