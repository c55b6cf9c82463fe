# What stack.sh has done before it comes to plugins; everything that it would
# write outside of $ROOT is led there.

set -o errexit

TOP_DIR=$ROOT/devstack
mkdir -p "$TOP_DIR/tools"
if [[ -n "$DEVSTACK_DIR" ]]; then
    ln -sfn "$DEVSTACK_DIR"/{lib,inc} "$TOP_DIR"
fi
# The one of its tools that the plugin runs.
cp "$ROOT/programs/noted" "$TOP_DIR/tools/discover_hosts.sh"
DEST=$ROOT/stack
DATA_DIR=$DEST/data
REQUIREMENTS_DIR=$DEST/requirements
STACK_USER=$(id --user --name)
SERVICE_HOST=${SERVICE_HOST:-$HOST_IP}
SERVICE_LISTEN_ADDRESS=0.0.0.0
SERVICE_PROTOCOL=http
SERVICE_TIMEOUT=20
NOVA_READY_TIMEOUT=${NOVA_READY_TIMEOUT:-20}
SERVICE_PASSWORD=secretservice
ADMIN_PASSWORD=secretadmin
SERVICE_PROJECT_NAME=service
SERVICE_DOMAIN_NAME=Default
REGION_NAME=RegionOne
ENABLE_DEBUG_LOG_LEVEL=True
KEYSTONE_SERVICE_URI=http://$SERVICE_HOST/identity
SSL_BUNDLE_FILE=$DATA_DIR/ca-bundle.pem
INT_CA_DIR=$DATA_DIR/CA/int-ca
DEVSTACK_CERT=$DATA_DIR/devstack-cert.pem
GLOBAL_VENV=True
DEVSTACK_VENV=$ROOT/venv
SYSTEMD_DIR=$ROOT/systemd
SYSTEMCTL="sudo systemctl"
VIRT_DRIVER=${VIRT_DRIVER:-libvirt}
declare -A -g GITREPO GITDIR GITBRANCH PROJECT_VENV SYSTEMD_ENV_VARS
# What would look for lsb_release, and for a kernel.
os_VENDOR=${os_VENDOR:-Debian}
os_PACKAGE=deb
os_RELEASE=12
DISTRO=bookworm

if [[ -n "$DEVSTACK_DIR" ]]; then
    source "$DEVSTACK_DIR/functions"
    source "$DEVSTACK_DIR/lib/database"
else
    source "$(dirname "${BASH_SOURCE[0]}")/standin.sh"
fi

function echo_summary {
    echo "$@"
}

# What installs or changes a database is noted.
for name in install_package recreate_database; do
    eval "function $name { echo $name \"\$@\" >> \$LOG; }"
done
# Our wheel has a module of Nova's, too.
function setup_install {
    echo setup_install "$@" >> "$LOG"
    mkdir -p "$ROOT/venv/site-packages/nova/virt"
    touch "$ROOT/venv/site-packages/nova/virt/docker.py"
}
function is_package_installed {
    [[ ",$INSTALLED_PACKAGES," == *,$1,* ]]
}

source "$PLUGIN/override-defaults"

if [[ -n "$DEVSTACK_DIR" ]]; then
    source "$DEVSTACK_DIR/lib/apache"
    source "$DEVSTACK_DIR/lib/keystone"
    source "$DEVSTACK_DIR/lib/glance"
    source "$DEVSTACK_DIR/lib/nova"
    source "$DEVSTACK_DIR/lib/cinder"
    KEYSTONE_SERVICE_URI=http://$SERVICE_HOST/identity
fi
DATABASE_TYPE=mysql
BASE_SQL_CONN=mysql+pymysql://root:secretdatabase@127.0.0.1
NOVA_DIR=$DEST/nova
NOVA_CONF_DIR=$ROOT/etc/nova
NOVA_CONF=$NOVA_CONF_DIR/nova.conf
NOVA_MY_IP=$HOST_IP
NOVA_INSTANCES_PATH=$DATA_DIR/nova/instances
GLANCE_CONF_DIR=$ROOT/etc/glance
GLANCE_API_CONF=$GLANCE_CONF_DIR/glance-api.conf
GLANCE_API_PASTE_INI=$GLANCE_CONF_DIR/glance-api-paste.ini
GLANCE_ENABLE_QUOTAS=${GLANCE_ENABLE_QUOTAS:-True}
TEMPEST_DIR=$DEST/tempest
TEMPEST_CONFIG=$ROOT/etc/tempest/tempest.conf

DOCKER_CONF_DIR=$ROOT/etc/docker
DOCKER_REGISTRY_CONF_DIR=$ROOT/etc/nova-docker
GLANCE_BRIDGE_CONF_DIR=$ROOT/etc/glance-bridge
NOVA_DOCKER_RUNTIME=$ROOT/libexec/nova-runtime
NOVA_DOCKER_RUN_DIR=$ROOT/run/nova-docker
source "$PLUGIN/settings"

# What devstack has written before the plugin's post-config.
if [[ ! -e "$NOVA_CONF" ]]; then
    iniset "$NOVA_CONF" DEFAULT my_ip "$HOST_IP"
    iniset "$NOVA_CONF" DEFAULT host node1
fi
if is_service_enabled g-api && [[ ! -e "$GLANCE_API_CONF" ]]; then
    iniset "$GLANCE_API_CONF" DEFAULT public_endpoint "http://$HOST_IP/image"
    if [[ "$GLANCE_ENABLE_MULTIPLE_STORES" == "True" ]]; then
        configure_multiple_file_stores
    fi
fi
