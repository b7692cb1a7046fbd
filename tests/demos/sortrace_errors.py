# SPDX-License-Identifier: BSL-1.0
"""What goes wrong, and what is said about it; and the progress bar."""
import os
import random
import re
import subprocess

import support

ERASED = '\r\x1b[K'
BAR = re.compile(r'\rsortrace ( *\d+)% \[=* *\] \d+:\d\d left\x1b\[K')


class Errors(support.DemoTest):
    def setUp(self):
        super().setUp()
        self.file('in', 'b\na\n')

    def test_a_file_that_can_not_be_read(self):
        self.assert_run(['--svg', 'out.svg', 'nix'], 1, '', 'sortrace: nix: No such file or directory\n')
        self.assert_run(['--svg', 'out.svg', '.'], 1, '', 'sortrace: .: Is a directory\n')
        self.assert_run(['--svg', 'out.svg', '/proc/self/mem'], 1, '', 'sortrace: /proc/self/mem: Input/output error\n')
        self.assertEqual(os.listdir(self.folder), ['in'])

    def test_a_closed_standard_input(self):
        done = subprocess.run(['sh', '-c', '"$@" <&-', 'sh', support.PROGRAM, '-'], capture_output=True, timeout=100)
        self.assertEqual((done.returncode, done.stderr), (1, b'sortrace: -: Bad file descriptor\n'))

    def test_a_picture_that_can_not_be_written(self):
        self.assert_run(['--svg', 'no/where.svg', 'in'], 1, '', 'sortrace: no/where.svg: No such file or directory\n')
        self.assert_run(['--svg', '.', 'in'], 1, '', 'sortrace: .: Is a directory\n')
        self.assert_run(['--svg', '/dev/full', 'in'], 1, '', 'sortrace: /dev/full: No space left on device\n')

    def test_the_input_is_not_overwritten(self):
        os.link(self.path('in'), self.path('same'))
        for name in ('in', './in', 'same'):
            self.assert_run(['--svg', name, 'in'], 1, '', f'sortrace: {name}: is the input file as well\n')
        self.assertEqual(self.content('in'), 'b\na\n')

    def test_a_full_disk_is_told(self):
        with open('/dev/full', 'wb') as full:
            for args in (['in'], ['--svg', '-', 'in'], ['--help'], ['--version']):
                self.assert_run(args, 1, '', 'sortrace: standard output: No space left on device\n', stdout=full)

    def test_something_is_missing(self):
        self.assert_usage_error([], 'FILE is missing (- is standard input)')
        self.assert_usage_error(['--svg', 'out.svg'], 'FILE is missing (- is standard input)')
        self.assert_usage_error(['--svg'], "option '--svg' requires an argument")
        self.assert_usage_error(['--svg', '', 'in'], "--svg: '' is not a file name")

    def test_something_is_too_much(self):
        self.assert_usage_error(['a', 'b'], "only one FILE can be sorted, not 'b' too")
        self.assert_usage_error(['--frob', 'in'], "unrecognized option '--frob'")
        self.assert_usage_error(['-x', 'in'], "invalid option -- 'x'")

    def test_bad_limits(self):
        for text in ('', '-1', 'ten', '1.5', '1e3', ' 1', '+1', '0x10', '99999999999999999999'):
            self.assert_usage_error(['--limit', text, 'in'], f"--limit: '{text}' is not a number of comparisons")

    def test_help_and_version(self):
        text = self.output('--help')
        self.assertEqual(self.output('-h'), text)
        self.assertTrue(text.startswith('Usage: sortrace [OPTION]... FILE\n'), text)
        self.assertIn('\nExample:\n  shuf ', text)
        for option in ('--svg', '--limit', '-q, --quiet', '--version'):
            self.assertIn(option, text)
        self.assertLess(max(map(len, text.split('\n'))), 82)
        self.assertRegex(self.output('--version'), r'^sortrace \d+\.\d+\.\d+\n$')


class Progress(support.DemoTest):
    def setUp(self):
        super().setUp()
        count = 20_000 if support.SANITIZED else 100_000  # it takes some tenths of a second
        self.file('in', ''.join(f'{n}\n' for n in random.Random(1).sample(range(10 * count), count)))

    def test_is_drawn_and_erased(self):
        status, shown = self.on_terminal('in')
        self.assertEqual(status, 0)
        draws = list(BAR.finditer(shown))
        self.assertGreaterEqual(len(draws), 2)
        self.assertEqual(shown, ''.join(d.group(0) for d in draws) + ERASED)
        percents = [int(d.group(1)) for d in draws]
        self.assertEqual(percents, sorted(percents))
        self.assertGreater(percents[-1], percents[0])

    def test_is_not_drawn_when_it_should_be_quiet_or_where_there_is_no_terminal(self):
        for option in ('-q', '--quiet'):
            self.assertEqual(self.on_terminal(option, 'in'), (0, ''))
        self.output('in')


support.main()
