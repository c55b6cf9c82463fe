"""The rules for repositories.

What they see of the caller are the roles on the project that owns the
namespace (``roles``, ``project_id``), those on the project of the cloud's
services (``service_roles``), and ``user_id``; of the target ``project_id``,
``namespace`` and ``repository``.
"""

from oslo_policy import policy

PULL = 'bridge:pull'
PUSH = 'bridge:push'
DELETE = 'bridge:delete'
CATALOG = 'bridge:catalog'
SERVICE = 'bridge:service'

_OWN = 'project_id:%(project_id)s'


def _operation(method: str, path: str) -> policy.Operation:
    return {'method': method, 'path': path}


_RULES = (
    policy.RuleDefault(
        'bridge:manager',
        f'(role:manager or role:admin) and {_OWN}',
        description=(
            'Manages the project that owns the namespace. Keystone gives an '
            'admin and a manager the roles below theirs; these rules name '
            'them for clouds where it does not.'
        ),
    ),
    policy.RuleDefault(
        'bridge:member',
        f'(role:member and {_OWN}) or rule:bridge:manager',
        description='Works in the project that owns the namespace.',
    ),
    policy.RuleDefault(
        'bridge:reader',
        f'(role:reader and {_OWN}) or rule:bridge:member',
        description='May look into the project that owns the namespace.',
    ),
    policy.DocumentedRuleDefault(
        SERVICE,
        'service_roles:service',
        'Is a service of the cloud, as Glance is: may pull, push and delete '
        'in every repository, and sets the tags that keep the data of an '
        'image. The roles are those on the project of the option '
        '[identity] service_project.',
        [_operation('GET', '/token'), _operation('POST', '/token')],
    ),
    policy.DocumentedRuleDefault(
        PULL,
        'rule:bridge:reader or rule:bridge:service',
        'Pull from a repository.',
        [_operation('GET', '/v2/{repository}/')],
    ),
    policy.DocumentedRuleDefault(
        PUSH,
        'rule:bridge:member or rule:bridge:service',
        'Push to a repository, and so make images of the project. The first '
        'push into a namespace binds it to the project.',
        [
            _operation('PUT', '/v2/{repository}/manifests/{reference}'),
            _operation('POST', '/v2/{repository}/blobs/uploads/'),
        ],
    ),
    policy.DocumentedRuleDefault(
        DELETE,
        'rule:bridge:manager or rule:bridge:service',
        'Delete a tag or a manifest of a repository.',
        [_operation('DELETE', '/v2/{repository}/manifests/{reference}')],
    ),
    policy.DocumentedRuleDefault(
        CATALOG,
        'rule:bridge:service',
        'List the names of all repositories of all projects.',
        [_operation('GET', '/v2/_catalog')],
    ),
)


def list_rules() -> list[policy.RuleDefault]:
    """List the rules, for the enforcer and for oslopolicy-sample-generator."""
    return list(_RULES)
