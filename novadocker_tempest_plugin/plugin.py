"""The door through which tempest finds the tests and their options."""

import pathlib
from typing import Any

from oslo_config import cfg
from tempest.test_discover import plugins

from novadocker_tempest_plugin import config

_PACKAGE = pathlib.Path(__file__).resolve().parent


class NovaDockerPlugin(plugins.TempestPlugin):
    """What tempest asks of a plugin."""

    def load_tests(self) -> tuple[str, str]:
        """Say where the tests are, and what their names begin below."""
        return str(_PACKAGE / 'scenario'), str(_PACKAGE.parent)

    def register_opts(self, conf: cfg.ConfigOpts) -> None:
        conf.register_group(config.GROUP)
        conf.register_opts(config.OPTIONS, group=config.GROUP)

    def get_opt_lists(self) -> list[tuple[str, list[Any]]]:
        return [(config.GROUP.name, list(config.OPTIONS))]
