"""Options of the group ``[front]``: what may be pushed, and how."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'front',
    title='Manifest front',
    help='The door of manifests: what may be pushed, and what is answered.',
)

OPTIONS = [
    cfg.StrOpt(
        'platform',
        default='',
        regex=r'^$|^[^/]+/[^/]+$',
        help="""
Platform whose image stands for an image of several platforms.

Its size is that of the image in Glance, and an image for several platforms
that has none for it is refused. Hosts of other platforms pull theirs all the
same. It has to be the same as ``registry_platform`` of Glance's store.

Possible values:

* empty, which is the platform of this machine
* a platform in Docker's words, such as ``linux/amd64``
""",
    ),
    cfg.BoolOpt(
        'accept_zstd',
        default=False,
        help="""
Accept images with layers that are compressed with zstd.

Docker 20.10 can neither pull nor load them, and the driver of nova-compute
refuses them. Accept them where images are pulled by other engines only.
""",
    ),
    cfg.ListOpt(
        'immutable_tags',
        default=[],
        help="""
Tags that stay what they are once they were pushed.

A push that would move one of them, and its deletion, are denied. The same
image may be pushed again.

Possible values:

* patterns ``REPOSITORY[:TAG]`` with ``*`` and ``?``; the repository may begin
  with the name of the namespace or with the id of the project

For instance ``demo/*:v*, 3f0c8c1c2b6a4d8f9e1d7c5b3a2f1e0d/*``.
""",
    ),
    cfg.IntOpt(
        'pushes',
        default=32,
        min=1,
        help="""
Manifests that one process of the front works on at once: pushes of tags and
digests, and deletions.

Each of them takes a thread of the WSGI server until Glance has the image. The
pool needs at least as many threads as this and ``waiting_pushes`` together,
and some more for what hosts ask. With fewer threads pushes wait in the
server's queue instead, where one project can keep all others waiting.

Related options:

* ``pushes_per_project``
* ``waiting_pushes``
""",
    ),
    cfg.IntOpt(
        'pushes_per_project',
        default=16,
        min=1,
        help="""
How many of them may be of one project, which owns the namespace.

The others of that project wait, whoever sent them. Keep it below ``pushes``,
so that there is always room for another project.
""",
    ),
    cfg.IntOpt(
        'waiting_pushes',
        default=100,
        min=0,
        help="""
How many more may wait for their turn in one process.

One project may have all of these places as long as nobody else wants one.
When they are full, the newest push of the project that has the most of them
is answered 429 with ``Retry-After``. ``docker push`` prints that and does not
try again, so leave room for as many pushes as come at once.

Related options:

* ``push_wait_s``
""",
    ),
    cfg.IntOpt(
        'push_wait_s',
        default=100,
        min=1,
        help="""
How long a push waits for its turn before it is answered 429.

The proxy has to wait longer for an answer than this, ``[publishing]
lock_timeout_s`` and ``[glance] active_timeout_s`` together.
""",
    ),
    cfg.StrOpt(
        'unpublished_push',
        default='fail',
        choices=[
            ('fail', 'the push fails with 503, and is to be repeated'),
            ('warn', 'the push succeeds with a warning that no client shows'),
        ],
        help="""
What a push is answered whose image could not be put into Glance.

The registry has stored the image by then. It is published when it is pushed
again, or by the reconciler.
""",
    ),
]
