"""What a moving server takes along, where Nova keeps it with the server.

In its system metadata, which its tenant neither sees nor writes: unlike a
property of the image in Glance it can be believed. Nova saves it with the
host that it has the server on, and hands it to whoever has the server.
"""

from typing import Any

_KEY = 'docker_moving_'
# Of a value in Nova's database.
_LENGTH = 255


def keep(instance: Any, text: str) -> None:
    """Let Nova know it; it saves it with what it does next."""
    forget(instance)
    for number, start in enumerate(range(0, len(text), _LENGTH)):
        key = f'{_KEY}{number}'
        instance.system_metadata[key] = text[start : start + _LENGTH]


def text_of(instance: Any) -> str:
    """Give what Nova knows of it; nothing, if there is nothing."""
    return ''.join(
        value
        for key, value in sorted(instance.system_metadata.items())
        if key.startswith(_KEY)
    )


def forget(instance: Any) -> None:
    """Let Nova forget it: the server has a container, or another fate."""
    for key in [*instance.system_metadata]:
        if key.startswith(_KEY):
            del instance.system_metadata[key]
