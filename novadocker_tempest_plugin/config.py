"""What tempest.conf says of the containers: the group ``[docker]``.

What a cloud can beside it (consoles, resize, Cinder) is said by tempest's own
groups.
"""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    name='docker', title='Servers that are containers (nova-docker)'
)

OPTIONS = [
    cfg.URIOpt(
        'registry_url',
        schemes=['http', 'https'],
        help="""
The registry of the cloud, as one pushes to it: https://registry.example.org

Images are pushed over its HTTP API with the name and the password of
tempest's users; no Docker is needed. A bridge of nova-docker takes passwords
over plain HTTP from its own machine only. Without this option every test is
skipped.

Related options:

* [identity] ca_certificates_file
* [identity] disable_ssl_certificate_validation
""",
    ),
    cfg.StrOpt(
        'image_archive',
        help="""
File with an image, as ``docker save`` writes it, that the tests push.

It is held in memory: take a small one. It has to have /bin/sh, the programs
cat, head, httpd (with CGI) and nc, as that of busybox has them, and run as
root. The tests add a layer of their own. Without this option every test is
skipped.
""",
    ),
    cfg.BoolOpt(
        'volumes',
        default=True,
        help="""
Whether the docker hosts are allowed to mount volumes.

The tests of volumes take Cinder, too: [service_available] cinder.
""",
    ),
    cfg.StrOpt(
        'zone',
        help="""
Availability zone that the docker hosts are in.

Without it the tests of zones are skipped.
""",
    ),
    cfg.StrOpt(
        'other_zone',
        help="""
Availability zone with hosts of another driver, and no docker host.

Without it the tests that need such hosts are skipped.
""",
    ),
    cfg.StrOpt(
        'other_image_ref',
        help="""
Image that the hosts in the other zone boot, and docker hosts must not.

Related options:

* [docker] other_zone
""",
    ),
]
