"""What the bridge between registry and Glance needs before it starts."""

from deploy.quickstart import constants
from deploy.quickstart import home as home_module
from deploy.quickstart import process


def clear_run(home: home_module.Home) -> None:
    """Forget what processes counted that have ended."""
    for path in home.bridge_metrics.glob('*.db'):
        path.unlink()


def make_key(home: home_module.Home) -> None:
    """Make the key that signs the registry's tokens, once for a home."""
    if home.token_certificate.exists():
        return
    process.run(
        [
            home.bin / 'glance-bridge-manage',
            *(f'--config-dir={home.etc}/glance-bridge', 'key'),
        ],
        env=process.environment(home),
        log=home.log_of('token-key'),
        user=constants.USER,
    )
