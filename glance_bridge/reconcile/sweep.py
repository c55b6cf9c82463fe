"""One sweep: look, compare, mend."""

from collections.abc import Callable
from collections.abc import Iterable
from concurrent import futures
import dataclasses
import datetime
import threading
import time
from typing import Protocol

from oslo_log import log as logging

from glance_bridge import exception
from glance_bridge import metrics
from glance_bridge import model
from glance_bridge.reconcile import mend
from glance_bridge.reconcile import model as reconcile_model
from glance_bridge.reconcile import orphan
from glance_bridge.reconcile import plan
from glance_bridge.reconcile import rebuild
from glance_bridge.reconcile import survey

LOG = logging.getLogger(__name__)

Finding = reconcile_model.Finding
Kind = reconcile_model.Kind

# So many images may go at once without anybody asking why.
_FEW = 10


class Database(Protocol):
    def add_binding(self, binding: model.Binding) -> model.Binding: ...


@dataclasses.dataclass(frozen=True)
class Questions:
    """What only other rooms can answer.

    :param is_image: whether what a repository has under a digest can be
        published; artifacts are not missed in Glance
    :param recognize: what an image was published for, by its id
    """

    is_image: Callable[[model.Repository, str], bool]
    recognize: rebuild.Recognize


class Sweeper:
    """Both directions, and nothing remembered but what costs to ask.

    :ivar stopping: set by whoever wants the sweep to end early
    """

    def __init__(
        self,
        surveyor: survey.Survey,
        orphans: orphan.Orphans,
        mender: mend.Mender,
        database: Database,
        questions: Questions,
        rules: reconcile_model.Rules,
        *,
        threads: int,
    ) -> None:
        self._surveyor = surveyor
        self._orphans = orphans
        self._mender = mender
        self._database = database
        self._questions = questions
        self._rules = rules
        self._threads = threads
        self.stopping = threading.Event()
        # A digest means the same for ever.
        self._artifacts: set[str] = set()

    def look(self) -> list[Finding]:
        """List what differs, and change nothing."""
        world = self._surveyor.look()
        rows = rebuild.unrecorded(world, self._questions.recognize)
        world = _with_rows(world, rows, rebuild.owners(world, rows).keys())
        lost = [plan.finding(Kind.UNRECORDED, each) for each in rows.values()]
        found = self._compare(world)
        return sorted(lost + found + self._young(found))

    def sweep(self, *, is_asked_for: bool = False) -> reconcile_model.Outcome:
        """Mend what differs.

        :param is_asked_for: a person wants it, however much it is
        :raises ServiceUnavailable: one side could not be read
        """
        begin = time.monotonic()
        try:
            outcome = self._sweep(is_asked_for=is_asked_for)
        except Exception:
            _observe(begin, 'failed')
            raise
        _observe(begin, 'done')
        metrics.SWEPT_AT.set_to_current_time()
        for kind in Kind:
            count = sum(each.kind is kind for each in outcome.findings)
            metrics.FINDINGS.labels(kind.value).set(count)
        return outcome

    def _sweep(self, *, is_asked_for: bool) -> reconcile_model.Outcome:
        world = self._surveyor.look()
        rows = rebuild.unrecorded(world, self._questions.recognize)
        owners = rebuild.owners(world, rows)
        for namespace, project_id in owners.items():
            self._database.add_binding(
                model.Binding(namespace, project_id, domain_id='')
            )
        for each in rows.values():
            self._mender.record(each)
        world = _with_rows(world, rows, owners.keys())
        findings = self._compare(world)
        todo = [each for each in findings if self._mender.can(each)]
        if is_asked_for:
            findings += self._young(findings)
        else:
            todo = _without_disaster(world, todo)
        failed = self._mend(todo)
        failed += [each for each in findings if each not in todo]
        lost = [plan.finding(Kind.UNRECORDED, each) for each in rows.values()]
        return reconcile_model.Outcome(
            tuple(sorted(lost + findings)), tuple(sorted(failed))
        )

    def _compare(self, world: reconcile_model.World) -> list[Finding]:
        now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        found = plan.compare(world, self._rules, now)
        found = list(dict.fromkeys(found + self._orphans.find(world)))
        with futures.ThreadPoolExecutor(self._threads) as pool:
            counts = list(pool.map(self._counts, found))
        return [
            each for each, is_one in zip(found, counts, strict=True) if is_one
        ]

    def _young(self, findings: list[Finding]) -> list[Finding]:
        """List the pins that may yet come to use, for a person to know."""
        return [each for each in self._orphans.young if each not in findings]

    def _counts(self, finding: Finding) -> bool:
        """Leave out the tags that no image can stand for."""
        if finding.kind not in (Kind.UNPUBLISHED, Kind.UNBOUND):
            return True
        if finding.digest in self._artifacts:
            return False
        try:
            is_image = self._questions.is_image(
                finding.repository, finding.digest
            )
        except exception.RegistryNotFound:
            # It went since it was listed, and the next sweep sees that.
            return False
        except exception.RegistryRefused as err:
            LOG.debug('%s: %s', finding, err)
            return True
        if not is_image:
            self._artifacts.add(finding.digest)
        return is_image

    def _mend(self, findings: list[Finding]) -> list[Finding]:
        """Mend with a few threads, and say what is left."""
        with futures.ThreadPoolExecutor(self._threads) as pool:
            done = list(pool.map(self._is_mended, findings))
        return [
            each
            for each, is_done in zip(findings, done, strict=True)
            if not is_done
        ]

    def _is_mended(self, finding: Finding) -> bool:
        if self.stopping.is_set():
            return False
        try:
            self._mender.mend(finding)
        except exception.BridgeError as err:
            LOG.warning(
                '%(finding)s is left for the next sweep: %(reason)s',
                {'finding': finding, 'reason': err},
            )
            return False
        # A thread's loop: one tag must not keep the others from mending.
        except Exception:
            LOG.exception('%s is left for the next sweep', finding)
            return False
        LOG.info('Mended: %s', finding)
        return True


def _without_disaster(
    world: reconcile_model.World, findings: list[Finding]
) -> list[Finding]:
    """Leave deleted images alone where most of them are.

    Users do not delete half of a catalogue between two sweeps; a Glance
    with another database behind it looks just like that.
    """
    gone = sum(each.kind is Kind.DELETED for each in findings)
    standing = sum(
        each.state is not model.State.DELETED for each in world.publications
    )
    if gone <= max(_FEW, standing // 2):
        return findings
    LOG.error(
        '%(gone)d of %(standing)d published images are not in Glance. They '
        'are not taken for deleted: if they are, run "glance-bridge-status '
        '--mend".',
        {'gone': gone, 'standing': standing},
    )
    return [each for each in findings if each.kind is not Kind.DELETED]


def _with_rows(
    world: reconcile_model.World,
    rows: dict[str, model.Publication],
    namespaces: Iterable[str],
) -> reconcile_model.World:
    return dataclasses.replace(
        world,
        publications=(*world.publications, *rows.values()),
        namespaces=world.namespaces | frozenset(namespaces),
    )


def _observe(begin: float, result: str) -> None:
    metrics.SWEEP.labels(result).observe(time.monotonic() - begin)
