"""Why a manifest is no image in Glance.

::

    Reason
    +-- NoImage   it is something else, which a registry may keep
    +-- Unfit     it is an image that no docker host of ours could boot
"""


class Reason(Exception):
    """``str()`` is the sentence for whoever pushed the manifest."""


class NoImage(Reason):
    pass


class Unfit(Reason):
    pass
