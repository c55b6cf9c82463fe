"""The bridge's configuration: one module per group.

A module has ``GROUP`` and ``OPTIONS``. What libraries bring is registered
here, so that all of it is in place before a file is read.
"""

from collections.abc import Mapping
from collections.abc import Sequence
import copy
import os
import pathlib
from typing import Any

from oslo_config import cfg
from oslo_db import options as db_options
from oslo_log import log as logging

from glance_bridge.conf import events
from glance_bridge.conf import front
from glance_bridge.conf import glance
from glance_bridge.conf import identity
from glance_bridge.conf import publishing
from glance_bridge.conf import quota
from glance_bridge.conf import reconciler
from glance_bridge.conf import registry
from glance_bridge.conf import token

PROJECT = 'glance-bridge'
FOLDER_VARIABLE = 'OS_GLANCE_BRIDGE_CONFIG_DIR'
FOLDER = '/etc/glance-bridge'

# The modules of this folder, one line each.
MODULES: tuple[Any, ...] = (
    events,
    front,
    glance,
    identity,
    publishing,
    quota,
    reconciler,
    registry,
    token,
)


def register(conf: cfg.ConfigOpts) -> None:
    """Register every option of the bridge and of what it stands on."""
    for module in MODULES:
        # A group keeps its values, which are of one ConfigOpts only.
        conf.register_group(copy.deepcopy(module.GROUP))
        conf.register_opts(module.OPTIONS, group=module.GROUP)
    db_options.set_defaults(conf)
    logging.register_options(conf)


def list_opts() -> list[tuple[cfg.OptGroup, list[Any]]]:
    """List the bridge's own options for samples and the reference page."""
    return [(module.GROUP, list(module.OPTIONS)) for module in MODULES]


def load(
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] = os.environ,
    conf: cfg.ConfigOpts = cfg.CONF,
) -> cfg.ConfigOpts:
    """Read glance-bridge.conf and set up the log.

    The folder is that of OS_GLANCE_BRIDGE_CONFIG_DIR, or /etc/glance-bridge;
    ``--config-file`` and ``--config-dir`` in the arguments go before it.
    """
    register(conf)
    folder = pathlib.Path(environment.get(FOLDER_VARIABLE, FOLDER))
    file = folder / f'{PROJECT}.conf'
    conf(
        list(arguments),
        project=PROJECT,
        default_config_files=[str(file)] if file.exists() else [],
        default_config_dirs=[],
    )
    logging.setup(conf, PROJECT)
    return conf
