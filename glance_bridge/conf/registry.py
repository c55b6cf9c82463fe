"""Options of the group ``[registry]``."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'registry',
    title='Registry engine',
    help='How the bridge reaches the engine that keeps the blobs.',
)

OPTIONS = [
    cfg.URIOpt(
        'url',
        default='http://127.0.0.1:5043',
        schemes=['http', 'https'],
        help="""
Address of the registry engine, as the bridge reaches it.

It is the engine itself and not the address that clients push to, which leads
through the proxy and back to the bridge. What the engine says of its own
address is never believed.

Possible values:

* ``http://HOST[:PORT]`` on loopback or a network of the operator's
* ``https://HOST[:PORT]`` otherwise

Related options:

* ``ca_file``
""",
    ),
    cfg.StrOpt(
        'ca_file',
        help="""
File of the certificate authorities that the engine's certificate is checked
with.

Needed where ``url`` is https and the certificate is not from an authority
that the ``requests`` library knows. A certificate is always checked.
""",
    ),
    cfg.IntOpt(
        'timeout_s',
        default=60,
        min=1,
        help="""
Seconds that the engine may be silent before a request has failed.

It is the time between two bytes. Raise it where the engine keeps blobs in an
object storage that is slow to begin.
""",
    ),
    cfg.IntOpt(
        'pool_size',
        default=32,
        min=1,
        help="""
Connections to the engine that a process keeps open.

More are opened when they are needed and closed after use. Set it to the
threads of one process of the WSGI server.
""",
    ),
    cfg.BoolOpt(
        'can_delete_tag',
        default=False,
        help="""
Whether the engine can delete a tag and leave what it points to.

Distribution up to 2.8 cannot: a tag is then first moved to an index of
nothing, which is deleted with it. Set it for distribution from 3.1.1 on, zot
and Harbor.
""",
    ),
]
