"""What pip was told, in uv's words."""

import fixtures
import testtools

from deploy.quickstart import pip_setting

A = 'https://a.example/simple'
B = 'https://b.example/simple'

# What pip says of its settings, and the variable of uv that has it.
TRANSLATED = (
    (f"global.index-url='{A}'", 'UV_DEFAULT_INDEX', A),
    (f"global.extra-index-url='{A} {B}'", 'UV_INDEX', f'{A} {B}'),
    (f"global.extra-index-url='\\n{A}\\n{B}'", 'UV_INDEX', f'{A} {B}'),
    ("global.extra-index-url='file:///p'", 'UV_INDEX', 'file:///p'),
    ("install.find-links='/w /x'", 'UV_FIND_LINKS', '/w,/x'),
    (":env:.find-links='/w'", 'UV_FIND_LINKS', '/w'),
    ("global.trusted-host='a\\nb:1'", 'UV_INSECURE_HOST', 'a b:1'),
    ("global.cert='/ca.pem'", 'SSL_CERT_FILE', '/ca.pem'),
    ('global.cert="/it\'s.pem"', 'SSL_CERT_FILE', "/it's.pem"),
    ("global.proxy='http://p:1'", 'HTTP_PROXY', 'http://p:1'),
    ("global.proxy='http://p:1'", 'HTTPS_PROXY', 'http://p:1'),
    (":env:.default-timeout='180'", 'UV_HTTP_TIMEOUT', '180'),
    ("global.timeout='1.5'", 'UV_HTTP_TIMEOUT', '2'),
    ("global.retries='9'", 'UV_HTTP_RETRIES', '9'),
    ("global.cache-dir='/c'", 'UV_CACHE_DIR', '/c/uv'),
    ("global.no-cache-dir='true'", 'UV_NO_CACHE', '1'),
    ('', 'UV_SYSTEM_CERTS', 'true'),
    ('', 'UV_INDEX_STRATEGY', 'unsafe-best-match'),
    ('', 'UV_LINK_MODE', 'copy'),
    ('', 'UV_NO_CONFIG', '1'),
)
# What pip says where several settings meet, and the index that counts.
CHOSEN = (
    (f"global.index-url='{A}'\ninstall.index-url='{B}'", B),
    (f":env:.index-url='{B}'\nglobal.index-url='{A}'", B),
    (f":env:.index-url=''\nglobal.index-url='{B}'", B),
    (f"global.index-url='{B}'\nwheel.index-url='{A}'", B),
    (f"global.index-url='{B}'\na warning", B),
    # Where pip, too, asks without TLS.
    ("global.index-url='http://localhost:1/s'", 'http://localhost:1/s'),
    (
        "global.index-url='http://a/s'\nglobal.trusted-host='a'",
        'http://a/s',
    ),
    (
        "global.index-url='http://u:p@a:1/s'\nglobal.trusted-host='a:1'",
        'http://u:p@a:1/s',
    ),
)
# What uv cannot be told, or not in the same meaning.
REFUSED = (
    "global.client-cert='/c.pem'",
    "global.keyring-provider='subprocess'",
    "global.pypi-url='https://a.example'",
    "install.require-hashes='1'",
    "install.no-binary=':all:'",
    "global.index-url='http://a.example/simple'",
    "global.find-links='http://a.example/'",
    "global.trusted-host='b'\nglobal.index-url='http://a/s'",
    f"global.index-url='{A} {B}'",
    "global.find-links='/a,b /c'",
    "global.timeout='soon'",
    "global.timeout='inf'",
    "global.cert='/ca",
)


class ToldTestCase(testtools.TestCase):
    def _told(self, listed, **inherited):
        return pip_setting.told(listed, inherited).environment

    def test_each_setting_has_its_variable(self):
        for listed, variable, value in TRANSLATED:
            self.assertEqual(value, self._told(listed).get(variable), listed)

    def test_of_several_the_one_that_pip_takes_counts(self):
        for listed, index in CHOSEN:
            found = self._told(listed)['UV_DEFAULT_INDEX']
            self.assertEqual(index, found, listed)

    def test_what_uv_cannot_be_told_is_for_pip(self):
        for listed in REFUSED:
            with testtools.ExpectedException(pip_setting.NotForUv):
                self._told(listed)

    def test_settings_that_change_no_package_do_not_matter(self):
        listed = "global.no-color='1'\n:env:.disable-pip-version-check='1'"
        self.assertEqual(self._told(''), self._told(listed))

    def test_without_an_index_only_links_are_left(self):
        told = pip_setting.told(
            f"global.no-index='yes'\nglobal.index-url='{A}'\n"
            f"global.extra-index-url='{B}'\nglobal.find-links='/w'",
            {},
        )
        self.assertEqual(['--no-index'], told.options)
        self.assertEqual('/w', told.environment['UV_FIND_LINKS'])
        self.assertNotIn('UV_INDEX', told.environment)
        self.assertNotIn('UV_DEFAULT_INDEX', told.environment)

    def test_an_index_may_be_told_to_be_used(self):
        told = pip_setting.told("global.no-index='0'", {})
        self.assertEqual([], told.options)

    def test_folder_of_certificates(self):
        folder = self.useFixture(fixtures.TempDir()).path
        found = self._told(f"global.cert='{folder}'")
        self.assertEqual(folder, found['SSL_CERT_DIR'])
        self.assertNotIn('SSL_CERT_FILE', found)

    def test_certificates_are_those_of_pip(self):
        for name in ('REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'):
            found = self._told('', SSL_CERT_FILE='/other', **{name: '/ca'})
            self.assertEqual('/ca', found['SSL_CERT_FILE'])
        found = self._told('', SSL_CERT_FILE='/other', SSL_CERT_DIR='/d')
        self.assertEqual('true', found['UV_SYSTEM_CERTS'])
        self.assertNotIn('SSL_CERT_FILE', found)
        self.assertNotIn('SSL_CERT_DIR', found)

    def test_settings_of_uv_lead_to_no_other_index(self):
        found = self._told('', UV_INDEX_URL=A, UV_INDEX=B, PATH='/bin')
        self.assertNotIn('UV_INDEX_URL', found)
        self.assertNotIn('UV_INDEX', found)
        self.assertEqual('/bin', found['PATH'])

    def test_cache_stays_where_the_user_has_it(self):
        found = self._told('', UV_CACHE_DIR='/mine')
        self.assertEqual('/mine', found['UV_CACHE_DIR'])

    def test_proxy_of_the_shell_counts_where_pip_has_none(self):
        self.assertEqual(
            'http://q', self._told('', https_proxy='http://q')['https_proxy']
        )
        listed = "global.proxy='http://p'"
        found = self._told(listed, https_proxy='http://q', no_proxy='a')
        self.assertNotIn('https_proxy', found)
        self.assertEqual('a', found['no_proxy'])
