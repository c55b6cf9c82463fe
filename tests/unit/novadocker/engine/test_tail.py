import struct

import testtools

from novadocker.engine import tail


def _frame(content, stream=1):
    return struct.pack('>BxxxL', stream, len(content)) + content


def _pieces(content, size):
    return [content[i : i + size] for i in range(0, len(content), size)]


class LastBytesTest(testtools.TestCase):
    def test_end_of_the_stream_is_kept(self):
        for size in range(1, 12):
            self.assertEqual(
                b'0123456789'[-4:],
                tail.last_bytes(_pieces(b'0123456789', size), 4),
            )

    def test_short_stream_is_kept_whole(self):
        self.assertEqual(b'ab', tail.last_bytes([b'a', b'b'], 100))
        self.assertEqual(b'', tail.last_bytes([], 100))

    def test_nothing_is_wanted(self):
        self.assertEqual(b'', tail.last_bytes([b'abc'], 0))

    def test_memory_does_not_grow_with_the_stream(self):
        alive = []

        class Chunk(bytes):
            def __init__(self, *args):
                alive.append(1)

            def __del__(self):
                alive.pop()

        most = 0

        def stream():
            nonlocal most
            for _ in range(1000):
                yield Chunk(b'x' * 10)
                most = max(most, len(alive))

        tail.last_bytes(stream(), 100)
        self.assertLessEqual(most, 12)


class DemultiplexedTest(testtools.TestCase):
    def test_headers_are_taken_off_wherever_the_stream_is_cut(self):
        content = _frame(b'out\n') + _frame(b'') + _frame(b'error\n', 2)
        for size in range(1, len(content) + 1):
            pieces = tail.demultiplexed(_pieces(content, size))
            self.assertEqual(b'out\nerror\n', b''.join(pieces))

    def test_frame_that_is_cut_short_is_given_as_far_as_it_came(self):
        pieces = tail.demultiplexed([_frame(b'hello')[:-2]])
        self.assertEqual(b'hel', b''.join(pieces))

    def test_header_that_is_cut_short_is_nothing(self):
        pieces = tail.demultiplexed([_frame(b'a') + b'\1\0'])
        self.assertEqual(b'a', b''.join(pieces))
