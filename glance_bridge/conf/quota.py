"""Options of the group ``[quota]``."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'quota',
    title='Quota',
    help='How many images a project may push, and of which size.',
)

OPTIONS = [
    cfg.BoolOpt(
        'use_keystone_limits',
        default=False,
        help="""
Enforce the unified limits of Keystone on what is pushed.

The limits are those that Glance registers, ``image_count_total`` and
``image_size_total`` (MiB), of the project that owns the namespace. A limit
that is not registered does not limit anything. Set it where glance-api.conf
has the option of the same name, which does not count what is pushed.

Related options:

* the group ``[oslo_limit]``: a user with the role ``reader`` on the system,
  and ``endpoint_service_type = image``
""",
    ),
    cfg.IntOpt(
        'limit_lifetime_s',
        default=30,
        min=0,
        help="""
Seconds for which limits are remembered.

So long a limit that was changed goes on in its old form. What a project has
is asked of Glance at each push.
""",
    ),
]
