"""What can go wrong, and the exit code that says so.

::

    QuickstartError              1
    ├── OperationFailed          1  a step or a service failed
    └── PreconditionMissing      3  the machine is not fit; nothing started

Wrong usage is click's own error, exit code 2.
"""


class QuickstartError(Exception):
    """A sentence for the user; ``exit_code`` for the shell."""

    exit_code = 1


class OperationFailed(QuickstartError):
    """Something that was started did not end well."""


class PreconditionMissing(QuickstartError):
    """The machine lacks something; the sentence says what to do."""

    exit_code = 3
