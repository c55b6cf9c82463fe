"""Options of the bridge that no other test sees."""

from typing import Any

from oslo_config import cfg

from glance_bridge import conf as bridge_conf


def make(**groups: dict[str, Any]) -> cfg.ConfigOpts:
    """Register all options and set some: ``database={'connection': ...}``."""
    conf = cfg.ConfigOpts()
    bridge_conf.register(conf)
    conf([], project='glance-bridge', default_config_files=[])
    for group, values in groups.items():
        for name, value in values.items():
            conf.set_override(name, value, group=group)
    return conf
