"""The door to nova-api: our extra specs among those that it validates.

Nova loads this module by the entry point ``nova.api.extra_spec_validators``
and refuses with it, from microversion 2.86 on, a flavor that no host could
boot: a value that cannot be read, and a key below ``docker:`` that does not
exist. It is imported where there is no engine and no compute service, so it
must stay light. The ``quota:`` keys have validators of Nova's own.
"""

from typing import Any

from nova import exception as nova_exception
from nova.api.validation.extra_specs import base

from novadocker import extra_specs
from novadocker import option


class Validator(base.ExtraSpecValidator):
    """Validates one key with the reader that the driver uses.

    Nova's own kinds of value are looser: its boolean takes "on" and "1".
    """

    def validate(self, name: str, value: Any) -> None:
        """Accept a value or say why not.

        :raises nova.exception.ValidationError: it cannot be read
        """
        spec = extra_specs.TABLE[name.removeprefix(extra_specs.PREFIX)]
        try:
            spec.read(str(value))
        except ValueError as err:
            raise nova_exception.ValidationError(
                f'Validation failed; {name}={option.shown(str(value))} '
                f'cannot be used: {err}.'
            ) from err


def register() -> list[Validator]:
    """Give Nova the validators of all keys below ``docker:``."""
    return [
        Validator(
            name=extra_specs.PREFIX + key,
            description=spec.description,
            value={'type': str, 'description': spec.values},
        )
        for key, spec in extra_specs.TABLE.items()
    ]
