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
