# SPDX-License-Identifier: BSL-1.0
"""The progress bar, on a terminal of the test's own."""
import os
import re

import support

ERASED = '\r\x1b[K'
BAR = re.compile(r'\rdupes ( *\d+)% \[=* *\] (\d+:\d\d) left\x1b\[K')
FOUND = re.compile(r'\rdupes: found \d+\.\d MB in \d+:\d\d\x1b\[K')


class Progress(support.DemoTest):
    def setUp(self):
        super().setUp()
        # They take some tenths of a second, and next to no room on the disk.
        size = 50_000_000 if support.SANITIZED else 400_000_000
        for name in ('1', '2', '3'):
            with open(self.path(name), 'wb') as file:
                file.truncate(size)

    def test_is_drawn_and_erased(self):
        status, shown = self.on_terminal('.')
        self.assertEqual(status, 0)
        draws = list(BAR.finditer(shown))
        self.assertGreaterEqual(len(draws), 2)
        self.assertEqual(FOUND.sub('', shown), ''.join(d.group(0) for d in draws) + ERASED)
        percents = [int(d.group(1)) for d in draws]
        self.assertEqual(percents, sorted(percents))
        self.assertLessEqual(percents[-1], 100)
        self.assertGreater(percents[-1], percents[0])

    def test_is_not_drawn_when_it_should_be_quiet(self):
        for option in ('-q', '--quiet'):
            self.assertEqual(self.on_terminal(option, '.'), (0, ''))

    def test_is_not_drawn_where_there_is_no_terminal(self):
        self.assert_run(['.'], 0, './1\n./2\n./3\n', '')

    def test_a_message_stands_alone_on_its_line(self):
        if not os.path.exists('/proc/self/mem'):
            self.skipTest('there is no /proc/self/mem')
        # Its size is 0, so it is the last that is read.
        status, shown = self.on_terminal('--min-size=0', '.', '/proc/self/mem', '/proc/self/cmdline')
        self.assertEqual(status, 1)
        self.assertRegex(shown, BAR)
        self.assertIn(ERASED + 'dupes: /proc/self/mem: Input/output error\r\n', shown)


support.main()
