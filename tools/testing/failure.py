"""The two ways in which the tests cannot be run.

Error
 +-- PreconditionMissing   exit code 3: the machine lacks something
 +-- LevelNotRun           the level counts as failed, the others go on
      +-- LevelTimeout
"""


class Error(Exception):
    """Something keeps tests from running."""


class PreconditionMissing(Error):
    """The machine lacks what cannot be installed here."""


class LevelNotRun(Error):
    """A level could not start, or broke off."""


class LevelTimeout(LevelNotRun):
    """A level did not finish within its share of the time."""
