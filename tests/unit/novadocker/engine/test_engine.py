"""How the engine's answers and failures reach the rooms above."""

import fixtures
import testtools

from novadocker import exception
from novadocker import model
from novadocker.engine import engine
from tests.contract import engine_contract
from tests.fixtures import http_engine

_ID = 'a' * 64
_OTHER = 'b' * 64
_INFO = {
    'ServerVersion': '20.10.24',
    'Architecture': 'x86_64',
    'NCPU': 2,
    'MemTotal': 1024,
    'DockerRootDir': '/var/lib/docker',
    'Driver': 'overlay2',
    'DriverStatus': [['Backing Filesystem', 'extfs']],
    'Runtimes': {'nova': {'path': '/nova-runtime'}},
    'SecurityOptions': ['name=seccomp,profile=default'],
    'LiveRestoreEnabled': True,
    'SystemTime': '2026-11-21T09:41:07.522679629Z',
}


def _listed(container_id, **more):
    return {
        'Id': container_id,
        'Names': ['/nova-1'],
        'State': 'running',
        'Labels': {},
        'ImageID': 'sha256:1',
        **more,
    }


def _inspected(container_id, exit_code=0):
    return {
        'Id': container_id,
        'Name': '/nova-1',
        'Image': 'sha256:1',
        'Config': {'Labels': None, 'Tty': False},
        'HostConfig': {'Runtime': 'nova'},
        'State': {
            'Status': 'created',
            'Pid': 0,
            'ExitCode': exit_code,
            'Error': '',
            'OOMKilled': False,
            'StartedAt': '0001-01-01T00:00:00Z',
        },
    }


class EngineTestCase(testtools.TestCase):
    api_version = '1.41'

    def setUp(self):
        super().setUp()
        self.http = self.useFixture(http_engine.HttpEngine(self.api_version))
        self.engine = engine.Engine(self.http.host, timeout_s=20)

    def answer(self, path, *args, **kwargs):
        self.http.answers[path] = http_engine.Answer(*args, **kwargs)

    def asked(self):
        return [
            f'{method} {path.partition("?")[0]}'
            for method, path, _ in self.http.requests
        ]


class VersionTest(EngineTestCase):
    def test_nothing_is_asked_before_the_first_call(self):
        self.assertEqual([], self.http.requests)

    def test_old_engine_is_spoken_to_in_its_own_version(self):
        self.answer('info', _INFO)
        self.assertEqual((1, 41), self.engine.info().api_version)
        self.assertIn('GET /v1.41/info', self.asked())

    def test_version_is_negotiated_once(self):
        self.answer('containers/json', [])
        self.engine.containers()
        self.engine.containers()
        self.assertEqual(1, self.asked().count('GET /_ping'))

    def test_engine_that_says_no_version_is_unavailable(self):
        self.answer('/_ping', {'message': 'starting'}, 503)
        err = self.assertRaises(exception.EngineError, self.engine.info)
        self.assertIn('starting', str(err))


class NewerEngineTest(EngineTestCase):
    api_version = '1.99'

    def test_newer_engine_is_spoken_to_as_tested(self):
        self.answer('info', _INFO)
        self.assertEqual((1, 99), self.engine.info().api_version)
        self.assertIn('GET /v1.45/info', self.asked())


class SomethingElseTest(EngineTestCase):
    api_version = 'none'

    def test_what_names_no_version_is_no_engine(self):
        err = self.assertRaises(exception.EngineUnsupported, self.engine.info)
        self.assertIn('no Docker engine (API "none")', str(err))


class AncientEngineTest(EngineTestCase):
    api_version = '1.12'

    def test_engine_that_the_sdk_cannot_speak_to_is_unsupported(self):
        self.assertRaises(exception.EngineUnsupported, self.engine.info)


class FailureTest(EngineTestCase):
    def test_status_says_what_failed(self):
        for status, kind in (
            (400, exception.EngineError),
            (404, exception.ContainerNotFound),
            (409, exception.ContainerConflict),
            (500, exception.EngineError),
        ):
            self.answer(
                f'containers/{_ID}/kill', {'message': 'No such image'}, status
            )
            err = self.assertRaises(
                exception.EngineError, self.engine.kill, _ID
            )
            self.assertIs(kind, type(err))

    def test_sentence_has_what_the_engine_said(self):
        self.answer(f'containers/{_ID}/kill', {'message': 'because'}, 500)
        err = self.assertRaises(exception.EngineError, self.engine.kill, _ID)
        self.assertEqual(
            f'The Docker engine failed to kill container {_ID[:12]}: because',
            str(err),
        )

    def test_missing_socket_is_unavailable(self):
        away = engine.Engine('unix:///nowhere/docker.sock')
        err = self.assertRaises(exception.EngineUnavailable, away.info)
        self.assertIn('No such file or directory', str(err))
        self.assertIn('unix:///nowhere/docker.sock', str(err))

    def test_engine_that_comes_back_is_used_again(self):
        ping = self.http.answers.pop('/_ping')
        self.assertRaises(exception.EngineError, self.engine.containers)
        self.http.answers['/_ping'] = ping
        self.answer('containers/json', [])
        self.assertEqual([], self.engine.containers())

    def test_no_answer_in_time(self):
        hasty = engine.Engine(self.http.host, timeout_s=0.1)
        self.answer('containers/json', [], stalls_after=0)
        self.assertRaises(exception.EngineTimeout, hasty.containers)

    def test_half_an_answer_in_time(self):
        hasty = engine.Engine(self.http.host, timeout_s=0.1)
        self.answer('containers/json', [], stalls_after=1)
        err = self.assertRaises(exception.EngineTimeout, hasty.containers)
        self.assertIn('did not list containers in time', str(err))

    def test_answer_that_is_no_json_is_unavailable(self):
        self.answer('containers/json', b'<html>')
        self.assertRaises(exception.EngineUnavailable, self.engine.containers)


class StartTest(EngineTestCase):
    def _start(self, exit_code):
        self.answer(f'containers/{_ID}/start', {'message': 'OCI'}, 400)
        self.answer(f'containers/{_ID}/json', _inspected(_ID, exit_code))
        return self.assertRaises(exception.EngineError, self.engine.start, _ID)

    def test_exit_code_blames_the_command(self):
        for exit_code in (126, 127):
            err = self._start(exit_code)
            self.assertIsInstance(err, exception.CommandNotStartable)
            self.assertIn('OCI', str(err))

    def test_other_failure_is_not_the_commands(self):
        self.assertIs(exception.EngineError, type(self._start(128)))


class CreateTest(EngineTestCase):
    def _create(self, security_options):
        self.answer('info', {**_INFO, 'SecurityOptions': security_options})
        self.answer('containers/create', {'Id': _ID})
        spec = engine_contract.spec('nova-image/1:1', 'nova')
        self.assertEqual(_ID, self.engine.create(spec))
        return self.http.requests[-1][2]

    def test_engine_without_remap_is_asked_for_no_user_namespace(self):
        self.assertNotIn(b'UsernsMode', self._create([]))

    def test_containers_opt_out_of_userns_remap(self):
        self.assertIn(b'"UsernsMode": "host"', self._create(['name=userns']))

    def test_remap_is_asked_once(self):
        self._create([])
        self._create([])
        self.assertEqual(1, self.asked().count('GET /v1.41/info'))


class ListTest(EngineTestCase):
    def test_runtime_is_asked_once_for_each_container(self):
        self.answer('containers/json', [_listed(_ID)])
        self.answer(f'containers/{_ID}/json', _inspected(_ID))
        for _ in range(2):
            (found,) = self.engine.containers()
            self.assertEqual('nova', found.runtime)
        self.assertEqual(
            1, self.asked().count(f'GET /v1.41/containers/{_ID}/json')
        )

    def test_container_that_goes_meanwhile_is_left_out(self):
        self.answer('containers/json', [_listed(_ID), _listed(_OTHER)])
        self.answer(f'containers/{_ID}/json', _inspected(_ID))
        self.assertEqual([_ID], [each.id for each in self.engine.containers()])

    def test_only_labelled_containers_are_asked_for(self):
        self.answer('containers/json', [])
        self.engine.containers()
        self.assertIn('org.openstack.nova.uuid', self.http.requests[-1][1])

    def test_image_that_goes_meanwhile_is_left_out(self):
        self.answer(
            'images/json', [{'Id': 'sha256:1', 'RepoTags': ['nova-image/1:1']}]
        )
        self.assertEqual([], self.engine.find_images('nova-image/1'))


class SaveTest(EngineTestCase):
    def test_pieces_arrive_in_order(self):
        self.answer('images/a:b/get', b'x' * 200_000)
        pieces = list(self.engine.save('a:b'))
        self.assertEqual(b'x' * 200_000, b''.join(pieces))
        self.assertGreater(len(pieces), 1)

    def test_nothing_is_asked_before_the_first_piece(self):
        self.engine.save('a:b').close()
        self.assertEqual([], self.http.requests)

    def test_stream_that_breaks_is_an_engine_that_is_away(self):
        self.answer('images/a:b/get', b'x' * 10, stalls_after=5)
        self.engine = engine.Engine(self.http.host, timeout_s=20)
        self.useFixture(
            fixtures.MonkeyPatch(
                'novadocker.engine.engine._IMAGE_TIMEOUT_S', 0.1
            )
        )
        self.assertRaises(
            exception.EngineTimeout, list, self.engine.save('a:b')
        )

    def test_failure_of_the_reader_is_not_the_engines(self):
        self.answer('images/a:b/get', b'x' * 10)

        def read():
            for _ in self.engine.save('a:b'):
                raise OSError('the disk is full')

        err = self.assertRaises(OSError, read)
        self.assertEqual('the disk is full', str(err))

    def _commit(self, status):
        found = _inspected(_ID)
        found['State']['Status'] = status
        self.answer(f'containers/{_ID}/json', found)
        self.answer('commit', {'Id': 'sha256:1'}, 201)
        self.assertEqual('sha256:1', self.engine.commit(_ID, 'a/b:c'))
        return self.http.requests[-1][1]

    def test_commit_names_repository_and_tag(self):
        self.assertIn('repo=a%2Fb&tag=c', self._commit('running'))

    def test_only_what_runs_is_frozen(self):
        self.assertIn('pause=True', self._commit('running'))
        for status in ('paused', 'exited'):
            self.assertIn('pause=False', self._commit(status))


class LoadTest(EngineTestCase):
    def test_stream_arrives_whole(self):
        self.answer('images/load', {'stream': 'Loaded image: a:b'})
        self.engine.load([b'one', b'', b'two'])
        self.assertEqual(b'onetwo', self.http.requests[-1][2])

    def test_error_within_the_answer_is_raised(self):
        self.answer('images/load', {'error': 'no space left'})
        err = self.assertRaises(
            exception.EngineError, self.engine.load, [b'x']
        )
        self.assertIn('no space left', str(err))

    def test_refusal_is_raised(self):
        self.answer('images/load', {'message': 'read only'}, 500)
        err = self.assertRaises(
            exception.EngineError, self.engine.load, [b'x']
        )
        self.assertIn('read only', str(err))

    def test_error_of_the_stream_is_raised_as_it_is(self):
        def stream():
            yield b'x'
            raise exception.ImageRejected(image_id='1', reason='it is broken')

        self.answer('images/load', {'stream': 'Loaded'})
        self.assertRaises(exception.ImageRejected, self.engine.load, stream())


class WaitTest(EngineTestCase):
    def test_engine_that_goes_while_waiting_is_no_exit(self):
        away = engine.Engine('unix:///nowhere/docker.sock')
        self.assertRaises(
            exception.EngineUnavailable, away.wait_exit, _ID, 0.1
        )

    def _look(self, **state):
        self.answer(f'containers/{_ID}/wait', {}, stalls_after=0)
        found = _inspected(_ID)
        found['State'].update(state)
        self.answer(f'containers/{_ID}/json', found)
        return self.engine.wait_exit(_ID, 0)

    def test_no_exit_in_time_is_a_look(self):
        self.assertIsNone(self._look(Status='running'))

    def test_exit_at_the_last_moment_is_seen(self):
        self.assertEqual(3, self._look(Status='exited', ExitCode=3))

    def test_engine_that_says_nothing_at_all_is_no_sign_of_life(self):
        hasty = engine.Engine(self.http.host, timeout_s=0.1)
        for path in ('wait', 'json'):
            self.answer(f'containers/{_ID}/{path}', {}, stalls_after=0)
        self.assertRaises(exception.EngineTimeout, hasty.wait_exit, _ID, 0)


class EventsTest(EngineTestCase):
    def test_stream_that_ends_is_unavailable(self):
        event = {
            'Action': 'start',
            'Actor': {'ID': _ID, 'Attributes': {'name': 'nova-1'}},
            'timeNano': 1500000000,
        }
        self.answer('events', event)
        events = self.engine.events(1000000001)
        self.assertEqual(
            model.EngineEvent('start', _ID, {'name': 'nova-1'}, 1500000000),
            next(events),
        )
        self.assertRaises(exception.EngineUnavailable, next, events)
        self.assertIn('since=1.000000001', self.http.requests[-1][1])

    def test_from_now_on_asks_for_nothing_older(self):
        self.answer('events', {'message': 'no'}, 500)
        events = self.engine.events(0)
        self.assertRaises(exception.EngineUnavailable, next, events)
        self.assertNotIn('since', self.http.requests[-1][1])


class InsideTest(EngineTestCase):
    def setUp(self):
        super().setUp()
        self.path = f'containers/{_ID}/archive'
        self.answer(f'containers/{_ID}/json', _inspected(_ID))

    def test_archive_that_is_none_is_the_engines_fault(self):
        self.answer(self.path, b'x' * 600)
        self.assertRaises(
            exception.EngineError, self.engine.read_file, _ID, '/a', 9
        )

    def test_path_that_is_not_there_is_told_from_the_container(self):
        self.answer(self.path, {'message': 'no such path'}, 404)
        self.assertIsNone(self.engine.read_file(_ID, '/a', 9))
        err = self.assertRaises(
            exception.EngineError, self.engine.unpack, _ID, '/a', b''
        )
        self.assertIn('write to /a: there is no such folder', str(err))

    def test_refusal_is_told(self):
        self.answer(self.path, {'message': 'it is read-only'}, 403)
        err = self.assertRaises(
            exception.EngineError, self.engine.unpack, _ID, '/a', b''
        )
        self.assertIn('it is read-only', str(err))
