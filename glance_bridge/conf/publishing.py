"""Options of the group ``[publishing]``: how tags become images."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'publishing',
    title='Publishing',
    help='How the tags of the registry become images of Glance.',
)

OPTIONS = [
    cfg.StrOpt(
        'image_id_key',
        secret=True,
        help="""
Secret from which the ids of published images are computed: 32 characters or
more, for instance from ``openssl rand -hex 32``.

It has to be the same in every process of the bridge, and must not change: it
is how a process finds the images that another one began, and how rows are
found again after the database was lost. Who knows it could take the ids of
images before they are published.
""",
    ),
    cfg.StrOpt(
        'store',
        default='registry',
        regex=r'^[A-Za-z0-9][A-Za-z0-9_.-]*$',
        help="""
Name of the registry among the ``enabled_backends`` of glance-api.conf.

It stands in the location of every published image: do not change it
afterwards.
""",
    ),
    cfg.StrOpt(
        'lock_url',
        default='file:///var/lib/glance-bridge/locks',
        secret=True,
        help="""
Where the processes of the bridge lock the tag that they publish, as a URL of
tooz.

Files serve any number of processes on one machine. Replicas on several
machines need a place that they share.

Possible values:

* ``file:///a/folder``, which has to be writable for the bridge
* ``mysql://USER:PASSWORD@HOST/DATABASE``, with a password of letters and
  digits
* ``etcd3+http://HOST:2379``, with etcd3gw installed

Other drivers of tooz were not run.

Related options:

* ``lock_timeout_s``
""",
    ),
    cfg.IntOpt(
        'lock_timeout_s',
        default=60,
        min=1,
        help="""
How long a push waits for others that change the same tag.

After that it is answered with 503, and docker tries again. Change it along
with ``[glance] active_timeout_s``: whoever holds the lock may wait for Glance
as long as that.
""",
    ),
]
