"""What runs in the servers of the tests, and how a test speaks to it.

Busybox's web server with three scripts: one gives a file, one writes one, one
asks the guest of another server. So a test sees and changes the inside of a
server by its address alone, without ssh.
"""

import urllib.parse

import urllib3

PORT = 8080
START = '/guest/start'
_WORD = 'guest'

_START = """\
#!/bin/sh
echo "$WORD starts"
exec httpd -f -p $PORT -h /guest/www
"""
_READ = """\
#!/bin/sh
if [ -f "$QUERY_STRING" ]; then
    printf 'Content-Type: text/plain\\r\\n\\r\\n'
    exec cat "$QUERY_STRING"
fi
printf 'Status: 404 Not Found\\r\\n\\r\\n'
"""
_WRITE = """\
#!/bin/sh
if head -c "$CONTENT_LENGTH" > "$QUERY_STRING"; then
    printf 'Content-Type: text/plain\\r\\n\\r\\n'
else
    printf 'Status: 500 Not Written\\r\\n\\r\\n'
fi
"""
# Not by wget: that of Debian 12 crashes when it is given a time.
_ASK = """\
#!/bin/sh
case $(printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 "$QUERY_STRING" $PORT) in
*$WORD) printf 'Content-Type: text/plain\\r\\n\\r\\n%s' $WORD ;;
*) printf 'Status: 504 No Answer\\r\\n\\r\\n' ;;
esac
"""


def programs(port: int = PORT) -> dict[str, str]:
    """Give what an image needs to have, by path without the first slash."""
    texts = {
        START.lstrip('/'): _START,
        'guest/www/index.html': _WORD,
        'guest/www/cgi-bin/read': _READ,
        'guest/www/cgi-bin/write': _WRITE,
        'guest/www/cgi-bin/ask': _ASK,
    }
    return {
        path: text.replace('$PORT', str(port)).replace('$WORD', _WORD)
        for path, text in texts.items()
    }


class Refused(Exception):
    """The guest did not do what it was asked."""


class Guest:
    """The inside of a server.

    :param address: where the test reaches it
    :param timeout_s: how long it may take to answer
    """

    def __init__(
        self, address: str, *, timeout_s: float, port: int = PORT
    ) -> None:
        self._url = f'http://{address}:{port}'
        # Each request has a connection of its own: one that is open stays so
        # when a rule or the server goes.
        self._pool = urllib3.PoolManager(
            headers={'Connection': 'close'},
            timeout=timeout_s,
            retries=False,
        )

    def answers(self, *, within_s: float = 3.0) -> bool:
        """Tell whether it can be reached."""
        try:
            said = self._pool.request('GET', f'{self._url}/', timeout=within_s)
        except urllib3.exceptions.HTTPError:
            return False
        return said.status == 200 and said.data.decode() == _WORD

    def read(self, path: str) -> str:
        """Give what is in a file.

        :raises Refused: there is none
        """
        return self._do('GET', 'read', path).decode()

    def write(self, path: str, text: str) -> None:
        """Write a file.

        :raises Refused: it could not be written
        """
        self._do('POST', 'write', path, text.encode())

    def environment(self) -> dict[str, str]:
        """Give the variables that the server's first process was given."""
        pairs = self.read('/proc/1/environ').split('\0')
        return dict(pair.split('=', 1) for pair in pairs if '=' in pair)

    def reaches(self, address: str) -> bool:
        """Tell whether the guest of another server answers this one."""
        try:
            return self._do('GET', 'ask', address).decode() == _WORD
        except Refused:
            return False

    def _do(
        self, method: str, name: str, argument: str, body: bytes | None = None
    ) -> bytes:
        url = f'{self._url}/cgi-bin/{name}?{urllib.parse.quote(argument)}'
        said = self._pool.request(method, url, body=body)
        if said.status != 200:
            raise Refused(f'{name} {argument}: {said.status} {said.reason}')
        return bytes(said.data)
