"""Connections to the cloud's public APIs, and its environment variables."""

from collections.abc import Iterator
from collections.abc import Mapping
import contextlib
from typing import Any

import keystoneauth1.exceptions
import openstack
import openstack.exceptions

from deploy.quickstart import constants
from deploy.quickstart import exception

AUTH_URL = f'http://{constants.MANAGEMENT_ADDRESS}:5000/v3'


def variables(
    secrets: Mapping[str, str], user: str = 'admin'
) -> dict[str, str]:
    """Make the environment variables that every client reads."""
    return {
        'OS_AUTH_URL': AUTH_URL,
        'OS_USERNAME': user,
        'OS_PASSWORD': secrets[user],
        'OS_PROJECT_NAME': user,
        'OS_USER_DOMAIN_NAME': 'Default',
        'OS_PROJECT_DOMAIN_NAME': 'Default',
        'OS_IDENTITY_API_VERSION': '3',
        'OS_REGION_NAME': constants.REGION,
    }


def connect(secrets: Mapping[str, str], user: str = 'admin') -> Any:
    """Connect as a user whose project has the same name."""
    return openstack.connect(
        load_yaml_config=False,
        load_envvars=False,
        auth={
            'auth_url': AUTH_URL,
            'username': user,
            'password': secrets[user],
            'project_name': user,
            'user_domain_name': 'Default',
            'project_domain_name': 'Default',
        },
        region_name=constants.REGION,
        compute_default_microversion='2.87',
        placement_default_microversion='1.30',
    )


@contextlib.contextmanager
def errors() -> Iterator[None]:
    """Turn what the clients raise into a sentence.

    :raises OperationFailed: an API refused or did not answer
    """
    try:
        yield
    except (
        keystoneauth1.exceptions.ClientException,
        openstack.exceptions.SDKException,
    ) as err:
        raise exception.OperationFailed(f'the cloud says: {err}') from err
