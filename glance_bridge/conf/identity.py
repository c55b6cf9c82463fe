"""Options of the group ``[identity]``: Keystone."""

from keystoneauth1 import loading
from oslo_config import cfg

GROUP = cfg.OptGroup(
    'identity',
    title='Keystone',
    help="""
Keystone: the bridge's own user, and how logins of others are looked into.

The options of keystoneauth stand in this group as well: ``auth_type``,
``auth_url``, ``username``, ``password``, ``user_domain_name``,
``project_name``, ``project_domain_name``, ``cafile`` and others. The bridge's
user needs the role ``service``, and ``admin`` on the project of the services.
Users of the registry are asked after at the same ``auth_url``.
""",
)

OPTIONS = [
    cfg.StrOpt(
        'login_domain_name',
        default='Default',
        help="""
Domain of users who log in without naming one.

Users of other domains log in as DOMAIN/USER.

Related options:

* ``namespace_domain_id``
""",
    ),
    cfg.StrOpt(
        'namespace_domain_id',
        default='default',
        help="""
Id of the domain whose projects are namespaces by their bare names.

Projects of other domains are DOMAIN__PROJECT. Normally the id of the domain
in ``login_domain_name``.
""",
    ),
    cfg.StrOpt(
        'service_project',
        default='service',
        help="""
Project of the users of the cloud's services, its name or id.

Whoever has the role ``service`` there may pull and push everywhere (rule
``bridge:service``), as Glance's store has to.

Related options:

* ``service_project_domain_id``
""",
    ),
    cfg.StrOpt(
        'service_project_domain_id',
        default='default',
        help="""
Id of the domain of ``service_project``, where that is a name.
""",
    ),
    cfg.IntOpt(
        'kept_s',
        default=60,
        min=0,
        max=3600,
        help="""
Seconds for which an answer of Keystone's is used again.

One ``docker push`` asks for up to seven tokens. A role that is taken away, or
a password that is changed, goes on working for so long, and then until the
token ends.
""",
    ),
    cfg.IntOpt(
        'refused_s',
        default=10,
        min=0,
        max=3600,
        help="""
Seconds for which a refusal of Keystone's is used again.

The same wrong password does not reach Keystone again within this time. A role
that is given takes so long to be seen.
""",
    ),
    cfg.IntOpt(
        'failures_per_account',
        default=3,
        min=1,
        help="""
Logins of one account that may fail in ``failure_window_s``.

More are answered with 429 and do not reach Keystone. Keep it below
``[security_compliance] lockout_failure_attempts`` of Keystone, so that nobody
can lock an account by way of the registry. All processes of the bridge count
together, in its database. A login that was right within a day is not kept out
by others who fail in its name; each process finds that out for itself, so
give the application credential of a service to what has to go on whatever
others try: nobody knows its id.

Related options:

* ``failure_window_s``
* ``failures_per_address``
""",
    ),
    cfg.IntOpt(
        'failures_per_address',
        default=20,
        min=1,
        help="""
Logins from one address that may fail in ``failure_window_s``.

For IPv6 it is one network of 64 bits. Raise it where many users share an
address.

Related options:

* ``failure_window_s``
""",
    ),
    cfg.IntOpt(
        'failure_window_s',
        default=300,
        min=1,
        help="""
Seconds after which a failed login is forgotten.

A login that succeeds makes an account's failures forgotten at once.
""",
    ),
    # What is in every service's configuration for its own user. The options
    # of a plugin (auth_url, username...) are known when auth_type is.
    *loading.get_auth_common_conf_options(),
    *loading.get_session_conf_options(),
]
# Without a time limit a Keystone that hangs would hang every login.
cfg.set_defaults(OPTIONS, timeout=10)
