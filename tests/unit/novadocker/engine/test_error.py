"""What the libraries below fail with, and what it is called above."""

from docker import errors as docker_errors
import requests
import testtools
import urllib3

from novadocker import exception
from novadocker.engine import error

FOLDER = '/var/lib/docker/overlay2/' + 'a1' * 32 + '/merged'
SAID = [
    # Docker 20.10 with containerd 1.6 and runc 1.1, seen on Debian 12.
    (
        'failed to create shim task: OCI runtime create failed: runc create '
        'failed: unable to start container process: exec: "/x": stat /x: no '
        'such file or directory: unknown',
        'exec: "/x": stat /x: no such file or directory: unknown',
    ),
    # Docker 26.1
    (
        'failed to create task for container: failed to create shim task: '
        'OCI runtime create failed: runc create failed: unable to start '
        'container process: exec: "/x": permission denied: unknown',
        'exec: "/x": permission denied: unknown',
    ),
    # runc 1.0
    (
        'OCI runtime create failed: container_linux.go:380: starting '
        'container process caused: chdir to cwd ("/x") set in config.json '
        'failed: not a directory: unknown',
        'chdir to cwd ("/x") set in config.json failed: not a directory: '
        'unknown',
    ),
    (
        f'lstat {FOLDER}/bin/cat/x: not a directory',
        'lstat /bin/cat/x: not a directory',
    ),
    ('unable to find user x: no matching entries in passwd file',) * 2,
]


class TranslatedTestCase(testtools.TestCase):
    def _translate(self, failure):
        with error.translated('unix:///x', 'send events'):
            raise failure

    def test_engine_that_breaks_off_is_unavailable(self):
        for failure in (
            urllib3.exceptions.ProtocolError('broken', OSError(104, 'reset')),
            requests.ConnectionError(),
            ConnectionResetError(104, 'reset'),
        ):
            with self.subTest(repr(failure)):
                self.assertRaises(
                    exception.EngineUnavailable, self._translate, failure
                )

    def test_no_answer_in_time(self):
        late = urllib3.exceptions.ReadTimeoutError(None, None, 'late')
        for failure in (late, requests.ConnectionError(late)):
            with self.subTest(repr(failure)):
                self.assertRaises(
                    exception.EngineTimeout, self._translate, failure
                )

    def test_mistakes_of_ours_are_not_hidden(self):
        self.assertRaises(ValueError, self._translate, ValueError())


class SaidTestCase(testtools.TestCase):
    def _reason(self, said):
        response = requests.Response()
        response.status_code = 500

        def fail():
            with error.translated('unix:///x', 'start container c'):
                raise docker_errors.APIError('500', response, said)

        return self.assertRaises(exception.EngineError, fail).kwargs['reason']

    def test_cause_comes_first_and_host_folders_not_at_all(self):
        for said, expected in SAID:
            with self.subTest(said):
                self.assertEqual(expected, self._reason(said))

    def test_long_story_is_cut(self):
        self.assertEqual('x' * 400, self._reason('x' * 5000))

    def test_command_of_slashes_is_not_searched_for_ever(self):
        self.assertEqual('/' * 400, self._reason('/' * 3_000_000))
