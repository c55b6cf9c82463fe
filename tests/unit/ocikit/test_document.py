import tracemalloc
import unittest

from ocikit import document
from ocikit import exception
from ocikit import limit


class DocumentTest(unittest.TestCase):
    def test_values_are_read_by_type(self) -> None:
        found = document.read_object(
            b'{"t": "x", "n": 3, "l": ["a"], "o": {"k": 1}, "c": [{}],'
            b' "null": null}',
            'it',
        )
        self.assertEqual('x', document.text(found, 't'))
        self.assertEqual('d', document.text(found, 'none', 'd'))
        self.assertEqual(3, document.number(found, 'n'))
        self.assertEqual(('a',), document.texts(found, 'l'))
        self.assertEqual((), document.texts(found, 'null'))
        self.assertEqual({'k': 1}, document.child(found, 'o'))
        self.assertEqual({}, document.child(found, 'null'))
        self.assertEqual([{}], document.children(found, 'c'))

    def test_what_is_no_document_is_refused(self) -> None:
        for content in (
            b'',
            b'{',
            b'\xff\xfe{',
            b'\xef\xbb\xbf{}',
            '{}'.encode('utf-16'),
            b'{"a": 1, "a": 2}',
            b'[' * 60_000,
            b'1' * 5000,
        ):
            with (
                self.subTest(content[:10]),
                self.assertRaisesRegex(
                    exception.ArchiveMalformed, '^it is no valid JSON$'
                ),
            ):
                document.read_object(content, 'it')

    def test_what_would_take_far_more_than_its_size_is_not_read(self) -> None:
        for value in (b'[]', b'{}', b'{"":0}', b'1.5', '"\u0100"'.encode()):
            content = b'{"a":[' + (value + b',') * 300_000 + b'0]}'
            with self.subTest(value):
                tracemalloc.start()
                self.addCleanup(tracemalloc.stop)
                with self.assertRaisesRegex(
                    exception.ArchiveTooLarge, 'it has more than 65536 commas'
                ):
                    document.read(content, 'it')
                _, peak_bytes = tracemalloc.get_traced_memory()
                tracemalloc.stop()
                self.assertLess(peak_bytes, len(content))

    def test_labels_may_hold_documents_of_their_own(self) -> None:
        inner = ','.join(['[\\"name of a package\\"]'] * 30_000)
        content = f'{{"label": "{inner}"}}'.encode()
        self.assertGreater(len(content), limit.MIB // 2)
        found = document.read_object(content, 'it')
        self.assertIn('"name of a package"', document.text(found, 'label'))

    def test_who_bounds_it_otherwise_may_read_more(self) -> None:
        content = b'[' + b'0,' * limit.DOCUMENT_MARKS + b'0]'
        found = document.read(content, 'it', len(content))
        self.assertEqual(limit.DOCUMENT_MARKS + 1, len(found))

    def test_a_document_of_another_shape_is_refused(self) -> None:
        with self.assertRaises(exception.ArchiveMalformed):
            document.read_object(b'[]', 'it')
        with self.assertRaises(exception.ArchiveMalformed):
            document.read_objects(b'{}', 'it')
        with self.assertRaises(exception.ArchiveMalformed):
            document.read_objects(b'[1]', 'it')

    def test_a_value_of_another_type_is_refused(self) -> None:
        for read, value in (
            (document.text, 1),
            (document.text, None),
            (document.number, -1),
            (document.number, True),
            (document.number, '1'),
            (document.number, None),
            (document.texts, 'abc'),
            (document.texts, [1]),
            (document.child, []),
            (document.children, None),
            (document.children, [1]),
        ):
            with (
                self.subTest(read=read, value=value),
                self.assertRaises(exception.ArchiveMalformed),
            ):
                read({'name': value}, 'name')

    def test_a_name_that_go_would_take_for_another_is_refused(self) -> None:
        for name in ('OS', 'oS', 'o\u017f'):
            with (
                self.subTest(name),
                self.assertRaisesRegex(
                    exception.ArchiveMalformed, 'field os is spelt'
                ),
            ):
                document.text({'os': 'linux', name: 'windows'}, 'os')
