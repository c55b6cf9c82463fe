"""The story of ``tempest``: what it needs, the tests, and what is left.

The cloud has to be up. What tempest needs of it (a second host, two images)
stays for the next run.
"""

import socket
import time

from deploy.quickstart import cloud
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import leak
from deploy.quickstart import lock
from deploy.quickstart import process
from deploy.quickstart import progress as progress_module
from deploy.quickstart import supervise
from deploy.quickstart import up
from deploy.quickstart.tempest import config
from deploy.quickstart.tempest import images
from deploy.quickstart.tempest import leftover
from deploy.quickstart.tempest import report
from deploy.quickstart.tempest import runner
from deploy.quickstart.tempest import selection
from deploy.quickstart.tempest import workspace as workspace_module

NODE = 'node2'
# Neutron's agents clear up some time after the API has answered.
_LEAKS_S = 90


class Run:
    """One run of tempest."""

    def __init__(
        self,
        home: home_module.Home,
        progress: progress_module.Progress,
        *,
        regex: str,
        concurrency: int,
    ) -> None:
        self._home = home
        self._progress = progress
        self._regex = regex
        self._concurrency = concurrency
        self._workspace = workspace_module.Workspace(home)

    def run(self) -> bool:
        """Run the tests and show what became of them.

        :returns: whether all that ran passed and nothing leaked
        :raises PreconditionMissing: the cloud is down
        :raises OperationFailed: they could not be run
        """
        if not supervise.Supervisor(self._home).is_running():
            raise exception.PreconditionMissing(
                'The cloud is down: run `up` first.'
            )
        with lock.held(self._workspace.folder()):
            return self._run()

    def _run(self) -> bool:
        phase = self._progress.phase
        workspace = self._workspace
        with phase('tempest', 'tempest from PyPI'):
            workspace_module.make(workspace)
            workspace_module.install_plugin(workspace)
        with phase('select', 'tests and what is left out'):
            rules = selection.rules(selection.SKIPS.read_text())
            names = workspace_module.names(workspace)
            chosen = selection.select(names, self._regex, rules)
        self._prepare()
        # Others', which the tests do not answer for.
        known = set(leak.find(self._home, self._state()))
        began = time.monotonic()
        with phase('tests', f'{len(chosen.chosen)} tests'):
            outcome = runner.run(
                workspace,
                list(chosen.chosen),
                self._progress.console,
                concurrency=self._concurrency,
            )
        result = report.Report(
            regex=self._regex,
            seconds=time.monotonic() - began,
            outcome=outcome,
            excluded=chosen.excluded,
        )
        with phase('leaks', 'what the tests left behind'):
            result.leaks = self._leaks(known)
            result.leftovers = self._leftovers()
        report.write(workspace, result)
        report.show(self._progress.console, workspace, result)
        return result.is_well

    def _prepare(self) -> None:
        """Give tempest the hosts, the images and the configuration."""
        if len(self._hosts()) < 2 and self._state().network == 'ovs':
            run = up.Up(self._home, 'ovs', self._progress)
            run.add_node(NODE, 'docker')
        secrets = home_module.load_secrets(self._home)
        admin = cloud.connect(secrets)
        with self._progress.phase('images', 'images'), cloud.errors():
            with lock.held(self._home):
                image_ids = images.upload(self._workspace, admin)
            config.write(
                self._workspace,
                admin,
                image_ids=image_ids,
                hosts=self._hosts(),
                volumes=self._state().volumes,
                secrets=secrets,
            )

    def _state(self) -> home_module.State:
        state = home_module.load_state(self._home)
        if state is None:
            raise exception.PreconditionMissing('The cloud is gone.')
        return state

    def _hosts(self) -> list[str]:
        """List the hosts of containers: the machine and docker nodes."""
        nodes = self._state().nodes
        docker = [node.name for node in nodes if node.driver == 'docker']
        return [socket.gethostname(), *docker]

    def _leaks(self, known: set[str]) -> list[str]:
        """List what leaked and is still there after a while."""
        found: list[str] = []

        def is_clean() -> bool:
            lines = leak.find(self._home, self._state())
            found[:] = [line for line in lines if line not in known]
            return not found

        try:
            process.wait_until(is_clean, _LEAKS_S, 'nothing is left')
        except exception.OperationFailed:
            return found
        return []

    def _leftovers(self) -> list[str]:
        with cloud.errors():
            secrets = home_module.load_secrets(self._home)
            return leftover.find(
                cloud.connect(secrets), volumes=self._state().volumes
            )
