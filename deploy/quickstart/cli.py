"""The command line. Only words: each command is a story elsewhere.

What a command needs is imported when it runs: ``exec`` must cost nothing.
"""

import os
import sys
from typing import Any

import click

from deploy.quickstart import constants
from deploy.quickstart import exception
from deploy.quickstart import home as home_module


class _Group(click.Group):
    """Turn our exceptions into a sentence and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except exception.QuickstartError as err:
            click.echo(f'quickstart: {err}', err=True)
            ctx.exit(err.exit_code)


@click.group(cls=_Group)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """A real OpenStack on this machine, with Docker containers as servers.

    State lives in NOVA_DOCKER_HOME (default /var/lib/nova-docker).
    """
    ctx.obj = home_module.from_environment(os.environ)


@cli.command()
@click.option(
    '--network',
    type=click.Choice(constants.NETWORKS),
    help='Neutron with Open vSwitch agents (default) or with OVN; none is '
    'images and registry alone, without Nova.',
)
@click.option(
    '--volumes',
    is_flag=True,
    help='Also Cinder, and volumes for servers. Once it is there it stays.',
)
@click.option(
    '--stacks',
    is_flag=True,
    help='Also Heat, and stacks of templates. Once it is there it stays.',
)
# NOTE: for work on the quickstart itself, without the driver.
@click.option('--compute-driver', hidden=True, default='docker.DockerDriver')
@click.pass_obj
def up(
    home: home_module.Home,
    network: str | None,
    volumes: bool,
    stacks: bool,
    compute_driver: str,
) -> None:
    """Install and start the cloud, then push and boot memcached."""
    from deploy.quickstart import summary
    from deploy.quickstart import up as up_module

    progress = summary.progress()
    state = home_module.load_state(home)
    flavour = network or (state.network if state else 'ovs')
    run = up_module.Up(
        home,
        flavour,
        progress,
        compute_driver,
        volumes=volumes,
        stacks=stacks,
    )
    result = run.run()
    summary.show(home, progress, result.address, result.version)


@cli.command()
@click.option('--purge', is_flag=True, help='Also remove all state.')
@click.pass_obj
def down(home: home_module.Home, purge: bool) -> None:
    """Stop the cloud; leave nothing running, mounted or plugged."""
    from deploy.quickstart import down as down_module
    from deploy.quickstart import owner
    from deploy.quickstart import summary

    if not home.path.exists() and not owner.is_ours(home):
        click.echo(f'Nothing is installed in {home.path}.')
        return
    down_module.run(home, summary.progress(), is_purge=purge)


@cli.command(
    'exec',
    context_settings={'ignore_unknown_options': True},
    add_help_option=False,
)
@click.argument('command', nargs=-1, required=True, type=click.UNPROCESSED)
@click.pass_obj
def exec_(home: home_module.Home, command: tuple[str, ...]) -> None:
    """Run a command as the cloud's administrator."""
    from deploy.quickstart import shell

    _require_installed(home)
    shell.replace(home, command)


@cli.command()
@click.argument('service')
@click.option('-f', '--follow', is_flag=True, help='Go on as it grows.')
@click.option('-n', '--lines', default=50, show_default=True)
@click.pass_obj
def logs(
    home: home_module.Home, service: str, follow: bool, lines: int
) -> None:
    """Show the log of a service or of a step of `up`."""
    _require_installed(home)
    path = home.log_of(service)
    if not path.exists():
        known = sorted(file.stem for file in home.log.glob('*.log'))
        raise click.BadParameter(
            f'no log of {service}; there are: {", ".join(known)}'
        )
    words = ['tail', f'--lines={lines}']
    words += ['--follow=name'] if follow else []
    os.execvp('tail', [*words, str(path)])


@cli.command()
@click.argument('service')
@click.pass_obj
def restart(home: home_module.Home, service: str) -> None:
    """Stop and start one service, and with a switch its agents."""
    from deploy.quickstart import lock
    from deploy.quickstart import restart as restart_module
    from deploy.quickstart import roster

    state = _require_installed(home)
    known = roster.by_name(home, state)
    if service not in known:
        raise click.BadParameter(
            f'no service {service}; there are: {", ".join(sorted(known))}'
        )
    with lock.held(home):
        names = restart_module.run(home, state, service)
    click.echo(f'Started again: {", ".join(names)}.')


@cli.command()
@click.option('--json', 'is_json', is_flag=True, help='For programs.')
@click.pass_obj
def status(home: home_module.Home, is_json: bool) -> None:
    """Show every service: pid, port, health, memory."""
    from deploy.quickstart import status as status_module

    state = _require_installed(home)
    rows = status_module.rows(home, state)
    status_module.show(rows, is_json)
    if not all(row.is_well for row in rows):
        sys.exit(1)


@cli.command()
@click.pass_obj
def leaks(home: home_module.Home) -> None:
    """List what belongs to no living server; 1 if there is any."""
    from deploy.quickstart import leak

    state = _require_installed(home)
    found = leak.find(home, state)
    for line in found:
        click.echo(line)
    if found:
        sys.exit(1)


@cli.command(context_settings={'ignore_unknown_options': True})
@click.argument('name')
@click.argument('words', nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def bench(home: home_module.Home, name: str, words: tuple[str, ...]) -> None:
    """Run benchmarks/NAME.py against the cloud."""
    from deploy.quickstart import shell

    _require_installed(home)
    folder = home_module.CHECKOUT / 'benchmarks'
    known = sorted(path.stem for path in folder.glob('[a-z]*.py'))
    if name not in known:
        raise click.BadParameter(
            f'no benchmark {name}; there are: {", ".join(known) or "none"}'
        )
    checkout = f'PYTHONPATH={home_module.CHECKOUT}'
    python = (str(home.bin / 'python'), '-m', f'benchmarks.{name}')
    shell.replace(home, ('env', checkout, *python, *words))


@cli.command()
@click.argument('regex', default=r'^tempest\.api\.compute\.')
@click.option('--concurrency', default=2, show_default=True)
@click.pass_obj
def tempest(home: home_module.Home, regex: str, concurrency: int) -> None:
    """Run OpenStack's own tests against the cloud.

    Those whose name matches REGEX, by default tempest's tests of the compute
    API. Makes a second compute host if there is none.
    """
    from deploy.quickstart import summary
    from deploy.quickstart.tempest import story

    _require_installed(home)
    run = story.Run(
        home, summary.progress(), regex=regex, concurrency=concurrency
    )
    if not run.run():
        sys.exit(1)


@cli.group('node')
def node_group() -> None:
    """Add and remove compute hosts on this machine."""


@node_group.command('add')
@click.argument('name')
@click.option(
    '--driver',
    type=click.Choice(['docker', 'fake']),
    default='docker',
    show_default=True,
    help='What the host runs: containers, or nothing at all.',
)
@click.option(
    '--dedicated-cpus',
    metavar='CPUS',
    default='',
    help='CPUs, as 1 or 4-7, for servers with hw:cpu_policy=dedicated.',
)
@click.pass_obj
def node_add(
    home: home_module.Home, name: str, driver: str, dedicated_cpus: str
) -> None:
    """Make a compute host with a kernel namespace of its own."""
    from deploy.quickstart import summary
    from deploy.quickstart import up as up_module

    state = _require_installed(home)
    run = up_module.Up(home, state.network, summary.progress())
    run.add_node(name, driver, dedicated_cpus)


@node_group.command('remove')
@click.argument('name')
@click.pass_obj
def node_remove(home: home_module.Home, name: str) -> None:
    """Take a compute host away that has no servers."""
    from deploy.quickstart import down as down_module

    _require_installed(home)
    down_module.remove_node(home, name)


def _require_installed(home: home_module.Home) -> home_module.State:
    state = home_module.load_state(home)
    if state is None:
        raise exception.PreconditionMissing(
            f'Nothing is installed in {home.path}: run `up`.'
        )
    return state


def main() -> None:
    """Run the command line."""
    cli(prog_name='quickstart')
