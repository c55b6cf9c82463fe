"""The page of the quickstart, in a real browser, with a real shell."""

import os
import pathlib
import shutil
import tempfile

from nova.console import type as nova_console

from novadocker import model
from tests.fixtures import browser
from tests.fixtures import dockerd
from tests.fixtures import netns
from tests.fixtures import serialproxy
from tests.functional import test_console

_PAGE = (
    pathlib.Path(__file__).parents[2]
    / 'deploy/quickstart/templates/console.html.j2'
)
# Where to leave a picture of what was seen, for the documents.
_PICTURE = os.environ.get('NOVA_DOCKER_TEST_SCREENSHOT', '')


@browser.needs_browser
@dockerd.needs_dockerd
class PageTest(test_console.ConsoleTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        web = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, web)
        # There is nothing in it that has to be filled in.
        shutil.copy(_PAGE, f'{web}/index.html')
        cls.proxy = serialproxy.SerialProxy(web)
        cls.proxy.setUp()
        cls.addClassCleanup(cls.proxy.cleanUp)

    def setUp(self):
        super().setUp()
        self.browser = self.useFixture(browser.Browser())
        self.browser.open(f'http://127.0.0.1:{self.proxy.port}/index.html')
        self.container_id = self.start('sleep', 'infinity')

    def connect(self):
        url = self.proxy.url(
            nova_console.ConsoleSerial(
                host='127.0.0.1',
                port=self.consoles.port,
                internal_access_path=self.consoles.give(
                    self.container_id, model.Console.EXEC
                ),
            )
        )
        self.browser.run(
            f'document.forms[0].url.value = {url!r};'
            ' document.forms[0].requestSubmit()'
        )
        self.wait_for('# ')

    def seen(self):
        return self.browser.run('terminal.textContent')

    def wait_for(self, text):
        netns.wait_until(lambda: text in self.seen(), text)

    def test_shell(self):
        self.connect()
        self.browser.type('id\n')
        self.wait_for('uid=0')
        self.browser.type('echo the answer is $((6 * 7))\n')
        self.wait_for('\nthe answer is 42\n')
        self.browser.type('ls -l /\n')
        self.wait_for(' tmp\n')
        if _PICTURE:
            pathlib.Path(_PICTURE).write_bytes(self.browser.screenshot())
        self.browser.type('exit\n')
        self.wait_for('[The console was closed.')

    def test_line_is_edited_as_in_a_terminal(self):
        self.connect()
        self.browser.type('echo abX')
        self.wait_for('abX')
        self.browser.run(
            "terminal.dispatchEvent(new KeyboardEvent('keydown',"
            " {key: 'Backspace'}))"
        )
        netns.wait_until(
            lambda: self.seen().rstrip().endswith('echo ab'), 'an edited line'
        )
        self.browser.type('c\n')
        self.wait_for('\nabc\n')

    def test_keys_with_control(self):
        self.connect()
        self.browser.type('cat\n')
        self.wait_for('cat\n')
        self.browser.run(
            "terminal.dispatchEvent(new KeyboardEvent('keydown',"
            " {key: 'c', ctrlKey: true}))"
        )
        self.wait_for('^C')
        self.browser.type('echo d""one\n')
        self.wait_for('\ndone\n')
