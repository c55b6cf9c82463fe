"""The bridge's own session with Keystone."""

from typing import Any

from keystoneauth1 import exceptions as keystone_exceptions
from keystoneauth1 import loading
from keystoneauth1 import session as keystone_session

from glance_bridge import exception


def load(conf: Any, group: str) -> keystone_session.Session:
    """Make the session of the bridge's own user.

    :raises ConfigurationInvalid: the group does not say who that is
    """
    try:
        auth = loading.load_auth_from_conf_options(conf, group)
    except keystone_exceptions.ClientException as err:
        raise exception.ConfigurationInvalid(
            f'[{group}] cannot be used to log in to Keystone: {err}'
        ) from err
    if auth is None:
        raise exception.ConfigurationInvalid(
            f'[{group}] auth_type has to be set (normally to "password"), '
            'with auth_url, username, password, user_domain_name, '
            'project_name and project_domain_name.'
        )
    session: keystone_session.Session = loading.load_session_from_conf_options(
        conf, group, auth=auth
    )
    return session


def auth_url(session: keystone_session.Session) -> str:
    """Give the address of Keystone that a session logs in to."""
    return str(session.auth.auth_url)
