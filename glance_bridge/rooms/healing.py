"""What heals: events and sweeps."""

import datetime
import functools

from glance_bridge import settle
from glance_bridge.events import door as events_door
from glance_bridge.events import queue
from glance_bridge.publish import lock
from glance_bridge.reconcile import loop
from glance_bridge.reconcile import mend
from glance_bridge.reconcile import model as reconcile_model
from glance_bridge.reconcile import orphan
from glance_bridge.reconcile import question
from glance_bridge.reconcile import survey
from glance_bridge.reconcile import sweep
from glance_bridge.rooms import house
from glance_bridge.rooms import publishing


class Healing(publishing.Publishing):
    def _settler(self, way: str) -> settle.Settler:
        return settle.Settler(
            self.registry, self.publisher, self.database, way
        )

    @house.room
    def hints(self) -> queue.Hints:
        options = self.conf.events
        return queue.Hints(
            self._settler('event'), options.delay_s, options.queue_size
        )

    @house.room
    def events(self) -> events_door.Door:
        options = self.conf.events
        return events_door.Door(
            self.hints, options.token, frozenset(options.ignored_actors)
        )

    @house.room
    def sweeper(self) -> sweep.Sweeper:
        options = self.conf.reconciler
        menders = mend.Rooms(
            settler=self._settler('sweep'),
            publisher=self.publisher,
            registry=self.registry,
            catalogue=self.catalogue,
            database=self.database,
        )
        return sweep.Sweeper(
            survey.Survey(
                *(self.registry, self.catalogue, self.database),
                options.threads,
            ),
            orphan.Orphans(
                self.catalogue,
                options.orphan_after_s,
                threads=options.threads,
            ),
            mend.Mender(menders),
            self.database,
            sweep.Questions(
                question.Question(self.registry, self.judge).is_image,
                self.publisher.recognize,
            ),
            self._retention(),
            threads=options.threads,
        )

    def _retention(self) -> reconcile_model.Rules:
        options = self.conf.reconciler
        days = options.retired_days
        return reconcile_model.Rules(
            options.retired_images,
            None if days is None else datetime.timedelta(days=days),
            datetime.timedelta(seconds=options.stuck_after_s),
        )

    @house.room
    def loop(self) -> loop.Loop:
        # Nobody waits for a sweep: another one comes soon enough.
        locks = lock.Locks(self.conf.publishing.lock_url, timeout_s=1)
        return loop.Loop(
            self.sweeper,
            functools.partial(locks.held, 'sweep'),
            self.conf.reconciler.interval_s,
        )
