"""Options of the bridge that no other test sees."""

import pathlib
from typing import Any

import fixtures
from oslo_config import cfg
import testtools

from glance_bridge import conf as bridge_conf
from glance_bridge.token import key

_WHOLE = """
[database]
connection = sqlite:///{folder}/rows.sqlite

[identity]
auth_type = password
auth_url = https://keystone.example
username = glance-bridge
password = secret
user_domain_name = Default
project_name = service
project_domain_name = Default

[token]
key_file = {folder}/token.key
certificate_file = {folder}/token.crt

[publishing]
image_id_key = an-id-key-of-thirty-two-characters
lock_url = file://{folder}/locks
"""


def make(**groups: dict[str, Any]) -> cfg.ConfigOpts:
    """Register all options and set some: ``database={'connection': ...}``."""
    conf = cfg.ConfigOpts()
    bridge_conf.register(conf)
    conf([], project='glance-bridge', default_config_files=[])
    for group, values in groups.items():
        for name, value in values.items():
            conf.set_override(name, value, group=group)
    return conf


def whole(case: testtools.TestCase) -> cfg.ConfigOpts:
    """Write files with all that a bridge needs, and read them."""
    folder = pathlib.Path(case.useFixture(fixtures.TempDir()).path)
    names = ('token.key', 'token.crt')
    for name, content in zip(names, key.create(), strict=True):
        (folder / name).write_bytes(content)
    text = _WHOLE.format(folder=folder)
    (folder / 'glance-bridge.conf').write_text(text)
    variable = {bridge_conf.FOLDER_VARIABLE: str(folder)}
    return bridge_conf.load([], variable, cfg.ConfigOpts())
