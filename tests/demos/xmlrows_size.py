# SPDX-License-Identifier: BSL-1.0
"""Files of any size and shape are read in the same little memory."""
import contextlib
import os
import subprocess
import time

import support

MOST_KIB = 20 * 1024
LARGE = 100_000_000 if not support.SANITIZED else 20_000_000

POINT = '''\
      <trkpt lat="46.{0:06}" lon="8.{1:06}">
        <ele>{2}.{3}</ele>
        <time>2026-06-14T{4:02}:{5:02}:{6:02}Z</time>
        <extensions><hr>{7}</hr><note>not asked for &amp; not kept</note></extensions>
      </trkpt>
'''


def peak_kib(process):
    """The most memory it has had so far. What wait4() tells is no use: it has the peak of this script in it."""
    with open(f'/proc/{process.pid}/status', encoding='ascii') as status:
        return next((int(line.split()[1]) for line in status if line.startswith('VmHWM:')), 0)


class Size(support.DemoTest):
    def measure(self, *args, status=0, parts=(), most=MOST_KIB):
        """Runs the program; gives its first and its last line, how many there are, and what it complains about."""
        peak = 0
        with open(self.path('out'), 'wb') as out, open(self.path('err'), 'wb') as err:
            running = subprocess.Popen([support.PROGRAM, *args], cwd=self.folder, stdin=subprocess.PIPE, stdout=out,
                                       stderr=err, bufsize=0)
            with running.stdin, contextlib.suppress(BrokenPipeError):
                for part in parts:
                    running.stdin.write(part)
                    peak = max(peak, peak_kib(running))
            while running.poll() is None:
                peak = max(peak, peak_kib(running))
                time.sleep(0.002)
        self.assertEqual(running.returncode, status, self.content('err'))
        self.peak = peak  # 0 if it was too fast to be looked at
        if not support.SANITIZED:
            self.assertLess(peak, most)
        first = last = b''
        count = 0
        with open(self.path('out'), 'rb') as out:
            for last in out:
                first = first or last
                count += 1
        return first.decode(), last[:1000].decode(), count, self.content('err')

    def test_a_large_file_needs_little_memory(self):
        written = points = 0
        with open(self.path('large.xml'), 'w') as file:
            file.write('<gpx>\n  <trk>\n    <trkseg>\n')
            while written < LARGE:
                part = ''.join(
                    POINT.format(n * 7 % 10**6, n * 13 % 10**6, 400 + n % 3000, n % 10, n // 3600 % 24, n // 60 % 60,
                                 n % 60, 60 + n % 120) for n in range(points, points + 1000))
                written += file.write(part)
                points += 1000
            file.write('    </trkseg>\n  </trk>\n</gpx>\n')
        self.assertGreaterEqual(os.path.getsize(self.path('large.xml')), LARGE)
        first, last, count, _ = self.measure('--row', 'trkpt', '--cols', '@lat,ele,time,extensions/hr', 'large.xml')
        n = points - 1
        self.assertEqual(first, '@lat\tele\ttime\textensions/hr\n')
        self.assertEqual(last, f'46.{n * 7 % 10**6:06}\t{400 + n % 3000}.{n % 10}\t'
                         f'2026-06-14T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}Z\t{60 + n % 120}\n')
        self.assertEqual(count, 1 + points)
        self.assertGreater(self.peak, 1000)

    def test_a_row_may_be_large_if_its_columns_are_not(self):
        inner = b'<b>not asked for</b><c><d>nor this</d></c>' * 1500
        text = b'a text that nobody asked for, ' * 2000
        parts = (b'<r><a i="1">', *[inner, text] * 300, b'<e>asked for</e></a></r>')
        _, last, count, _ = self.measure('--row', 'a', '--cols', '@i,e', '-', parts=parts)
        self.assertEqual((last, count), ('1\tasked for\n', 2))

    def test_the_first_of_many_is_all_that_is_kept(self):
        repeated = (b'<b>' + b'x' * 90 + b'</b>' + b'<b y="1"/>' * 10) * 1000
        parts = (b'<r><a>', *[repeated] * 200, b'</a></r>')
        _, last, count, _ = self.measure('--row', 'a', '--cols', 'b,b/@y', '--repeat', 'first', '-', parts=parts)
        self.assertEqual((last, count), ('x' * 90 + '\t1\n', 2))

    def test_elements_nest_fifty_thousand_deep_and_no_deeper(self):
        def nested(depth):
            return (b'<e>' * (depth - 2), b'<a i="1"><b>2</b></a>', b'</e>' * (depth - 2))
        args = ['--row', 'a', '--cols', '@i,b', '-']
        self.assertEqual(self.measure(*args, parts=nested(50_000))[1:], ('1\t2\n', 2, ''))
        self.assertEqual(self.measure(*args, parts=nested(50_001), status=1)[1:],
                         ('@i\tb\n', 1, 'xmlrows: -:1:150010: elements nested deeper than 50000\n'))
        self.measure(*args, parts=[b'<e>' * 100_000] * 200, status=1)

    def test_rows_nest_a_thousand_deep_and_no_deeper(self):
        def nested(depth):
            return (b'<a i="1">' * depth, b'</a>' * depth)
        args = ['--row', 'a', '--cols', '@i', '-']
        self.assertEqual(self.measure(*args, parts=nested(1000))[1:], ('1\n', 1001, ''))
        self.assertEqual(self.measure(*args, parts=nested(1001), status=1)[1:],
                         ('@i\n', 1, 'xmlrows: -:1:9001: elements of rows nested deeper than 1000\n'))
        self.measure(*args, parts=nested(49_000), status=1)
        between = (b'<a><e><e>' * 1000, b'</e></e></a>' * 1000)
        self.assertEqual(self.measure(*args, parts=between)[1:], ('\n', 1001, ''))

    def test_a_tag_or_comment_that_does_not_end_is_not_kept_for_ever(self):
        args = ['--row', 'a', '--cols', '@i', '-']
        for begin in (b'<!--', b'<a i="', b'<?pi '):
            parts = (b'<r>\n' + begin, *[b'x' * 100_000] * 1000)
            self.assertEqual(self.measure(*args, parts=parts, status=1, most=2 * MOST_KIB)[1:],
                             ('@i\n', 1, 'xmlrows: -:2:1: a tag or comment longer than 8 MiB\n'), begin)


support.main()
