"""A snapshot: whole, or nothing of it, and the server as it was."""

import dataclasses
import json
import threading
from unittest import mock

from nova import exception as nova_exception
from nova.compute import task_states

from novadocker import exception
from novadocker import identity
from novadocker import model
from novadocker.image import upload
from novadocker.ops import destroy
from novadocker.ops import power
from novadocker.ops import snapshot
from tests.fixtures import fake_engine
from tests.fixtures import fake_glance
from tests.unit.novadocker.ops import stories
from tests.unit.ocikit import test_archive

IMAGE_ID = '9c1e1b2a-6d3f-4f0a-8f57-4c1a1f0d2b3e'
DEADLINE_S = 30


class SnapshotTestCase(stories.StoryTestCase):
    def setUp(self):
        super().setUp()
        self.glance = fake_glance.FakeGlance(
            **{IMAGE_ID: fake_glance.awaited()}
        )
        self.uploader = upload.Uploader(self.glance, architecture='x86_64')
        self.states = []
        self.deleting_at = None

    def _update_task_state(
        self, task_state, expected_state=task_states.IMAGE_SNAPSHOT
    ):
        if task_state == self.deleting_at:
            raise nova_exception.UnexpectedDeletingTaskStateError(
                instance_uuid=self.uuid, expected={}, actual={}
            )
        self.states.append((expected_state, task_state))

    def snapshot(self):
        snapshot.snapshot(
            self.tools,
            self.uploader,
            None,
            self.instance,
            IMAGE_ID,
            self._update_task_state,
        )

    def config(self):
        found = test_archive.inspect(self.glance.contents[IMAGE_ID])
        return json.loads(found.config_content)['config']

    def assert_engine_is_clean(self):
        self.engine.is_available = True
        self.assertEqual([], self.engine.find_images('nova-snapshot/*'))

    def assert_fails(self, kind):
        """See that a snapshot fails and leaves the server as it was."""
        before = self.found().state
        error = self.assertRaises(kind, self.snapshot)
        self.assert_engine_is_clean()
        self.assertEqual({}, self.glance.images)
        self.assertIs(before, self.found().state)
        return error


class StoryTest(SnapshotTestCase):
    def test_server_in_any_state_stays_in_it(self):
        deeds = {
            model.ContainerState.RUNNING: lambda: None,
            model.ContainerState.PAUSED: lambda: power.pause(
                self.tools, self.instance
            ),
            model.ContainerState.EXITED: lambda: power.power_off(
                self.tools, self.instance, timeout_s=0
            ),
        }
        self.boot()
        for state, deed in deeds.items():
            deed()
            self.snapshot()
            self.assertIs(state, self.found().state)
            self.assertEqual('active', self.glance.images[IMAGE_ID]['status'])
            self.assert_engine_is_clean()

    def test_nova_hears_where_it_is(self):
        self.boot()
        self.snapshot()
        self.assertEqual(
            [
                (
                    task_states.IMAGE_SNAPSHOT,
                    task_states.IMAGE_PENDING_UPLOAD,
                ),
                (
                    task_states.IMAGE_PENDING_UPLOAD,
                    task_states.IMAGE_UPLOADING,
                ),
            ],
            self.states,
        )

    def test_what_the_tenant_told_the_server_is_not_told_the_image(self):
        metadata = {'docker:command': 'serve x', 'docker:env:SECRET': '1'}
        object.__setattr__(self.view, 'metadata', metadata)
        self.boot()
        self.snapshot()
        self.assertEqual({'Cmd': ['sleep', 'infinity']}, self.config())
        self.assertNotIn(b'SECRET', self.glance.contents[IMAGE_ID])

    def test_server_can_be_deleted_while_its_snapshot_is_uploaded(self):
        self.boot()

        def delete():
            deletion = threading.Thread(
                target=destroy.destroy,
                args=(self.tools, self.instance, self.ports),
            )
            deletion.start()
            deletion.join(DEADLINE_S)
            self.assertFalse(deletion.is_alive())
            self.glance.while_uploading = None

        self.glance.while_uploading = delete
        self.snapshot()
        self.assertEqual('active', self.glance.images[IMAGE_ID]['status'])
        self.assert_nothing_left()
        self.assert_engine_is_clean()


class FailedSnapshotTest(SnapshotTestCase):
    def setUp(self):
        super().setUp()
        self.boot()

    def test_engine_calls(self):
        failure = exception.EngineError(action='do it', reason='it is full')
        for method in ('info', 'image', 'commit', '_saved'):
            with self.subTest(method):
                self.glance.images = {IMAGE_ID: fake_glance.awaited()}
                self.engine.failures[method] = failure
                error = self.assert_fails(exception.EngineError)
                self.assertIn('it is full', str(error))

    def test_engine_that_breaks_off_while_it_saves(self):
        self.engine.failures['save_chunk'] = exception.EngineUnavailable(
            host='h', reason='r'
        )
        self.assert_fails(exception.EngineUnavailable)

    def test_engine_with_the_image_store_of_containerd(self):
        info = dataclasses.replace(
            fake_engine.INFO, containerd_image_store=True
        )
        self.patch(self.engine, 'info', lambda: info)
        error = self.assert_fails(exception.EngineUnsupported)
        self.assertIn('"containerd-snapshotter": false', str(error))

    def test_glance_that_is_full(self):
        self.glance.failure = nova_exception.ImageQuotaExceeded(image_id='i')
        self.assert_fails(nova_exception.ImageQuotaExceeded)

    def test_glance_that_has_lost_the_image(self):
        self.glance.images = {}
        # Of which Nova makes an end without a fault.
        self.assert_fails(nova_exception.ImageNotFound)

    def test_glance_that_cannot_discard_does_not_hide_the_reason(self):
        self.glance.failure = nova_exception.ImageQuotaExceeded(image_id='i')
        self.patch(self.glance, 'delete', mock.Mock(side_effect=OSError))
        self.assertRaises(nova_exception.ImageQuotaExceeded, self.snapshot)
        self.assertIn('Could not undo: Uploader.discard', self.log.output)
        self.assert_engine_is_clean()

    def test_server_that_is_deleted_meanwhile(self):
        for state in (
            task_states.IMAGE_PENDING_UPLOAD,
            task_states.IMAGE_UPLOADING,
        ):
            with self.subTest(state):
                self.glance.images = {IMAGE_ID: fake_glance.awaited()}
                self.deleting_at = state
                self.assert_fails(
                    nova_exception.UnexpectedDeletingTaskStateError
                )

    def test_container_that_has_gone_with_its_server(self):
        destroy.destroy(self.tools, self.instance, self.ports)
        self.deleting_at = task_states.IMAGE_UPLOADING
        self.assertRaises(
            nova_exception.UnexpectedDeletingTaskStateError, self.snapshot
        )
        self.assertEqual({}, self.glance.images)

    def test_container_that_has_gone_from_under_its_server(self):
        destroy.destroy(self.tools, self.instance, self.ports)
        error = self.assertRaises(exception.ContainerNotFound, self.snapshot)
        # After these two Nova leaves the server in its task state.
        self.assertNotIsInstance(error, nova_exception.InstanceNotFound)
        self.assertNotIsInstance(error, nova_exception.InstanceNotRunning)
        self.assertEqual({}, self.glance.images)

    def test_snapshot_that_cannot_be_removed_from_the_engine(self):
        failure = exception.ContainerConflict(action='remove', reason='used')
        self.engine.failures['remove_image'] = failure
        self.snapshot()
        self.assertEqual('active', self.glance.images[IMAGE_ID]['status'])
        self.assertIn('Somebody uses nova-snapshot/', self.log.output)


class EngineAwayTest(SnapshotTestCase):
    """The engine is ended in the middle of a commit."""

    def setUp(self):
        super().setUp()
        self.boot()
        self.while_asleep = self._return
        real = self.engine.commit

        def commit(container_id, reference):
            self.engine.pause(container_id)
            if self.is_done:
                real(container_id, reference)
            self.engine.is_available = False
            raise exception.EngineUnavailable(host='h', reason='killed')

        self.is_done = False
        self.patch(self.engine, 'commit', commit)

    def _return(self):
        if self.now > 10:
            self.engine.is_available = True

    def test_server_that_was_left_frozen_goes_on(self):
        for self.is_done in (False, True):
            self.glance.images = {IMAGE_ID: fake_glance.awaited()}
            self.assert_fails(exception.EngineUnavailable)
            self.assertIs(model.ContainerState.RUNNING, self.found().state)

    def test_engine_that_stays_away(self):
        self.while_asleep = None
        self.assertRaises(exception.EngineUnavailable, self.snapshot)
        self.assertIn('Could not undo: _thaw', self.log.output)
        self.assertEqual({}, self.glance.images)


class CleanTest(SnapshotTestCase):
    def _left(self, uuid='11111111-2222-4333-8444-555555555555'):
        reference = identity.snapshot_reference(uuid, IMAGE_ID)
        self.engine.commit(self.found().id, reference)
        return reference

    def held(self):
        found = self.engine.find_images('nova-snapshot/*')
        return [tag for image in found for tag in image.tags]

    def test_leftovers_of_this_host_go(self):
        self.boot()
        self._left()
        snapshot.clean(self.tools)
        self.assertEqual([], self.held())

    def test_those_of_another_service_stay(self):
        self.boot()
        reference = self._left()
        host = self.tools.host
        object.__setattr__(host, 'name', 'host2')
        snapshot.clean(self.tools)
        self.assertEqual([reference], self.held())

    def test_names_that_are_not_ours_stay(self):
        self.boot()
        left = self._left('latest')
        snapshot.clean(self.tools)
        self.assertEqual([left], self.held())

    def test_one_that_somebody_uses_does_not_keep_the_service_from_starting(
        self,
    ):
        self.boot()
        self._left()
        self.engine.failures['remove_image'] = exception.ContainerConflict(
            action='remove', reason='a container uses it'
        )
        snapshot.clean(self.tools)
        self.assertEqual(1, len(self.held()))
