# SPDX-License-Identifier: BSL-1.0
"""What goes wrong, and what is said about it."""
import os
import subprocess

import support

ARGS = ['--row', 'a', '--cols', '@i,.']


class BrokenFiles(support.DemoTest):
    def assert_broken(self, document, rows, message):
        self.file('in.xml', document)
        self.assert_run([*ARGS, 'in.xml'], 1, '@i\t.\n' + rows, f'xmlrows: in.xml:{message}\n')

    def test_the_rows_before_the_fault_are_written(self):
        self.assert_broken('<r>\n  <a i="1">x</a>\n  <a i="2">y</a>\n  <a i="3">z</b>\n</r>\n',
                           '1\tx\n2\ty\n', '4:15: mismatched tag')
        self.assert_broken('<r><a i="1"/><a i="2"/>&nix;<a i="3"/></r>', '1\t\n2\t\n', '1:24: undefined entity')

    def test_a_truncated_file_is_no_complete_one(self):
        self.assert_broken('<r>\n<a i="1"/>\n<a i="2">y', '1\t\n', '3:11: no element found')
        self.assert_broken('<r>\n<a i="1"/>\n<a i="2', '1\t\n', '3:1: unclosed token')
        self.assert_broken('<r><a i="1"/>', '1\t\n', '1:14: no element found')

    def test_what_is_no_xml(self):
        self.assert_broken('', '', '1:1: no element found')
        self.assert_broken('\n\n', '', '3:1: no element found')
        self.assert_broken('plain text', '', '1:1: syntax error')
        self.assert_broken(b'\x7fELF\x02\x01\x01\x00', '', '1:1: not well-formed (invalid token)')
        self.assert_broken(b'<r><a>\xff</a></r>', '', '1:7: not well-formed (invalid token)')
        self.assert_broken('<r><a>\x01</a></r>', '', '1:7: not well-formed (invalid token)')
        self.assert_broken('<r/><r/>', '', '1:5: junk after document element')
        self.assert_broken('<r><a i="1" i="2"/></r>', '', '1:13: duplicate attribute')
        self.assert_broken('<?xml version="1.0" encoding="klingon"?><r/>', '', '1:31: unknown encoding')

    def test_a_column_is_a_character(self):
        self.assert_broken('<r><a i="ü日本"/>\n<é><</r>', 'ü日本\t\n', '2:5: not well-formed (invalid token)')

    def test_standard_input_is_called_by_the_name_it_was_given(self):
        self.assert_run([*ARGS, '-'], 1, '@i\t.\n1\t\n', 'xmlrows: -:2:3: mismatched tag\n',
                        input=b'<r><a i="1"/>\n</x>')

    def test_a_fault_behind_the_limit_is_not_met(self):
        self.file('in.xml', '<r><a i="1"/><a i="2"/></broken>')
        self.assert_run([*ARGS, '--limit', '2', 'in.xml'], 0, '@i\t.\n1\t\n2\t\n', '')
        self.assert_run([*ARGS, '--limit', '3', 'in.xml'], 1, '@i\t.\n1\t\n2\t\n',
                        'xmlrows: in.xml:1:26: mismatched tag\n')

    def test_no_limit_needs_no_rows(self):
        self.file('in.xml', 'no xml')
        self.assert_run([*ARGS, '--limit', '0', 'in.xml'], 0, '@i\t.\n', '')
        self.assert_run([*ARGS, '--limit', '0', '--format', 'jsonl', 'in.xml'], 0, '', '')


class UnreadableFiles(support.DemoTest):
    def test_a_file_that_is_not_there(self):
        self.assert_run([*ARGS, '-o', 'out', 'nix.xml'], 1, '', 'xmlrows: nix.xml: No such file or directory\n')
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_folder(self):
        self.assert_run([*ARGS, '-o', 'out', '.'], 1, '', 'xmlrows: .: Is a directory\n')
        self.assertEqual(os.listdir(self.folder), [])
        folder = os.open(self.folder, os.O_RDONLY)
        self.addCleanup(os.close, folder)
        self.assert_run([*ARGS, '-'], 1, '', 'xmlrows: -: Is a directory\n', stdin=folder)

    def test_a_file_one_may_not_read(self):
        self.file('in.xml', '<r/>')
        os.chmod(self.path('in.xml'), 0)
        if os.access(self.path('in.xml'), os.R_OK):
            self.skipTest('this user may read anything')
        self.assert_run([*ARGS, 'in.xml'], 1, '', 'xmlrows: in.xml: Permission denied\n')

    def test_a_file_that_can_not_be_read(self):
        if not os.path.exists('/proc/self/mem'):
            self.skipTest('there is no /proc/self/mem')
        self.assert_run([*ARGS, '/proc/self/mem'], 1, '@i\t.\n', 'xmlrows: /proc/self/mem: Input/output error\n')

    def test_a_closed_standard_input(self):
        command = [support.PROGRAM, *ARGS, '-']
        done = subprocess.run(['sh', '-c', '"$@" <&-', 'sh', *command], capture_output=True, timeout=100)
        self.assertEqual((done.returncode, done.stderr), (1, b'xmlrows: -: Bad file descriptor\n'))


class WrongUsage(support.DemoTest):
    def assert_bad_path(self, cols, path):
        self.assert_usage_error(['--row', 'a', '--cols', cols, 'in.xml'],
                                f"--cols: bad path '{path}' (a path is like a/b, @name, a/@name or .)")

    def test_something_is_missing(self):
        self.assert_usage_error([], '--row is missing')
        self.assert_usage_error(['in.xml'], '--row is missing')
        self.assert_usage_error(['--row', 'a', 'in.xml'], '--cols is missing')
        self.assert_usage_error(['--cols', '.', 'in.xml'], '--row is missing')
        self.assert_usage_error(ARGS, 'FILE is missing (- is standard input)')
        self.assert_usage_error(['--row'], "option '--row' requires an argument")

    def test_something_is_too_much(self):
        self.assert_usage_error([*ARGS, 'a.xml', 'b.xml'], "only one FILE can be read, not 'b.xml' too")
        self.assert_usage_error([*ARGS, '--frob', 'in.xml'], "unrecognized option '--frob'")
        self.assert_usage_error([*ARGS, '-x', 'in.xml'], "invalid option -- 'x'")
        self.assert_usage_error([*ARGS, '--quiet=1', 'in.xml'], "option '--quiet' doesn't allow an argument")

    def test_bad_paths(self):
        for path in ('', '/', '/a', 'a/', 'a//b', '@', 'a/@', '@a/b', 'a/@b/c', '@@a', '..', './a', 'a/.', '*',
                     'a[1]', 'a b', ' a', '1a', '-a', 'a=b', '<a>'):
            self.assert_bad_path(path, path)
            self.assert_bad_path('x,' + path, path)
        self.assert_bad_path('a,', '')
        self.assert_bad_path('a,,b', '')
        self.assert_usage_error(['--row', 'a', '--cols', 'x,y/z,x', 'in.xml'], "--cols: path 'x' is given twice")

    def test_bad_rows(self):
        for name in ('', 'a/b', '@a', '.', '*', '2', 'a b'):
            self.assert_usage_error(['--row', name, '--cols', '.', 'in.xml'],
                                    f"--row: '{name}' is not an element's name")

    def test_text_that_is_not_utf_8(self):
        status, out, err = self.run_program(*ARGS, '--separator', b'\xc3', 'in.xml')
        self.assertEqual((status, out, err.split('\n')[0]), (2, '', 'xmlrows: --separator: not valid UTF-8'))
        for bad in (b'\xff', b'\xc0\xaf', b'\xed\xa0\x80', b'\xf4\x90\x80\x80', b'\xe2\x82', b'\x80'):
            done = subprocess.run([support.PROGRAM, '--row', bad, '--cols', '.', 'in.xml'], capture_output=True)
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"' is not an element's name\n", done.stderr)

    def test_bad_values(self):
        for text in ('', '-1', 'ten', '1.5', '1e3', ' 1', '+1', '0x10', '99999999999999999999'):
            self.assert_usage_error([*ARGS, '--limit', text, 'in.xml'], f"--limit: '{text}' is not a number of rows")
        self.assert_usage_error([*ARGS, '--format', 'xls', 'in.xml'], "--format: 'xls' is not tsv, csv or jsonl")
        self.assert_usage_error([*ARGS, '--repeat', 'last', 'in.xml'], "--repeat: 'last' is not join or first")

    def test_help_and_version(self):
        text = self.output('--help')
        self.assertEqual(self.output('-h'), text)
        self.assertTrue(text.startswith('Usage: xmlrows --row TAG --cols PATH,... [OPTION]... FILE\n'), text)
        self.assertIn('\nExample:\n  xmlrows --row trkpt --cols ', text)
        for option in ('--format', '--repeat', '--separator', '--trim', '--output', '--limit', '--quiet', '--version'):
            self.assertIn(option, text)
        self.assertLess(max(map(len, text.split('\n'))), 82)
        self.assertRegex(self.output('--version'), r'^xmlrows \d+\.\d+\.\d+ \(expat_[\d.]+\)\n$')

    def test_help_that_can_not_be_printed(self):
        with open('/dev/full', 'wb') as full:
            self.assert_run(['--help'], 1, '', 'xmlrows: standard output: No space left on device\n', stdout=full)


support.main()
