"""Words that several rooms share: fixed names, defaults and limits.

Nothing here is computed and nothing here is read from a configuration file.
"""

# Container names and labels (see identity.py, the only user of the prefix).
NAME_PREFIX = 'nova-'
LABEL_PREFIX = 'org.openstack.nova.'
LABEL_UUID = LABEL_PREFIX + 'uuid'
LABEL_NAME = LABEL_PREFIX + 'name'
LABEL_PROJECT = LABEL_PREFIX + 'project'
LABEL_ROLE = LABEL_PREFIX + 'role'
LABEL_HOST = LABEL_PREFIX + 'host'
LABEL_CPUS = LABEL_PREFIX + 'cpus'

# The repository below which images that came from Glance are known to the
# engine: nova-image/<Glance id>:<config digest, hex>.
IMAGE_REPOSITORY = 'nova-image'

# The repository below which a snapshot is known to the engine while it is on
# its way to Glance: nova-snapshot/<instance uuid>:<Glance id>.
SNAPSHOT_REPOSITORY = 'nova-snapshot'

# The repository below which a server's own layers are known to the engine,
# once it has got another flavor or host: nova-moved/<instance uuid>:<config
# digest, hex>.
MOVED_REPOSITORY = 'nova-moved'

# The abstract socket on which a layer comes from the room with power: this and
# 32 hexadecimal digits.
LAYER_SOCKET = 'nova-docker-layer-'

# The trait that tells docker hosts from all others (DESIGN D10).
TRAIT = 'CUSTOM_NOVA_DOCKER'

# A host whose engine can limit the size of a server's writable layer.
TRAIT_DISK_QUOTA = 'CUSTOM_NOVA_DOCKER_DISK_QUOTA'

# The only container_format of a Glance image that a docker host boots.
CONTAINER_FORMAT = 'docker'

# Properties of an image that send its servers to docker hosts.
IMAGE_PROPERTIES = {'img_hv_type': 'docker', f'trait:{TRAIT}': 'required'}

# Where named network namespaces are pinned (ip-netns(8)).
NETNS_DIR = '/run/netns'

# Docker Engine API versions that the project is tested with: 1.41 is
# Engine 20.10, the oldest that Debian 12 ships.
MIN_API_VERSION = (1, 41)

# What nova.virt.libvirt returns at most for a console log.
MAX_CONSOLE_BYTES = 100 * 1024
