"""The logins that failed, which all processes count together."""

from alembic import op
import sqlalchemy
from sqlalchemy.dialects import mysql

revision = '8c27e4'
down_revision = '5f0b1a'


def _name(length: int) -> sqlalchemy.types.TypeEngine[str]:
    return sqlalchemy.String(length).with_variant(
        mysql.VARCHAR(length, charset='ascii', collation='ascii_bin'),
        'mysql',
    )


def upgrade() -> None:
    op.create_table(
        'failures',
        sqlalchemy.Column('attempt', _name(32), primary_key=True),
        sqlalchemy.Column('counted', _name(64), primary_key=True),
        sqlalchemy.Column('at_ms', sqlalchemy.BigInteger, nullable=False),
        sqlalchemy.Index('failures_counted', 'counted', 'at_ms'),
    )
