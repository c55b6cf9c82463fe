"""A server leaves with all that makes it, or stays and runs on."""

import dataclasses

from nova import exception as nova_exception

from novadocker import exception
from novadocker import model
from novadocker.ops import arrival
from novadocker.ops import luggage as ops_luggage
from novadocker.ops import power
from tests.fixtures import archives
from tests.unit.novadocker.ops import moving
from tests.unit.novadocker.ops import stories
from tests.unit.ocikit import test_archive

GIB = 1024**3


class DepartTest(moving.MoveTestCase):
    def test_container_is_kept_stopped_and_without_network(self):
        self.depart()
        kept = self.kept()
        self.assertEqual(self.first.id, kept.id)
        self.assertFalse(kept.state.is_live)
        self.assertEqual([kept], self.engine.containers())
        self.assertEqual({}, self.plumber.plugged)
        self.assertEqual(set(), self.plumber.netns)
        self.assertEqual({}, self.plumber.mapped)

    def test_only_what_it_has_changed_travels(self):
        luggage = self.depart()
        base = self.engine.image(self.first.image_id)
        content = self.glance.contents[luggage.parcel_id]
        found = test_archive.inspect(content, held=base.diff_ids)
        self.assertEqual(2, len(found.layers))
        self.assertEqual(found.unpacked_bytes, luggage.carried_bytes)
        self.assertEqual('image', luggage.base_id)
        self.assertEqual([], self.engine.find_images('nova-snapshot/*'))

    def test_all_of_it_travels_where_glance_has_no_image_of_it(self):
        del self.glance.images['image']
        luggage = self.depart()
        self.assertEqual('', luggage.base_id)
        found = test_archive.inspect(self.glance.contents[luggage.parcel_id])
        self.assertEqual(2, len(found.layers))

    def test_all_of_it_travels_where_the_engine_has_another_image(self):
        layers = (archives.layer(7),)
        self.engine._images.clear()
        self.engine._add_image(
            archives.config(layers), layers, 'nova-image/image:digest'
        )
        self.engine._change(
            self.first.id,
            image_id=self.engine.add_image('nova-moved/x:digest').id,
        )
        self.assertEqual('', self.depart().base_id)

    def test_on_its_host_it_keeps_its_ports_and_nothing_travels(self):
        self.engine.failures['_saved'] = AssertionError('it is not needed')
        luggage = self.depart(stays=True)
        self.assertEqual(self.first.id, self.kept().id)
        ports = [port['id'] for port in self.ports]
        self.assertEqual({self.uuid: ports}, self.plumber.plugged)
        self.assertEqual(['image'], list(self.glance.images))
        (image,) = self.brought(self.source)
        self.assertEqual((luggage.reference,), image.tags)
        self.assertEqual([], self.engine.find_images('nova-snapshot/*'))

    def test_what_is_in_glance_can_be_discarded_from_here(self):
        self.depart()
        arrival.give_up(self.source, self.depot, self.context, self.uuid)
        self.assertEqual(['image'], list(self.glance.images))

    def test_server_that_is_stopped(self):
        power.power_off(self.tools, self.instance, timeout_s=0)
        self.depart()
        self.assertEqual(self.first.id, self.kept().id)

    def test_command_has_time_to_end(self):
        self.depart()
        self.assertIn('stop', self.engine.calls)

    def test_what_an_earlier_move_has_left_is_removed(self):
        self.depart()
        self.boot()
        self.depart(id='again')
        (kept,) = self.engine.containers()
        self.assertNotEqual(self.first.id, kept.id)


class RefusalTest(moving.MoveTestCase):
    """What could only fail later is refused before the server is stopped."""

    def _refused(self, kind, sentence, **move):
        for stays in (True, False):
            error = self.assertRaises(kind, self.depart, stays=stays, **move)
            self.assertIn(sentence, str(error))
            self.assertNotIn('stop', self.engine.calls)
            self.assert_as_it_was()

    def test_more_files_than_the_flavor_has_disk(self):
        self.engine.own_bytes = GIB + 1
        self._refused(exception.MoveRefused, 'the flavor gives it 1 GB')

    def test_disk_without_a_limit(self):
        self.engine.own_bytes = GIB + 1
        flavor = dataclasses.replace(stories.FLAVOR, root_gb=0)
        self.depart(flavor=flavor)

    def test_more_files_than_the_host_has_space(self):
        self.engine.own_bytes = 10**18
        flavor = dataclasses.replace(stories.FLAVOR, root_gb=0)
        self._refused(exception.MoveRefused, 'bytes free', flavor=flavor)

    def test_flavor_that_cannot_be_read(self):
        flavor = dataclasses.replace(
            stories.FLAVOR, extra_specs={'docker:pids_limit': 'x'}
        )
        self._refused(
            exception.InvalidContainerOption, 'pids_limit', flavor=flavor
        )

    def test_flavor_that_no_container_is_like(self):
        for key, value in (
            ('resources:VGPU', '1'),
            ('hw:mem_page_size', 'large'),
        ):
            with self.subTest(key):
                flavor = dataclasses.replace(
                    stories.FLAVOR, extra_specs={key: value}
                )
                self._refused(
                    exception.InvalidContainerOption, key, flavor=flavor
                )

    def test_metadata_that_cannot_be_read(self):
        view = dataclasses.replace(self.view, metadata={'docker:command': "'"})
        self._refused(
            exception.InvalidContainerOption, 'docker:command', view=view
        )

    def test_flavor_that_only_another_host_can_do(self):
        flavor = dataclasses.replace(
            stories.FLAVOR, extra_specs={'docker:runtime': 'crun'}
        )
        self.assertRaises(
            exception.InvalidContainerOption,
            self.depart,
            stays=True,
            flavor=flavor,
        )
        self.assert_as_it_was()
        self.depart(flavor=flavor)

    def test_server_without_a_container(self):
        self.engine.remove(self.first.id, force=True)
        self.assertRaises(exception.ContainerNotFound, self.depart)

    def test_glance_that_does_not_answer(self):
        def fail(*args):
            raise nova_exception.GlanceConnectionFailed(reason='r', server='s')

        self.patch(self.glance, 'get', fail)
        self.assertRaises(nova_exception.GlanceConnectionFailed, self.depart)
        self.assert_as_it_was()


class UndoTest(moving.MoveTestCase):
    def _fails(self, kind=exception.EngineError, **move):
        error = self.assertRaises(kind, self.depart, **move)
        self.assert_as_it_was()
        self.assertEqual([], ops_luggage.texts(self.source, self.uuid))
        return error

    def _failing(self, method):
        self.engine.failures[method] = exception.EngineError(
            action=method, reason='a test wants it so'
        )

    def test_step_that_fails(self):
        for method in ('layer_bytes', 'stop', 'commit', '_saved', 'rename'):
            with self.subTest(method):
                self._failing(method)
                self._fails()

    def test_step_that_fails_on_one_host(self):
        for method in ('commit', 'load', 'rename'):
            with self.subTest(method):
                self._failing(method)
                self._fails(stays=True)

    def test_engine_that_is_away_for_a_while(self):
        self.engine.failures['commit'] = exception.EngineUnavailable(
            host='h', reason='r'
        )

        def leave():
            self.engine.is_available = True

        real = self.engine.commit

        def go(*args):
            self.engine.is_available = False
            return real(*args)

        self.patch(self.engine, 'commit', go)
        self.while_asleep = leave
        self._fails(exception.EngineUnavailable)

    def test_server_that_has_grown_since_it_was_measured(self):
        real = self.engine.commit

        def grow(container_id, reference):
            real(container_id, reference)
            image = self.engine.image(reference)
            self.engine._images[image.id] = dataclasses.replace(
                image, size_bytes=2 * GIB
            )

        self.patch(self.engine, 'commit', grow)
        self._fails(exception.MoveRefused)

    def test_upload_that_fails(self):
        self.glance.failure = nova_exception.ImageQuotaExceeded(image_id='x')
        self._fails(nova_exception.ImageQuotaExceeded)

    def test_port_that_cannot_be_unplugged(self):
        real = self.plumber.unplug

        def fail(*args):
            real(*args)
            raise nova_exception.VirtualInterfaceUnplugException(reason='r')

        self.patch(self.plumber, 'unplug', fail)
        self._fails(nova_exception.VirtualInterfaceUnplugException)

    def test_server_that_was_stopped_stays_stopped(self):
        power.power_off(self.tools, self.instance, timeout_s=0)
        self._failing('rename')
        self.assertRaises(exception.EngineError, self.depart)
        self.assertIs(model.ContainerState.EXITED, self.found().state)
        self.assert_nothing_travels(self.source)
