"""What the bridge between registry and Glance needs before it starts."""

from deploy.quickstart import constants
from deploy.quickstart import home as home_module
from deploy.quickstart import process


def make_key(home: home_module.Home) -> None:
    """Make the key that signs the registry's tokens, once for a home."""
    if home.token_certificate.exists():
        return
    process.run(
        [
            *('openssl', 'req', '-x509', '-nodes', '-days', '3650'),
            *('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'),
            *('-subj', '/CN=glance-bridge'),
            *('-keyout', home.token_key, '-out', home.token_certificate),
        ],
        log=home.log_of('token-key'),
        user=constants.USER,
    )
