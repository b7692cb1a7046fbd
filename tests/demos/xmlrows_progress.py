# SPDX-License-Identifier: BSL-1.0
"""The progress bar, on a terminal of the test's own."""
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
import time

import support

ERASED = '\r\x1b[K'
BAR = re.compile(r'\rxmlrows ( *\d+)% \[(=*)( *)\] (\d+:\d\d) left\x1b\[K')
UNKNOWN = re.compile(r'\rxmlrows (\d+\.\d) MB in (\d+:\d\d)\x1b\[K')
ARGS = ['--row', 'a', '--cols', '@i']


class Progress(support.DemoTest):
    def on_terminal(self, *args, feed=None, stdout=subprocess.DEVNULL, size=None):
        """Runs the program with standard error on a terminal; gives what came there, and the seconds it took."""
        ours, theirs = pty.openpty()
        if size:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', *size, 0, 0))
        shown = []

        def read():
            while True:
                try:
                    shown.append(os.read(ours, 65536))
                except OSError:  # this is how a terminal ends
                    return

        began = time.monotonic()
        running = subprocess.Popen([support.PROGRAM, *args], cwd=self.folder,
                                   stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE,
                                   stdout=theirs if stdout == 'terminal' else stdout, stderr=theirs)
        os.close(theirs)
        reader = threading.Thread(target=read)
        reader.start()
        if feed:
            feed(running.stdin)
            running.stdin.close()
        status = running.wait(100)
        took = time.monotonic() - began
        reader.join()
        os.close(ours)
        return status, b''.join(shown).decode(), took

    def slowly(self, parts):
        """Feeds the program a row at a time and gives it time in between."""
        def feed(stdin):
            stdin.write(b'<r>')
            for i in range(parts):
                stdin.write(b'<a i="%d"/>\n' % i + b' ' * 100_000)
                stdin.flush()
                time.sleep(0.02)
            stdin.write(b'</r>')
        return feed

    def large(self, rows):
        """A file that takes some tenths of a second."""
        if support.SANITIZED:
            rows //= 4
        with open(self.path('large.xml'), 'w') as file:
            file.write('<r>\n')
            for begin in range(0, rows, 1000):
                file.write(''.join(f'<a i="{i}"><b>{"x" * 40}</b></a>\n' for i in range(begin, begin + 1000)))
            file.write('</r>\n')
        return 'large.xml'

    def test_is_drawn_at_most_ten_times_a_second_and_erased(self):
        status, shown, took = self.on_terminal(*ARGS, self.large(1_000_000))
        self.assertEqual(status, 0)
        draws = list(BAR.finditer(shown))
        self.assertEqual(''.join(d.group(0) for d in draws) + ERASED, shown)
        self.assertGreaterEqual(len(draws), 2)
        self.assertLessEqual(len(draws), took * 10)
        percents = [int(d.group(1)) for d in draws]
        self.assertEqual(percents, sorted(percents))
        self.assertLessEqual(percents[-1], 100)
        for draw, percent in zip(draws, percents):
            self.assertIn(len(draw.group(2)), range(percent * 40 // 100, (percent + 1) * 40 // 100 + 1))
            self.assertEqual(len(draw.group(2) + draw.group(3)), 40)

    def test_shows_how_much_where_the_size_is_not_known(self):
        status, shown, took = self.on_terminal(*ARGS, '-', feed=self.slowly(30))
        self.assertEqual(status, 0)
        draws = list(UNKNOWN.finditer(shown))
        self.assertEqual(''.join(d.group(0) for d in draws) + ERASED, shown)
        self.assertTrue(2 <= len(draws) <= took * 10, (len(draws), took))
        sizes = [float(d.group(1)) for d in draws]
        self.assertEqual(sizes, sorted(sizes))
        self.assertTrue(0 < sizes[-1] <= 3.1, sizes)

    def test_is_not_drawn_when_it_should_be_quiet(self):
        for option in ('-q', '--quiet'):
            self.assertEqual(self.on_terminal(*ARGS, option, '-', feed=self.slowly(15))[:2], (0, ''))

    def test_is_not_drawn_where_there_is_no_terminal(self):
        running = subprocess.Popen([support.PROGRAM, *ARGS, '-'], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        self.slowly(15)(running.stdin)
        self.assertEqual(running.communicate(timeout=100)[1], b'')

    def test_is_not_drawn_for_a_file_that_takes_no_time(self):
        self.file('in.xml', '<r><a i="1"/></r>')
        # On a busy machine it may take time after all, but not every time.
        self.assertIn((0, ''), [self.on_terminal(*ARGS, 'in.xml')[:2] for _ in range(5)])

    def test_rows_on_the_same_terminal_stand_alone_on_their_lines(self):
        status, shown, _ = self.on_terminal(*ARGS, '-', feed=self.slowly(30), stdout='terminal')
        self.assertEqual(status, 0)
        self.assertRegex(shown, UNKNOWN)
        lines = [line.split(ERASED)[-1] for line in shown.split('\r\n')]
        self.assertEqual(lines, ['@i', *map(str, range(30)), ''])

    def test_a_message_stands_alone_on_its_line(self):
        def feed(stdin):
            self.slowly(15)(stdin)
            stdin.write(b'<x/>')
        status, shown, _ = self.on_terminal(*ARGS, '-', feed=feed)
        self.assertEqual(status, 1)
        self.assertRegex(shown, UNKNOWN)
        self.assertEqual(shown.split(ERASED)[-1], 'xmlrows: -:16:100005: junk after document element\r\n')

    def test_fits_on_a_narrow_terminal(self):
        name = self.large(500_000)
        for columns in (45, 20):
            status, shown, _ = self.on_terminal(*ARGS, name, size=(24, columns))
            self.assertEqual(status, 0)
            lines = shown.replace('\x1b[K', '').split('\r')
            self.assertGreater(len(lines), 2)
            self.assertLess(max(map(len, lines)), columns)


support.main()
