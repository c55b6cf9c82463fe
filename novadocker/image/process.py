"""Pure: what an image that a server has made of itself runs.

It is what its parent runs. What the engine bakes into it is the server's: its
command line, its environment, and labels by which it would be found.
"""

import json

from novadocker import identity
from novadocker import model


def inherited(parent: model.EngineImage) -> bytes:
    """Give the part of a config that a container takes over, as JSON."""
    found = json.loads(parent.config)
    labels = {
        name: value
        for name, value in parent.labels.items()
        # A stranger may have committed a container of ours.
        if not identity.is_label(name)
    }
    return json.dumps({**found, 'Labels': labels}).encode()
