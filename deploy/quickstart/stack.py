"""Heat: whether what the API hands on is taken."""

from typing import Any

import openstack.exceptions

from deploy.quickstart import database
from deploy.quickstart import home as home_module
from deploy.quickstart import process

_READY_S = 180


def wait_for_engine(home: home_module.Home, admin: Any) -> None:
    """Wait until heat-api and heat-engine speak to each other.

    :raises OperationFailed: they do not
    """
    process.wait_until(
        # NOTE: what is asked before an engine has ever listened is lost, and
        # the API waits a minute for the answer. So the database is first.
        lambda: database.has_heat_engine(home) and _answers(admin),
        _READY_S,
        'heat-engine answers to heat-api',
    )


def _answers(admin: Any) -> bool:
    try:
        answer = admin.orchestration.get('/services')
        openstack.exceptions.raise_from_response(answer)
    except openstack.exceptions.HttpException:
        return False
    return any(each['status'] == 'up' for each in answer.json()['services'])
