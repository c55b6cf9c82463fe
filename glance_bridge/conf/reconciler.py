"""Options of the group ``[reconciler]``."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'reconciler',
    title='Reconciler',
    help='The process that compares the registry with Glance.',
)

OPTIONS = [
    cfg.IntOpt(
        'interval_s',
        default=300,
        min=1,
        help="""
How long after one comparison the next begins.

It is how long the two sides may differ after something was lost: an event, a
process, Glance for an hour. A comparison asks the registry once for every
tag; the metric ``glance_bridge_sweep_seconds`` says how long that takes.
""",
    ),
    cfg.IntOpt(
        'threads',
        default=8,
        min=1,
        max=64,
        help="""
How many tags are looked at, or mended, at once.
""",
    ),
    cfg.IntOpt(
        'retired_images',
        min=0,
        help="""
How many superseded images of each tag are kept; older ones are deleted.

Unset, all are. Nova needs the image of a server to rebuild, migrate, resize,
evacuate or unshelve it, and the bridge does not know which images servers
were made from: an image that must stay is protected with ``openstack image
set --protected``. Set it where nobody keeps servers for longer than images.

Related options:

* ``retired_days``: whichever is reached first
""",
    ),
    cfg.IntOpt(
        'retired_days',
        min=0,
        help="""
For how many days a superseded image is kept; after that it is deleted.

Unset, it is kept for ever. See ``retired_images`` for what depends on it.
""",
    ),
    cfg.IntOpt(
        'stuck_after_s',
        default=600,
        min=60,
        help="""
How long an image may wait for its data before it is deleted, if its tag
means something else by now.
""",
    ),
    cfg.IntOpt(
        'orphan_after_s',
        default=3600,
        min=60,
        help="""
How long a pin may have no image that uses its data before it is dropped.

A pin keeps data from garbage collection. Uploads, imports and snapshots set
it before Glance has their image's data, so this is also how long they may
take. What fails midway leaves the pin behind, with or without an image. It
counts from when the reconciler first saw the pin.
""",
    ),
]
