"""Options of the store; their group is the name of a backend of Glance."""

from oslo_config import cfg

OPTIONS = [
    cfg.URIOpt(
        'registry_url',
        schemes=['http', 'https'],
        help="""
Address of the registry, scheme, host and port.

Give the address at which clients push and pull, behind which manifests go to
the bridge and blobs to the engine. Which registry an image is in is said here
and never by the image's location.

Related options:

* ``registry_token_url``
* ``registry_ca_file``
""",
    ),
    cfg.URIOpt(
        'registry_token_url',
        schemes=['http', 'https'],
        help="""
Address of the bridge's token server, such as
``https://registry.example.org/token``.

Possible values:

* what ``[token] realm`` of the bridge says, or another way to the same door
""",
    ),
    cfg.StrOpt(
        'registry_service',
        default='glance-bridge',
        help="""
What the registry calls itself in a token: ``[token] service`` of the bridge.
""",
    ),
    cfg.StrOpt(
        'registry_user',
        help="""
Keystone user with the role ``service``, by default the one of Glance itself.

It is the name for the token server, so ``DOMAIN/USER`` where the user is not
of the default domain, or the id of an application credential.
""",
    ),
    cfg.StrOpt(
        'registry_password',
        secret=True,
        help="""
Password of ``registry_user``, or the secret of the application credential.
""",
    ),
    cfg.StrOpt(
        'registry_ca_file',
        help="""
File of the certificate authorities that the registry and the token server are
verified against.

Possible values:

* a path to a file in PEM format
* unset: the authorities that Python's requests trusts
""",
    ),
    cfg.IntOpt(
        'registry_timeout_s',
        default=60,
        min=1,
        help="""
Seconds without a byte after which a connection to the registry is given up.
""",
    ),
    cfg.StrOpt(
        'registry_platform',
        help="""
The platform whose image stands for one that is built for several.

Of such an image Glance gives out this one; hosts that pull from the registry
take their own. An uploaded image has to be built for it.

Possible values:

* operating system and architecture, such as ``linux/arm64``
* unset: that of the host of glance-api

Related options:

* ``[front] platform`` of the bridge, which has to be the same
""",
    ),
    cfg.StrOpt(
        'registry_spool_dir',
        help="""
Folder in which uploads lie while they are looked at.

The files have no names, so nothing is left of them whatever happens. It
should be on a disk, not on a tmpfs.

Possible values:

* a path that glance-api may write to
* unset: the system's folder for temporary files

Related options:

* ``registry_spool_max_gb``
* ``registry_unpacked_max_gb``
""",
    ),
    cfg.IntOpt(
        'registry_spool_max_gb',
        default=20,
        min=1,
        help="""
GiB that one upload may have. A larger one is refused with status 400.

The folder needs as much for every upload that goes on at a time; for a
gzip'd one it needs room for the unpacked archive beside it.
""",
    ),
    cfg.IntOpt(
        'registry_unpacked_max_gb',
        default=40,
        min=1,
        help="""
GiB that the layers of an uploaded image may have, uncompressed.
""",
    ),
]
