#!/bin/bash
#
# devstack/plugin.sh
# Dispatches devstack's phases: what is done stands in lib/.

# Dependencies:
#
# - ``functions`` file and the lib/* files of devstack
# - ``settings`` beside this file

# Save trace setting
_XTRACE_NOVA_DOCKER=$(set +o | grep xtrace)
set +o xtrace

for _part in engine driver store registry bridge proxy image zone tempest \
    servers; do
    source "$NOVA_DOCKER_DIR/devstack/lib/$_part"
done
unset _part

# is_docker_host() - Whether the servers of this node are containers
function is_docker_host {
    [[ "$NOVA_DOCKER_COMPUTE" == "True" ]] && is_service_enabled n-cpu
}

# has_docker_registry() - Whether this cloud has a registry, here or elsewhere
function has_docker_registry {
    [[ ! ",$DISABLED_SERVICES," =~ ,docker-registry, ]]
}

function pre_install_nova_docker {
    if is_docker_host; then
        install_docker_engine
        install_docker_volumes
    fi
    if is_service_enabled docker-registry; then
        install_docker_registry
        install_docker_proxy
    fi
}

function install_nova_docker {
    install_docker_driver
    if is_service_enabled nova; then
        link_docker_driver
    fi
    if is_docker_host; then
        configure_docker_engine
    fi
}

function post_config_nova_docker {
    # What runs meanwhile writes to nova.conf as well.
    async_wait configure_neutron_nova
    if is_service_enabled n-sch; then
        configure_docker_scheduler
    fi
    if is_docker_host; then
        configure_docker_driver
        configure_docker_zone
    fi
    if is_service_enabled docker-registry; then
        configure_docker_store
        configure_docker_bridge
        init_docker_bridge
        configure_docker_registry
        configure_docker_proxy
    fi
}

function extra_nova_docker {
    if is_service_enabled docker-registry; then
        start_docker_registry
        start_docker_bridge
        start_docker_proxy
    fi
    if is_docker_host; then
        create_docker_zone
    fi
    if is_service_enabled g-api; then
        create_docker_images
    fi
}

function test_config_nova_docker {
    if is_service_enabled tempest; then
        configure_docker_tempest
        install_docker_tempest
    fi
}

function unstack_nova_docker {
    stop_docker_proxy
    stop_docker_bridge
    stop_docker_registry
    if is_docker_host; then
        # Else it would tell Nova that its servers have stopped.
        stop_process n-cpu
        remove_docker_servers
    fi
}

function clean_nova_docker {
    if [[ "$NOVA_DOCKER_COMPUTE" == "True" ]]; then
        remove_docker_servers
        cleanup_docker_engine
    fi
    cleanup_docker_driver
    cleanup_docker_bridge
    cleanup_docker_registry
    cleanup_docker_proxy
}

if [[ "$1" == "stack" && "$2" == "pre-install" ]]; then
    echo_summary "Installing what nova-docker stands on"
    pre_install_nova_docker
elif [[ "$1" == "stack" && "$2" == "install" ]]; then
    echo_summary "Installing nova-docker"
    install_nova_docker
elif [[ "$1" == "stack" && "$2" == "post-config" ]]; then
    echo_summary "Configuring nova-docker"
    post_config_nova_docker
elif [[ "$1" == "stack" && "$2" == "extra" ]]; then
    echo_summary "Starting the registry, making the docker zone"
    extra_nova_docker
elif [[ "$1" == "stack" && "$2" == "test-config" ]]; then
    echo_summary "Configuring tempest for containers"
    test_config_nova_docker
elif [[ "$1" == "unstack" ]]; then
    unstack_nova_docker
elif [[ "$1" == "clean" ]]; then
    clean_nova_docker
fi

# Restore xtrace
$_XTRACE_NOVA_DOCKER

# Tell emacs to use shell-script-mode
## Local variables:
## mode: shell-script
## End:
