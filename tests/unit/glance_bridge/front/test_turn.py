"""Turns of pushes: who goes on, who waits, who is refused."""

from concurrent import futures
import contextlib
import threading
import time

import testtools

from glance_bridge import exception
from glance_bridge.front import turn
from tests.fixtures import images
from tests.unit.glance_bridge.front import fronting

_DEADLINE_S = 30


class TurnsTest(testtools.TestCase):
    def setUp(self):
        super().setUp()
        self.begun = []
        self.changed = threading.Condition()
        self.pool = futures.ThreadPoolExecutor(200)
        self.addCleanup(self.pool.shutdown)
        self.gates, self.pushes = [], []
        self.addCleanup(self._open_all)

    def _turns(self, *, wait_s=_DEADLINE_S, **changes):
        rules = {'pushes': 3, 'pushes_per_project': 2, 'waiting_pushes': 4}
        self.turns = turn.Turns(
            turn.Rules(**{**rules, **changes}, wait_s=wait_s)
        )

    def _open_all(self):
        for gate in self.gates:
            gate.set()

    def _push(self, project_id):
        """Begin a push that goes on until its gate is opened."""
        gate = threading.Event()
        self.gates.append(gate)

        def run():
            with self.turns.taken(project_id):
                with self.changed:
                    self.begun.append(project_id)
                    self.changed.notify_all()
                gate.wait(_DEADLINE_S)

        before = self._arrived()
        found = self.pool.submit(run)
        self.pushes.append(found)
        # Who begins to wait, or is refused, tells nobody.
        deadline = time.monotonic() + _DEADLINE_S
        while self._arrived() == before:
            self.assertLess(time.monotonic(), deadline)
            futures.wait([found], 0.001)
        return found, gate

    def _arrived(self):
        refused = [
            each for each in self.pushes if each.done() and each.exception()
        ]
        turns = self.turns
        with turns._lock:
            inside = turns._at_work.total() + len(turns._waiting)
        return inside + len(refused)

    def _wait_for(self, *begun):
        with self.changed:
            self.assertTrue(
                self.changed.wait_for(
                    lambda: self.begun == [*begun], _DEADLINE_S
                ),
                self.begun,
            )

    def _refusal(self, push):
        return self.assertRaises(
            exception.TooManyRequests, push[0].result, _DEADLINE_S
        )

    def test_one_project_leaves_room_for_others(self):
        self._turns()
        slow = [self._push('a') for _ in range(5)]
        self._wait_for('a', 'a')
        self._push('b')
        self._wait_for('a', 'a', 'b')
        slow[0][1].set()
        self._wait_for('a', 'a', 'b', 'a')

    def test_the_next_turn_is_for_who_has_the_fewest(self):
        self._turns(pushes=2)
        first = self._push('a')
        self._push('a')
        for project_id in ('a', 'b', 'c'):
            self._push(project_id)
        self._wait_for('a', 'a')
        first[1].set()
        self._wait_for('a', 'a', 'b')

    def test_of_equals_who_came_first_is_next(self):
        self._turns(pushes=1)
        gates = [self._push(each)[1] for each in ('a', 'c', 'b', 'c')]
        for number, gate in enumerate(gates):
            self._wait_for(*'acbc'[: number + 1])
            gate.set()

    def test_who_has_the_most_waiting_makes_room(self):
        self._turns()
        many = [self._push('a') for _ in range(6)]
        others = [self._push('b') for _ in range(2)]
        self._wait_for('a', 'a', 'b')
        # The newest is out, those before it go on waiting.
        err = self._refusal(many[5])
        self.assertEqual((('Retry-After', '30'),), err.headers)
        self.assertEqual((429, 'TOOMANYREQUESTS'), (err.status, err.code))
        self._open_all()
        for push in (*many[:5], *others):
            push[0].result(_DEADLINE_S)

    def test_who_has_the_most_gets_no_more_room(self):
        self._turns()
        for _ in range(6):
            self._push('a')
        self._refusal(self._push('a'))

    def test_who_waits_in_vain_is_refused(self):
        self._turns(pushes=1, wait_s=0.01)
        held = self._push('a')
        for _ in range(2):
            self._refusal(self._push('b'))
        held[1].set()
        held[0].result(_DEADLINE_S)
        self._push('b')
        self._wait_for('a', 'b')

    def test_a_turn_ends_with_an_error_as_well(self):
        self._turns(pushes=1, wait_s=0.01)
        for _ in range(2):
            with (
                contextlib.suppress(exception.Denied),
                self.turns.taken('a'),
            ):
                raise exception.Denied

    def test_a_hundred_pushes_of_one_project_lose_nothing(self):
        conf = {'pushes': 32, 'pushes_per_project': 16, 'waiting_pushes': 100}
        self._turns(**conf)
        most, lock = [], threading.Lock()

        def run(_number):
            with self.turns.taken('a'), lock:
                most.append(self.turns._at_work['a'])

        self.assertEqual(100, len([*self.pool.map(run, range(100))]))
        self.assertEqual(100, len(most))
        self.assertLessEqual(max(most), 16)
        self.assertEqual(0, self.turns._at_work.total())


class DoorTest(fronting.FrontTestCase):
    turns = turn.Rules(1, 1, 0, _DEADLINE_S)

    def test_what_has_no_turn_is_neither_read_nor_stored(self):
        made = images.image()
        images.push(self.registry, 'demo/web', made, 'kept')
        with self.door._stories.turns.taken('another'):
            for method, reference in (
                ('PUT', 'latest'),
                ('PUT', made.digest),
                ('DELETE', 'kept'),
                ('DELETE', made.digest),
            ):
                self.assertRaises(
                    exception.TooManyRequests,
                    *(self.request, method, reference, made),
                )
            self.assertEqual([], self.relay.requests)
            self.assertEqual(made.digest, self.manifest_of('kept'))
        self.assertEqual(201, self.push(made).status_int)

    def test_what_others_wait_for_needs_no_turn(self):
        token = 'pull,push,delete:demo/web:service'
        with self.door._stories.turns.taken('another'):
            for method, status in (
                ('PUT', 201),
                ('GET', 200),
                ('DELETE', 202),
            ):
                made = images.image() if method == 'PUT' else None
                found = self.request(method, fronting.PIN, made, token=token)
                self.assertEqual(status, found.status_int)
