"""One run: prepares for each level what it needs and runs it."""

from collections.abc import Sequence
import dataclasses
import functools
import pathlib
import time

from tools.testing import again
from tools.testing import cloud
from tools.testing import failure
from tools.testing import level
from tools.testing import package
from tools.testing import report
from tools.testing import stage
from tools.testing import style
from tools.testing import suite
from tools.testing import tempest
from tools.testing import trixie
from tools.testing import venv


@dataclasses.dataclass
class Session:
    """A run in a cache folder of its own.

    :ivar cache: keeps virtual environments from run to run; copies and logs
        of the last run lie there too
    """

    checkout: pathlib.Path
    cache: pathlib.Path
    filters: Sequence[str] = ()

    def run(
        self,
        each: level.Level,
        deadline: float,
        *,
        following: Sequence[str] = (),
    ) -> list[report.Result]:
        """Run one level; what keeps it from running is its one failure.

        :param following: the cloud of the level that comes next, if it
            needs one; where that is the same, the cloud stays up
        """
        return [
            self._run(each, environment, deadline, following)
            for environment in each.environments
        ]

    def _run(
        self,
        each: level.Level,
        environment: str,
        deadline: float,
        following: Sequence[str],
    ) -> report.Result:
        began = time.monotonic()
        title = each.title(environment)
        log = self._log(title)
        try:
            with self._clouds.have(
                each.cloud, following, log=log, deadline=deadline
            ):
                folder = self._prepare(each, environment, log, deadline)
                print(f'{title}: ready, {time.monotonic() - began:.0f} s')
                return self._result(each, title, folder, log, deadline)
        except failure.LevelNotRun as err:
            print(f'{title}: FAIL {err}', flush=True)
            return report.Result(
                title=title,
                log=log,
                seconds=time.monotonic() - began,
                failed=[f'{title}: {err}'],
            )

    def _log(self, title: str) -> pathlib.Path:
        log = self.cache / 'log' / f'{title}.log'
        log.parent.mkdir(exist_ok=True)
        log.unlink(missing_ok=True)
        return log

    def _prepare(
        self,
        each: level.Level,
        environment: str,
        log: pathlib.Path,
        deadline: float,
    ) -> pathlib.Path:
        package.install(
            [*venv.PACKAGES, *each.packages], log=log, deadline=deadline
        )
        if each.tempest:  # The quickstart prepares what it runs.
            return self.cache
        folder = self.cache / 'venv' / environment
        venv.ensure(
            folder,
            venv.constraints_of(self.checkout, environment),
            log=log,
            deadline=deadline,
        )
        if each.is_trixie:
            trixie.ensure(self._trixie, log=log, deadline=deadline)
        if each.tests:
            if self._wheel is None:
                self._wheel = venv.build_wheel(
                    folder,
                    self._source,
                    self.cache / 'wheel',
                    log=log,
                    deadline=deadline,
                )
            venv.install_wheel(folder, self._wheel, log=log, deadline=deadline)
        return folder

    _wheel: pathlib.Path | None = None

    @property
    def _trixie(self) -> pathlib.Path:
        return self.cache / 'root' / trixie.SUITE

    @functools.cached_property
    def _source(self) -> pathlib.Path:
        source = self.cache / 'source'
        stage.copy_all(self.checkout, source)
        return source

    @functools.cached_property
    def _clouds(self) -> cloud.Clouds:
        return cloud.Clouds(self.checkout)

    def _result(
        self,
        each: level.Level,
        title: str,
        folder: pathlib.Path,
        log: pathlib.Path,
        deadline: float,
    ) -> report.Result:
        if not (each.tests or each.tempest):
            return style.check(
                folder, self._source, self.checkout, log=log, deadline=deadline
            )
        once = (
            self._tempest(each, title, log, deadline)
            if each.tempest
            else self._suite(each, title, folder, log, deadline)
        )
        if not each.repeats:
            return once(self.filters)
        result = again.run(once, self.filters)
        if each.tests and each.network:
            left = cloud.leaks(self.checkout)
            return dataclasses.replace(result, failed=[*result.failed, *left])
        return result

    def _tempest(
        self, each: level.Level, title: str, log: pathlib.Path, deadline: float
    ) -> again.Run:
        return lambda filters: tempest.run(
            self.checkout,
            title,
            each.tempest,
            filters,
            log=log,
            deadline=deadline,
        )

    def _suite(
        self,
        each: level.Level,
        title: str,
        folder: pathlib.Path,
        log: pathlib.Path,
        deadline: float,
    ) -> again.Run:
        copy = self.cache / 'tests' / title
        stage.copy_tests(self.checkout, copy)
        root = {trixie.VARIABLE: str(self._trixie)} if each.is_trixie else {}
        return lambda filters: suite.Suite(
            level=each,
            title=title,
            venv=folder,
            folder=copy,
            log=log,
            filters=filters,
            settings=root,
        ).run(deadline)
