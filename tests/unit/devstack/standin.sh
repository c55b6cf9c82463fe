# Stands for those functions of devstack that the plugin calls, where there is
# no checkout of devstack (see node.py). It writes the same files; that it
# does is what the same tests show with DEVSTACK_DIR.

function die {
    shift
    echo "[ERROR] $*" >&2
    exit 1
}

function exit_distro_not_supported {
    die 0 "Support for $DISTRO is incomplete: no support for $*"
}

function trueorfalse {
    local value=${!2}
    case "${value,,}" in
        1 | yes | true) echo True ;;
        0 | no | false) echo False ;;
        *) echo "$1" ;;
    esac
}

function is_ubuntu {
    [[ "$os_PACKAGE" == deb ]]
}

function is_ipv4_address {
    [[ "$1" =~ ^[0-9]+(\.[0-9]+){3}$ ]]
}

function define_plugin {
    :
}

function time_start {
    :
}

function time_stop {
    :
}

function async_wait {
    :
}

function is_service_enabled {
    local service prefix
    for service in "$@"; do
        case "$service" in
            nova) prefix=n- ;;
            glance) prefix=g- ;;
            cinder) prefix=c- ;;
            *) prefix=$service, ;;
        esac
        [[ ",$ENABLED_SERVICES," == *,$prefix* ]] && return 0
    done
    return 1
}

function enable_service {
    local service
    for service in "$@"; do
        if [[ ",$DISABLED_SERVICES," != *,$service,* ]] \
            && ! is_service_enabled "$service"; then
            ENABLED_SERVICES+=,$service
        fi
    done
}

# In a file's one form: devstack writes "option = value" below "[section]".
function iniget {
    awk -F ' = ' -v section="[$2]" -v option="$3" '
        /^\[/ { inside = $0 == section }
        inside && $1 == option { sub(/^[^=]* = /, ""); print; exit }
    ' "$1"
}

function ini_has_option {
    [[ -n "$(iniget "$1" "$2" "$3")" ]]
}

function iniset {
    if [[ "$1" == -sudo ]]; then
        shift
    fi
    # A hundred options are written by a phase: no process but one for each.
    [[ -d "${1%/*}" ]] || mkdir -p "${1%/*}"
    [[ -e "$1" ]] || : > "$1"
    local content
    content=$(awk -v section="[$2]" -v option="$3" -v value="$4" '
        function put() { print option " = " value; done = 1 }
        { line[NR] = $0; if ($0 == section) known = 1 }
        END {
            for (i = 1; i <= NR; i++) {
                if (inside && index(line[i], option " = ") == 1) {
                    if (!done) put()
                    continue
                }
                if (line[i] ~ /^\[/) inside = line[i] == section
                print line[i]
                if (line[i] == section && !has(i)) put()
            }
            if (!known) { print ""; print section; put() }
        }
        function has(from, j) {
            for (j = from + 1; j <= NR && line[j] !~ /^\[/; j++)
                if (index(line[j], option " = ") == 1) return 1
            return 0
        }
    ' "$1")
    printf '%s\n' "$content" > "$1"
}

function generate_hex_string {
    od -A n -t x1 -N "$1" /dev/urandom | tr -d ' \n'
}

function get_python_exec_prefix {
    echo "$DEVSTACK_VENV/bin"
}

function run_process {
    local unit=devstack@$1.service
    is_service_enabled "$1" || return 0
    iniset "$SYSTEMD_DIR/$unit" Service User "$STACK_USER"
    iniset "$SYSTEMD_DIR/$unit" Service ExecStart "$2"
    if [[ -n "$5" ]]; then
        iniset "$SYSTEMD_DIR/$unit" Service Environment "$5"
    fi
    $SYSTEMCTL enable "$unit"
    $SYSTEMCTL start "$unit"
}

function stop_process {
    if is_service_enabled "$1"; then
        $SYSTEMCTL stop "devstack@$1.service"
        $SYSTEMCTL disable "devstack@$1.service"
    fi
}

function start_service {
    $SYSTEMCTL start "$1"
}

function restart_service {
    $SYSTEMCTL restart "$1"
}

function test_with_retry {
    timeout "${3:-10}" sh -c "while ! $1; do sleep ${4:-0.5}; done" \
        || die 0 "$2"
}

function is_nova_ready {
    openstack compute service list
}

function database_connection_url {
    echo "$BASE_SQL_CONN/$1?charset=utf8"
}

function setup_logging {
    iniset "$1" DEFAULT use_journal True
}

function configure_keystoneauth {
    iniset "$1" "$3" auth_type password
    iniset "$1" "$3" auth_url "$KEYSTONE_SERVICE_URI"
    iniset "$1" "$3" username "$2"
    iniset "$1" "$3" password "$SERVICE_PASSWORD"
    iniset "$1" "$3" user_domain_name "$SERVICE_DOMAIN_NAME"
    iniset "$1" "$3" project_name "$SERVICE_PROJECT_NAME"
    iniset "$1" "$3" project_domain_name "$SERVICE_DOMAIN_NAME"
}

function init_nova_service_user_conf {
    iniset "$NOVA_CONF" service_user send_service_user_token True
    configure_keystoneauth "$NOVA_CONF" nova service_user
}

function create_service_user {
    openstack user create "$1"
    openstack role add service --user "$1"
    openstack role add "$2" --user "$1"
}

function get_or_add_user_system_role {
    openstack role add "$1" --user "$2" --system "$3"
}

# Without the folders of the stores, which devstack leaves out, too.
GLANCE_MULTISTORE_FILE_IMAGE_DIR=$DATA_DIR/glance
function configure_multiple_file_stores {
    iniset "$GLANCE_API_CONF" DEFAULT enabled_backends \
        "${GLANCE_MULTIPLE_FILE_STORES//,/:file,}:file"
    iniset "$GLANCE_API_CONF" glance_store default_backend \
        "$GLANCE_DEFAULT_BACKEND"
}
