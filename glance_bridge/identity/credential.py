"""Tells from a login's two words what they are.

``docker login`` has one field for the user. What stands in it is

* ``USER``: a user of the default domain;
* ``DOMAIN/USER``: a user of another one. The first slash parts them, since
  users are often called like e-mail addresses and an ``@`` would be taken for
  a domain;
* the id of an application credential, 32 digits and letters, with its secret
  as the password. (A user who is called like that writes DOMAIN/USER.)
"""

import dataclasses
import re

from glance_bridge import exception

_ID = re.compile(r'[0-9a-f]{32}', re.ASCII)
# As long as Keystone's own; what is longer need not be asked.
MAX_CHARS = 255
MAX_SECRET_CHARS = 4096


@dataclasses.dataclass(frozen=True)
class Password:
    domain: str
    user: str
    secret: str = dataclasses.field(repr=False)

    @property
    def account(self) -> str:
        """What failures are counted by; Keystone does not mind the case."""
        return f'{self.domain}/{self.user}'.casefold()


@dataclasses.dataclass(frozen=True)
class ApplicationCredential:
    id: str
    secret: str = dataclasses.field(repr=False)

    @property
    def account(self) -> str:
        return self.id


Credential = Password | ApplicationCredential


def read(user: str, secret: str, default_domain: str) -> Credential:
    """Tell what a login is.

    :param default_domain: name of the domain of users without one
    :raises Unauthorized: no user can be called so
    """
    domain, slash, name = user.partition('/')
    if not slash:
        domain, name = default_domain, user
    if (
        not (domain and name and secret)
        or len(user) > MAX_CHARS
        or len(secret) > MAX_SECRET_CHARS
        or '\0' in user + secret
    ):
        raise exception.Unauthorized(
            'Log in as USER or DOMAIN/USER with a password, or with the id '
            'of an application credential and its secret.'
        )
    if _ID.fullmatch(user):
        return ApplicationCredential(user, secret)
    return Password(domain, name, secret)
