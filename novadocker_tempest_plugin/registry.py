"""A client of the registry's HTTP API: just what the tests ask of it.

The API is that of the OCI distribution specification; tokens are those of
distribution's token authentication, with the user's own password.
"""

from collections.abc import Mapping
import json
import re
from typing import Any
import urllib.parse

import urllib3

from novadocker_tempest_plugin import image as image_module

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class RegistryError(Exception):
    """The registry, or its token service, did not do what it was asked.

    :ivar status: the HTTP status
    """

    def __init__(self, what: str, answer: Any) -> None:
        said = answer.data[:500].decode(errors='replace')
        super().__init__(f'{what}: {answer.status} {said}')
        self.status = answer.status


class Client:
    """A user of the registry.

    :param login: name and password, as for ``docker login``
    :param timeout_s: how long an answer may take; a push waits for Glance
    :param ca_file: who signed the registry's certificate, if not the system's
    """

    def __init__(
        self,
        url: str,
        login: tuple[str, str],
        *,
        timeout_s: float,
        ca_file: str | None = None,
        verify_tls: bool = True,
    ) -> None:
        self._url = url.rstrip('/')
        self._login = login
        self._tokens: dict[str, str] = {}
        self._pool = urllib3.PoolManager(
            timeout=timeout_s,
            retries=False,
            ca_certs=ca_file,
            cert_reqs='CERT_REQUIRED' if verify_tls else 'CERT_NONE',
        )

    def push(
        self, repository: str, tag: str, image: image_module.Image
    ) -> str:
        """Push an image; give the digest of its manifest.

        :raises RegistryError: it was refused
        """
        for digest, content in image.blobs.items():
            self._upload(repository, digest, content)
        self._must(
            self._ask(
                'PUT',
                f'/v2/{repository}/manifests/{tag}',
                _push(repository),
                body=image.manifest,
                headers={'Content-Type': image_module.MANIFEST},
            ),
            f'push of {repository}:{tag}',
            201,
        )
        return image_module.digest(image.manifest)

    def manifest(self, repository: str, reference: str) -> bytes:
        """Pull a manifest by tag or digest.

        :raises RegistryError: it was refused, or there is none
        """
        answer = self._ask(
            'GET',
            f'/v2/{repository}/manifests/{reference}',
            _pull(repository),
            headers={'Accept': image_module.MANIFEST},
        )
        self._must(answer, f'manifest {repository}:{reference}', 200)
        return bytes(answer.data)

    def blob(self, repository: str, digest: str) -> bytes:
        """Pull a blob.

        :raises RegistryError: it was refused, or there is none
        """
        path = f'/v2/{repository}/blobs/{digest}'
        answer = self._ask('GET', path, _pull(repository))
        self._must(answer, f'blob {repository}@{digest}', 200)
        return bytes(answer.data)

    def mounts(self, repository: str, digest: str, source: str) -> bool:
        """Take a blob over from another repository; tell whether one can.

        :raises RegistryError: one cannot even push to the first
        """
        query = urllib.parse.urlencode({'mount': digest, 'from': source})
        answer = self._ask(
            'POST',
            f'/v2/{repository}/blobs/uploads/?{query}',
            f'{_push(repository)} {_pull(source)}',
        )
        # 202 begins an upload instead: the blob was not to be had.
        self._must(answer, f'mount of {source}@{digest}', 201, 202)
        return bool(answer.status == 201)

    def _upload(self, repository: str, digest: str, content: bytes) -> None:
        scope = _push(repository)
        known = self._ask('HEAD', f'/v2/{repository}/blobs/{digest}', scope)
        if known.status == 200:
            return
        begun = self._ask('POST', f'/v2/{repository}/blobs/uploads/', scope)
        self._must(begun, f'upload to {repository}', 202)
        place = begun.headers['Location']
        mark = '&' if '?' in place else '?'
        query = urllib.parse.urlencode({'digest': digest})
        done = self._ask(
            'PUT',
            f'{place}{mark}{query}',
            scope,
            body=content,
            headers={'Content-Type': 'application/octet-stream'},
        )
        self._must(done, f'upload of {repository}@{digest}', 201)

    def _ask(
        self,
        method: str,
        place: str,
        scope: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Ask once, and once more with a token if one is asked for."""
        url = urllib.parse.urljoin(f'{self._url}/', place)
        sent = dict(headers or {})
        if scope in self._tokens:
            sent['Authorization'] = f'Bearer {self._tokens[scope]}'
        answer = self._request(method, url, body, sent)
        challenge = answer.headers.get('WWW-Authenticate', '')
        if answer.status != 401 or not challenge.startswith('Bearer '):
            return answer
        self._tokens[scope] = self._token(challenge, scope)
        sent['Authorization'] = f'Bearer {self._tokens[scope]}'
        return self._request(method, url, body, sent)

    def _request(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> urllib3.BaseHTTPResponse:
        return self._pool.request(
            method, url, body=body, headers=headers, redirect=False
        )

    def _token(self, challenge: str, scope: str) -> str:
        """Get a token for a scope from where the challenge says."""
        said = dict(_PARAMETER.findall(challenge))
        query = [('service', said.get('service', ''))]
        query += [('scope', each) for each in scope.split()]
        answer = self._pool.request(
            'GET',
            f'{said["realm"]}?{urllib.parse.urlencode(query)}',
            headers=urllib3.make_headers(basic_auth=':'.join(self._login)),
            redirect=False,
        )
        self._must(answer, f'token for {scope}', 200)
        found = json.loads(answer.data)
        return str(found.get('token') or found['access_token'])

    def _must(
        self, answer: urllib3.BaseHTTPResponse, what: str, *statuses: int
    ) -> None:
        if answer.status not in statuses:
            raise RegistryError(what, answer)


def _pull(repository: str) -> str:
    return f'repository:{repository}:pull'


def _push(repository: str) -> str:
    return f'repository:{repository}:pull,push'
