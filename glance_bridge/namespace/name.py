"""What a project may be called in the registry.

Keystone lets a project have nearly any name; the distribution API allows
lower-case letters, digits and single ``.``, ``_``, ``__`` or hyphens between
them. A project can be named three ways:

* by its id, which always works;
* by its name, in the default domain: lower-case, and a hyphen for each run
  of what is not allowed (``Web Shop`` is ``web-shop``);
* by ``DOMAIN__NAME``, each made legal like that, in any domain.
"""

import re

from glance_bridge.identity import model

_ID = re.compile(r'[0-9a-f]{32}', re.ASCII)
_NOT_ALLOWED = re.compile(r'[^a-z0-9._]+', re.ASCII)
# Two separators next to each other, which leaves no "__" in a name either.
_RUN = re.compile(r'[._-]{2,}', re.ASCII)
DOMAIN_SEPARATOR = '__'


def is_id(namespace: str) -> bool:
    """Tell whether a namespace can only be a project's id."""
    return bool(_ID.fullmatch(namespace))


def slug(name: str) -> str:
    """Make a name legal; the result is empty where nothing is left of it."""
    legal = _NOT_ALLOWED.sub('-', name.lower())
    return _RUN.sub('-', legal).strip('._-')


def names(project: model.Project, default_domain_id: str) -> tuple[str, ...]:
    """List the names of a project beside its id, the shortest first."""
    own, domain = slug(project.name), slug(project.domain_name)
    found = [f'{domain}{DOMAIN_SEPARATOR}{own}'] if own and domain else []
    # NOTE: a name that looks like an id would be taken for another project.
    if own and project.domain_id == default_domain_id and not is_id(own):
        found.insert(0, own)
    return tuple(found)


def may_be_of(namespace: str, project: model.Project) -> bool:
    """Tell whether a namespace can be a project's, whatever its domain."""
    last = namespace.rpartition(DOMAIN_SEPARATOR)[2]
    return namespace == project.id or last == slug(project.name)
