"""Pure: whose container it is. What is read here comes from the image."""

from typing import NamedTuple

ROOT = 'root'

# passwd(5): name:password:UID:GID:comment:home:shell
_FIELDS = 7
# The kernel's uid_t, of which the last one means "none".
_MAX_ID = 2**32 - 2


class Account(NamedTuple):
    """A line of a container's passwd(5)."""

    name: str
    uid: int
    gid: int
    home: str


def name_of(user: str) -> str:
    """Take the user of Docker's ``USER[:GROUP]``; none is root."""
    return user.partition(':')[0] or ROOT


def find(passwd: bytes, user: str) -> Account | None:
    """Find a user in a container's passwd(5), as Docker finds it.

    :param user: a name, or a number where nobody has it for a name
    """
    accounts = [
        account
        for line in passwd.decode(errors='replace').splitlines()
        if (account := _account(line)) is not None
    ]
    by_name = [each for each in accounts if each.name == user]
    by_uid = [each for each in accounts if str(each.uid) == user]
    return next(iter(by_name + by_uid), None)


def _account(line: str) -> Account | None:
    fields = line.split(':')
    if len(fields) != _FIELDS:
        return None
    name, _, uid, gid, _, home, _ = fields
    for number in (uid, gid):
        is_number = number.isascii() and number.isdecimal()
        # Sixty digits would be a number, too.
        if not is_number or len(number) > len(str(_MAX_ID)):
            return None
        if int(number) > _MAX_ID:
            return None
    # isprintable is false for a NUL, which no path has.
    if not home.startswith('/') or not home.isprintable():
        return None
    return Account(name, int(uid), int(gid), home)
