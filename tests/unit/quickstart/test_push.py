"""The tenant's push."""

import pathlib

import fixtures
import testtools

from deploy.quickstart import engine
from deploy.quickstart import exception
from deploy.quickstart import home as home_module
from deploy.quickstart import process
from deploy.quickstart import push
from tests.unit.quickstart import records

TARGET = '127.0.0.1:5042/demo/memcached:latest'
ARCHIVE = pathlib.Path('/srv/cloud/data/memcached.tar')


class Image:
    def __init__(self, *rows):
        self.rows = rows

    def images(self, *, name):
        return [it for it in self.rows if it.name == name]


def _demo(status='active', **properties):
    found = records.row(
        name='memcached:latest', status=status, properties=properties
    )
    return records.row(image=Image(found))


class PushTestCase(testtools.TestCase):
    def setUp(self):
        super().setUp()
        folder = pathlib.Path(self.useFixture(fixtures.TempDir()).path)
        self.home = home_module.Home(folder)
        (self.home.run / 'tmp').mkdir(parents=True)
        self.calls = []
        self.fails_at = None
        self.patch(process, 'run', self._run)
        self.patch(engine, 'environment', lambda home: {})

    def _run(self, command, *, env, stdin=''):
        words = [str(word) for word in command[1:]]
        if words[0] == '--config':
            self.assertTrue(pathlib.Path(words[1]).is_dir())
            words = words[2:]
        self.calls.append((words, stdin))
        if words[0] == self.fails_at:
            raise exception.OperationFailed('denied: not in this project')

    def _push(self):
        push.push(self.home, {'demo': 'demo-secret'}, ARCHIVE)

    def _deeds(self):
        return [' '.join(words[:2]) for words, _ in self.calls]

    def test_engine_keeps_neither_image_nor_password(self):
        self._push()
        deeds = self._deeds()
        self.assertEqual('login --password-stdin', deeds[0])
        self.assertEqual(f'push {TARGET}', deeds[3])
        gone = {f'rmi {TARGET}', 'rmi memcached:latest'}
        self.assertEqual(gone, {*deeds[4:]})
        self.assertEqual([], list((self.home.run / 'tmp').iterdir()))

    def test_password_is_on_no_command_line(self):
        self._push()
        words, stdin = self.calls[0]
        self.assertNotIn('demo-secret', ' '.join(words))
        self.assertEqual('demo-secret', stdin)

    def test_refused_push_says_why_and_is_cleared_up(self):
        self.fails_at = 'push'
        err = self.assertRaises(exception.OperationFailed, self._push)
        self.assertIn('denied', str(err))
        self.assertIn(f'rmi {TARGET}', self._deeds())
        self.assertIn('rmi memcached:latest', self._deeds())

    def test_refused_login_loads_nothing(self):
        self.fails_at = 'login'
        self.assertRaises(exception.OperationFailed, self._push)
        self.assertEqual(1, len(self.calls))


class ImageTestCase(testtools.TestCase):
    def test_uploaded_one_is_not_pushed(self):
        self.assertFalse(push.is_pushed(_demo()))
        self.assertFalse(push.is_pushed(records.row(image=Image())))
        self.assertTrue(
            push.is_pushed(_demo(docker_repository='demo/memcached'))
        )

    def test_it_is_there_at_once_or_the_push_failed(self):
        push.require_image(_demo())
        for demo, word in (
            (_demo('queued'), 'queued'),
            (records.row(image=Image()), 'not'),
        ):
            err = self.assertRaises(
                exception.OperationFailed, push.require_image, demo
            )
            self.assertIn(f'is {word} in Glance', str(err))
