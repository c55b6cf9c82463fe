"""Options of the group ``[glance]``: where images are published."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'glance',
    title='Glance',
    help='How the bridge speaks to the Image service.',
)

OPTIONS = [
    cfg.StrOpt(
        'interface',
        default='internal',
        choices=('public', 'internal', 'admin'),
        help="""
Which endpoint of the Image service is taken from Keystone's catalog.

Related options:

* ``endpoint_override``
""",
    ),
    cfg.StrOpt(
        'region_name',
        help="""
Region whose Image service is used.

Set it where the catalog has more than one.
""",
    ),
    cfg.URIOpt(
        'endpoint_override',
        schemes=('http', 'https'),
        help="""
Address of the Image service, without ``/v2``.

Set it to get around the catalog, for instance to reach one glance-api past a
load balancer.
""",
    ),
    cfg.FloatOpt(
        'request_timeout_s',
        default=60,
        min=1,
        help='How long one request to Glance may take.',
    ),
    cfg.FloatOpt(
        'active_timeout_s',
        default=60,
        min=1,
        help="""
How long Glance may take until an image is active after it was told where the
data is.

It looks the size up in the registry and writes a few rows, which takes a
fraction of a second. A push whose image is not active in time is answered
with 503; pushing again goes on where it stopped.
""",
    ),
    cfg.FloatOpt(
        'hash_timeout_s',
        default=300,
        min=0,
        help="""
How long a new image may be kept from replacing another while Glance computes
its hash.

With ``do_secure_hash = true``, its default, Glance reads all the data of an
active image, and then writes the name and the hidden flag back as they were
before it began. So the bridge waits, for as long as Glance takes to read the
image once. Set ``do_secure_hash = false`` in glance-api.conf and there is
nothing to wait for; what is in the registry is verified by its digests.

An image that Glance did not let go in time is shown all the same, and may be
hidden again by Glance. The next sweep of the reconciler shows it again.
""",
    ),
]
