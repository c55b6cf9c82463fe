"""The tables, as the newest migration leaves them.

Names of the registry are ASCII and tell case apart, which MariaDB's own
collations do not.
"""

import sqlalchemy
from sqlalchemy.dialects import mysql

METADATA = sqlalchemy.MetaData()


def _name(length: int) -> sqlalchemy.types.TypeEngine[str]:
    return sqlalchemy.String(length).with_variant(
        mysql.VARCHAR(length, charset='ascii', collation='ascii_bin'),
        'mysql',
    )


BINDINGS = sqlalchemy.Table(
    'bindings',
    METADATA,
    sqlalchemy.Column('namespace', _name(255), primary_key=True),
    sqlalchemy.Column('project_id', _name(64), nullable=False),
    sqlalchemy.Column('domain_id', _name(64), nullable=False),
)

PUBLICATIONS = sqlalchemy.Table(
    'publications',
    METADATA,
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

FAILURES = sqlalchemy.Table(
    'failures',
    METADATA,
    sqlalchemy.Column('attempt', _name(32), primary_key=True),
    sqlalchemy.Column('counted', _name(64), primary_key=True),
    sqlalchemy.Column('at_ms', sqlalchemy.BigInteger, nullable=False),
    sqlalchemy.Index('failures_counted', 'counted', 'at_ms'),
)
