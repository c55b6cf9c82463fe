"""Options of the group ``[token]``: the token server."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    'token',
    title='Registry tokens',
    help='What clients of the registry get for their login of Keystone.',
)

OPTIONS = [
    cfg.StrOpt(
        'key_file',
        default='/etc/glance-bridge/token.key',
        help="""
Private key that signs registry tokens, PEM without a passphrase.

Whoever can read it can do everything in the registry: only the bridge's user
may. "glance-bridge-manage key" makes it together with the certificate. All
replicas of the bridge share one.

Possible values:

* a key of the curves P-256, P-384 or P-521, or RSA of 2048 bits and more

Related options:

* ``certificate_file``
""",
    ),
    cfg.StrOpt(
        'certificate_file',
        default='/etc/glance-bridge/token.crt',
        help="""
Certificate of the key, PEM, with its chain below it if it has one.

The registry has the same file, or the certificate of who signed it, as
``auth.token.rootcertbundle``. The registry looks at its dates.

Related options:

* ``key_file``
""",
    ),
    cfg.StrOpt(
        'issuer',
        default='glance-bridge',
        help="""
Who signs, as tokens say it.

It has to be the same text as ``auth.token.issuer`` of the registry.
""",
    ),
    cfg.StrOpt(
        'service',
        default='glance-bridge',
        help="""
The registry for which tokens are, as tokens and challenges say it.

It has to be the same text as ``auth.token.service`` of the registry. Change
it where several registries have bridges, so that a token of one is nothing
to another.
""",
    ),
    cfg.URIOpt(
        'realm',
        default='http://127.0.0.1:5042/token',
        schemes=['http', 'https'],
        help="""
Address of the token server, as clients reach it.

Set it to the public address of the registry with ``/token``, with https. It
has to be the same as ``auth.token.realm`` of the registry. The default works
for clients on the registry's own host alone.
""",
    ),
    cfg.IntOpt(
        'push_lifetime_s',
        default=900,
        min=60,
        max=86400,
        help="""
Seconds for which a token to push, or to delete, is good.

A single layer has to be sent within this time (and 60 s more, which the
registry grants): raise it where uplinks are slow. Rights that somebody loses
end with the token.
""",
    ),
    cfg.IntOpt(
        'pull_lifetime_s',
        default=300,
        min=60,
        max=86400,
        help="""
Seconds for which a token to pull, or one without any right, is good.

Clients get a new one by themselves.
""",
    ),
    cfg.ListOpt(
        'trusted_proxies',
        default=['127.0.0.1/32', '::1/128'],
        help="""
Proxies whose word about the client's address is believed.

The headers ``X-Forwarded-For`` and ``X-Forwarded-Proto`` of other peers are
not read. A proxy that is named here has to set both, and not to pass on what
the client sent. Where it names no client, nobody can log in without TLS.
Empty it where clients reach the bridge without a proxy.

Possible values:

* addresses and networks, such as ``192.0.2.5`` or ``192.0.2.0/28``

Related options:

* ``cleartext_networks``
""",
    ),
    cfg.ListOpt(
        'cleartext_networks',
        default=['127.0.0.0/8', '::1/128'],
        help="""
From where a password is taken without TLS.

Basic authentication lets everybody on the way read the password, so that
other clients are refused. Add a network only if nobody listens there.

Possible values:

* addresses and networks; empty asks everybody for TLS

Related options:

* ``trusted_proxies``
""",
    ),
]
