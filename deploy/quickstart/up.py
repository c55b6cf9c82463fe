"""The story of ``up``: from whatever is there to a server that answers.

Every phase looks first at what exists, so that ``up`` can be interrupted
anywhere and called again. The order of the phases is what each needs from
the one before.
"""

from collections.abc import Callable
from collections.abc import Sequence
import contextlib
import dataclasses
import pathlib
import socket
from typing import Any

from deploy.quickstart import account
from deploy.quickstart import bridge
from deploy.quickstart import catalog
from deploy.quickstart import cloud
from deploy.quickstart import constants
from deploy.quickstart import database
from deploy.quickstart import down
from deploy.quickstart import engine
from deploy.quickstart import environment
from deploy.quickstart import exception
from deploy.quickstart import fence
from deploy.quickstart import home as home_module
from deploy.quickstart import image
from deploy.quickstart import lock
from deploy.quickstart import network
from deploy.quickstart import node
from deploy.quickstart import owner
from deploy.quickstart import package
from deploy.quickstart import preflight
from deploy.quickstart import process
from deploy.quickstart import progress as progress_module
from deploy.quickstart import push
from deploy.quickstart import render
from deploy.quickstart import restart
from deploy.quickstart import roster
from deploy.quickstart import seed
from deploy.quickstart import service as service_module
from deploy.quickstart import stack
from deploy.quickstart import story
from deploy.quickstart import supervise
from deploy.quickstart import volume

_Phase = tuple[str, str, Callable[[], None]]

_DRIVER = 'docker.DockerDriver'
# What has code of the checkout in it.
_OURS = {
    'nova-api',
    'nova-compute',
    'glance',
    'glance-bridge',
    'glance-bridge-reconciler',
    'glance-bridge-token',
}
# What is made of Heat's environment.
_HEAT = {'heat-api', 'heat-engine'}
# Below these folders lies the configuration of what all else stands on.
_BASE_FILES = ('mysql/', 'rabbitmq/', 'containerd/', 'docker/')


@dataclasses.dataclass
class Result:
    """What the closing table shows."""

    address: str = ''
    version: str = ''


class Up:
    """One run of ``up``.

    :param volumes: whether there shall be Cinder, too; where it is, it stays
    :param stacks: the same of Heat
    """

    def __init__(
        self,
        home: home_module.Home,
        flavour: str,
        progress: progress_module.Progress,
        compute_driver: str = _DRIVER,
        *,
        volumes: bool = False,
        stacks: bool = False,
    ) -> None:
        self._home = home
        self._flavour = flavour
        self._progress = progress
        self._compute_driver = compute_driver
        self._supervisor = supervise.Supervisor(home)
        self._state = home_module.State(flavour)
        self._volumes = volumes
        self._stacks = stacks
        self._secrets: dict[str, str] = {}
        self._datapath = ''
        self._result = Result()
        self._names: dict[str, object] = {}
        # Configuration files, and services whose code was replaced.
        self._changed: set[str] = set()
        self._restart: set[str] = set()

    def run(self) -> Result:
        """Do what is left to do.

        :raises PreconditionMissing: the machine is not fit; nothing started
        :raises OperationFailed: a phase failed; call it again to go on
        """
        preflight.check(self._home, self._flavour, self._volumes)
        self._home.path.mkdir(parents=True, exist_ok=True)
        with lock.held(self._home):
            state = home_module.load_state(self._home) or self._state
            self._volumes = self._volumes or state.volumes
            self._stacks = self._stacks or state.stacks
            self._take_machine()
            self._state = dataclasses.replace(
                state, volumes=self._volumes, stacks=self._stacks
            )
            home_module.save_state(self._home, self._state)
            self._pass(self._phases())
        return self._result

    def _take_machine(self) -> None:
        """Make the machine this home's, and clear what a crash left on it.

        What is on a machine that nobody has is not of a quickstart.
        """
        holder = owner.read()
        is_running = self._supervisor.is_running()
        if not is_running and holder is None:
            down.end_orphans(self._home)
            self._check_fresh()
        owner.claim(self._home)
        if not is_running and holder is not None:
            self._recover(holder)

    def _recover(self, holder: pathlib.Path) -> None:
        what = 'what a crash left'
        if holder != self._home.path:
            what = f'what {holder}, which is gone, left'
            down.end_orphans(home_module.Home(holder))
        with contextlib.ExitStack() as undo:
            with self._progress.phase('recover', what):
                down.stop(self._home)
                # Nobody who needs them is left.
                volume.disconnect_all(home_module.Home(holder))
            undo.callback(owner.release, self._home)
            self._check_fresh()
            undo.pop_all()

    def _check_fresh(self) -> None:
        preflight.check_fresh(
            self._home, self._flavour, self._volumes, self._stacks
        )

    def add_node(self, name: str, driver: str, cpus: str = '') -> None:
        """Make one more compute host, or finish making it.

        :raises PreconditionMissing: the cloud is down, or a word does not
            do
        """
        with lock.held(self._home):
            state = home_module.load_state(self._home)
            if state is None or not self._supervisor.is_running():
                raise exception.PreconditionMissing(
                    'The cloud is down: run `up` first.'
                )
            added = node.new(state, name, driver, cpus)
            home_module.require_usable(self._home.of_node(name).path)
            self._state = state.with_node(added)
            home_module.save_state(self._home, self._state)
            self._pass(
                [
                    ('configure', 'configuration', self._configure),
                    ('node', f'compute host {name}', self._nodes),
                ]
            )

    def _pass(self, phases: list[_Phase]) -> None:
        for name, what, phase in phases:
            with self._progress.phase(name, what), cloud.errors():
                phase()

    @property
    def _boots(self) -> bool:
        """Tell whether there is more than the image half."""
        return self._flavour != constants.IMAGES_ONLY

    def _phases(self) -> list[_Phase]:
        phases: list[_Phase] = [
            ('packages', 'Debian packages', self._packages),
            ('python', 'OpenStack from PyPI', self._python),
            ('driver', 'nova-docker from this checkout', self._driver),
            ('configure', 'user, folders, configuration', self._configure),
            ('stores', 'databases and queues', self._stores),
            ('engine', 'Docker, and what it plugs into', self._engine),
            ('schemas', 'database schemas', self._schemas),
            ('identity', 'Keystone and its catalog', self._identity),
            ('services', 'the other services', self._services),
        ]
        if not self._boots:
            return [*phases, ('push', 'memcached to the registry', self._push)]
        phases += [
            ('seed', 'flavors, networks', self._seed),
            ('push', 'memcached to the registry', self._push),
            ('server', 'server memcached', self._server),
            ('answer', 'memcached answers on its floating IP', self._answer),
        ]
        if self._state.nodes:
            phases.append(('nodes', 'more compute hosts', self._nodes))
        return phases

    def _packages(self) -> None:
        self._home.log.mkdir(parents=True, exist_ok=True)
        package.install(self._home)
        account.require_users()

    def _python(self) -> None:
        wanted = environment.wanted()
        if not self._is_made('python', wanted, self._home.venv):
            environment.make(self._home)
            self._remember('python', wanted, forget=('driver', 'heat'))
        if self._state.stacks:
            self._heat()

    def _heat(self) -> None:
        wanted = environment.wanted(environment.HEAT)
        if not self._is_made('heat', wanted, self._home.heat_venv):
            environment.make_heat(self._home)
            self._remember('heat', wanted)
            self._restart |= _HEAT

    def _is_made(self, step: str, wanted: str, venv: pathlib.Path) -> bool:
        is_done = self._state.done.get(step) == wanted
        return is_done and environment.interpreter_works(venv)

    def _driver(self) -> None:
        wanted = environment.source_digest()
        if self._state.done.get('driver') == wanted:
            return
        environment.install_driver(self._home)
        engine.install_runtime(self._home)
        self._remember('driver', wanted)
        # Code that is running was loaded from the files just replaced.
        self._restart |= _OURS | {
            f'{each.name}.nova-compute' for each in self._state.nodes
        }

    def _configure(self) -> None:
        if not account.has_user(constants.USER):
            account.create_user(self._home)
        account.make_folders(self._home)
        self._secrets = home_module.load_secrets(self._home)
        network.add_management()
        if self._boots:
            network.share_namespaces()
            fence.put_up()
            self._datapath = self._choose_datapath()
        self._names = render.context(
            self._home,
            self._state,
            datapath=self._datapath,
            cgroup_parent=engine.cgroup_parent(),
            compute_driver=self._compute_driver,
            secrets=self._secrets,
        )
        self._changed |= set(render.write_all(self._home, self._names))
        bridge.make_key(self._home)
        if self._state.volumes and volume.install(self._home):
            self._restart.add('cinder-volume')
        database.create_files(self._home)
        if self._boots:
            self._configure_host()

    def _configure_host(self) -> None:
        filters = home_module.CHECKOUT / 'etc/rootwrap.d/docker.filters'
        home_module.write(
            self._home.etc / 'nova/rootwrap.d/docker.filters',
            filters.read_text(),
        )
        render.write_sudoers(self._names)
        network.create_databases(self._home)

    def _choose_datapath(self) -> str:
        """Choose once per home: a switch does not change its datapath."""
        chosen = self._state.done.get('datapath')
        if chosen is None:
            chosen = network.datapath()
            self._remember('datapath', chosen)
        return chosen

    def _stores(self) -> None:
        if self._supervisor.is_running():
            self._take_over_changes()
        if not self._supervisor.is_running():
            engine.clear_run(self._home)
            bridge.clear_run(self._home)
            self._supervisor.launch()
        self._start(service_module.Tier.BASE)

    def _take_over_changes(self) -> None:
        """Stop what was configured or installed anew.

        If it is something that the rest stands on, all is stopped: ports of
        a userspace switch, for one, vanish with it.
        """
        stopped = self._supervisor.reload()
        changed = self._changed - {'supervisord.conf'}
        is_base = any(name.startswith(_BASE_FILES) for name in changed)
        if is_base or stopped & set(down.STANDS_BELOW):
            down.stop(self._home)
            self._configure()
            return
        states = self._supervisor.states()
        for switch in restart.outlived(states):
            restart.run(self._home, self._state, switch)
        running = states.keys()
        if changed:
            self._restart |= running - set(down.STANDS_BELOW)
        self._supervisor.stop(self._restart & running)

    def _engine(self) -> None:
        if not self._boots:
            self._start(service_module.Tier.ENGINE)
            return
        network.prepare_switch(self._home, socket.gethostname())
        if self._flavour == 'ovn':
            network.init_ovn(self._home)
            network.prepare_ovn(self._home, self._datapath)
        self._start(service_module.Tier.ENGINE)
        network.add_bridges(self._home, self._flavour, self._datapath)

    def _schemas(self) -> None:
        release = environment.wanted()
        made = database.make_schemas(
            self._home,
            self._secrets,
            f'rabbit://openstack:{self._secrets["rabbitmq"]}'
            f'@{constants.MANAGEMENT_ADDRESS}:5672/',
            lambda name: f'schema-{name}' in self._state.done,
            database.names(
                self._boots, self._state.volumes, self._state.stacks
            ),
        )
        for name in made:
            self._remember(f'schema-{name}', release)
        # The others' tables come with a release, ours with the checkout.
        code = environment.source_digest()
        if self._state.done.get('bridge-tables') != code:
            database.upgrade_bridge(self._home)
            self._remember('bridge-tables', code)

    def _identity(self) -> None:
        self._start(service_module.Tier.IDENTITY)
        names = catalog.names(
            self._boots, self._state.volumes, self._state.stacks
        )
        wanted = ' '.join((catalog.VERSION, *names))
        if self._state.done.get('catalog') != wanted:
            admin = cloud.connect(self._secrets)
            catalog.fill(admin, self._secrets, names)
            self._remember('catalog', wanted)

    def _services(self) -> None:
        self._start(service_module.Tier.CONTROL)
        if self._state.volumes:
            volume.wait_for_back_end(cloud.connect(self._secrets))
        if self._boots:
            self._start(service_module.Tier.COMPUTE)
            self._wait_for_host(socket.gethostname())
        if self._state.stacks:
            stack.wait_for_engine(self._home, cloud.connect(self._secrets))

    def _wait_for_host(self, host: str) -> None:
        """Wait for a host; supervisor takes one that comes and goes for well.

        :raises OperationFailed: with the last lines of its nova-compute
        """
        is_here = host == socket.gethostname()
        name = 'nova-compute' if is_here else f'{host}.nova-compute'
        log = self._home.log_of(name)
        try:
            process.wait_until(
                lambda: host in database.mapped_hosts(self._home),
                60,
                f'nova discovers compute host {host}',
            )
            seed.wait_for_host(cloud.connect(self._secrets), host)
        except exception.OperationFailed as err:
            raise exception.OperationFailed(
                f'{err}; log: {log}\n{process.tail(log)}'
            ) from err

    def _seed(self) -> None:
        if self._state.done.get('seed') == self._compute_driver:
            return
        admin = cloud.connect(self._secrets)
        demo = self._demo()
        seed.flavors(admin)
        if seed.has_trait(admin):
            seed.aggregate(admin, socket.gethostname())
        else:
            seed.image(admin, self._archive(), is_docker=False)
        seed.networks(admin, demo)
        seed.security_group(demo)
        self._remember('seed', self._compute_driver)

    def _archive(self) -> pathlib.Path:
        archive = self._home.data / 'memcached.tar'
        image.build(archive)
        return archive

    def _push(self) -> None:
        demo = self._demo()
        if self._compute_driver != _DRIVER or push.is_pushed(demo):
            return
        seed.remove_upload(cloud.connect(self._secrets))
        push.push(self._home, self._secrets, self._archive())
        push.require_image(demo)

    def _server(self) -> None:
        demo = self._demo()
        server = story.boot(demo)
        self._result.address = story.floating_ip(demo, server)

    def _answer(self) -> None:
        if self._compute_driver != _DRIVER:
            return
        self._result.version = story.converse(self._result.address)

    def _nodes(self) -> None:
        for each in self._state.nodes:
            node.prepare(self._home, each, self._names)
        self._supervisor.reload()
        for each in self._state.nodes:
            inside = self._home.of_node(each.name)
            services = roster.of_node(self._home, each)
            self._start(service_module.Tier.BASE, services)
            network.prepare_switch(inside, each.name)
            self._start(service_module.Tier.ENGINE, services)
            node.connect_switch(self._home, each, self._datapath)
            self._start(service_module.Tier.COMPUTE, services)
        for each in self._state.nodes:
            self._wait_for_host(each.name)
            if each.driver == 'docker':
                seed.aggregate(cloud.connect(self._secrets), each.name)

    def _demo(self) -> Any:
        return cloud.connect(self._secrets, constants.DEMO)

    def _start(
        self,
        tier: service_module.Tier,
        services: Sequence[service_module.Service] = (),
    ) -> None:
        """Start a tier, of the machine itself unless others are given."""
        known = services or service_module.services(
            self._home,
            self._flavour,
            self._state.volumes,
            self._state.stacks,
        )
        self._supervisor.start([it for it in known if it.tier == tier])

    def _remember(
        self, step: str, fingerprint: str, forget: tuple[str, ...] = ()
    ) -> None:
        done = {
            name: value
            for name, value in self._state.done.items()
            if name not in forget
        }
        self._state = dataclasses.replace(self._state, done=done).with_done(
            step, fingerprint
        )
        home_module.save_state(self._home, self._state)
