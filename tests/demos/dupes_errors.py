# SPDX-License-Identifier: BSL-1.0
"""What goes wrong, and what is said about it."""
import os
import subprocess

import support


class Unreadable(support.DemoTest):
    def setUp(self):
        super().setUp()
        os.chmod(self.folder, 0o755)
        for folder in ('a', 'a/closed', 'a/names', 'b'):
            os.mkdir(self.path(folder))
        for name in ('a/1', 'a/2', 'a/3', 'a/closed/4', 'a/names/5', 'b/6'):
            self.file(name, 'same')

    def as_a_user(self):
        """How to run the program as one who may not read everything."""
        if os.geteuid() != 0:
            return {}
        nobody = {'user': 65534, 'group': 65534, 'extra_groups': []}
        try:
            able = self.run_program('--version', **nobody)[0] == 0
        except OSError:
            able = False
        if not able:
            self.skipTest('the program can not be run by nobody')
        return nobody

    def close(self, name, mode=0):
        os.chmod(self.path(name), mode)
        self.addCleanup(os.chmod, self.path(name), 0o755)

    def test_a_file(self):
        how = self.as_a_user()
        self.close('a/2')
        self.assert_run(['a/1', 'a/2', 'a/3'], 1, 'a/1\na/3\n', 'dupes: a/2: Permission denied\n', **how)
        self.close('a/1')
        self.assert_run(['a/1', 'a/2', 'a/3'], 1, '',
                        'dupes: a/1: Permission denied\ndupes: a/2: Permission denied\n', **how)

    def test_a_file_that_need_not_be_read(self):
        how = self.as_a_user()
        self.file('a/2', 'of another size')
        self.close('a/2')
        self.assert_run(['a/1', 'a/2', 'a/3'], 0, 'a/1\na/3\n', '', **how)

    def test_a_folder(self):
        how = self.as_a_user()
        self.close('a/closed')
        self.assert_run(['a', 'b'], 1, 'a/1\na/2\na/3\na/names/5\nb/6\n', 'dupes: a/closed: Permission denied\n', **how)
        self.assert_run(['a/closed', 'b', 'a/1'], 1, 'a/1\nb/6\n', 'dupes: a/closed: Permission denied\n', **how)
        self.assert_run(['a/closed/4', 'b', 'a/1'], 1, 'a/1\nb/6\n', 'dupes: a/closed/4: Permission denied\n', **how)

    def test_a_folder_of_which_only_the_names_can_be_read(self):
        how = self.as_a_user()
        self.close('a/names', 0o444)
        self.assert_run(['a', 'b'], 1, 'a/1\na/2\na/3\na/closed/4\nb/6\n', 'dupes: a/names/5: Permission denied\n', **how)

    def test_a_folder_behind_the_limit(self):
        how = self.as_a_user()
        self.close('a/closed')
        self.assert_run(['--limit', '2', 'a/1', 'a/2', 'a/closed'], 0, 'a/1\na/2\n', '', **how)

    def test_a_dir_that_is_not_there(self):
        self.assert_run(['nix'], 1, '', 'dupes: nix: No such file or directory\n')
        self.assert_run(['a', 'nix', 'b/nix', 'b/6/nix', 'b'], 1, 'a/1\na/2\na/3\na/closed/4\na/names/5\nb/6\n',
                        'dupes: nix: No such file or directory\ndupes: b/nix: No such file or directory\n'
                        'dupes: b/6/nix: Not a directory\n')
        self.assert_run([''], 1, '', 'dupes: : No such file or directory\n')

    def test_a_link_to_nothing(self):
        os.symlink('nix', self.path('link'))
        os.symlink('loop', self.path('loop'))
        self.assert_run(['link', 'loop', 'b', 'a/1'], 1, 'a/1\nb/6\n',
                        'dupes: link: No such file or directory\ndupes: loop: Too many levels of symbolic links\n')

    def test_a_file_that_can_not_be_read(self):
        if not os.path.exists('/proc/self/mem'):
            self.skipTest('there is no /proc/self/mem')
        args = ['--min-size', '0', '/proc/self/mem', '/proc/self/cmdline']
        self.assert_run(args, 1, '', 'dupes: /proc/self/mem: Input/output error\n')

    def test_folders_nested_too_deep(self):
        deep = 'b' + '/d' * 260
        os.makedirs(self.path(deep))
        self.file(deep + '/7', 'same')
        self.assert_run(['b', 'a/1'], 1, 'a/1\nb/6\n', f'dupes: b{"/d" * 250}: nested too deep\n')


class Output(support.DemoTest):
    def setUp(self):
        super().setUp()
        self.file('1', 'x')
        self.file('2', 'x')

    def test_a_full_disk_is_told(self):
        with open('/dev/full', 'wb') as full:
            for args in (['.'], ['--help'], ['--version']):
                self.assert_run(args, 1, '', 'dupes: standard output: No space left on device\n', stdout=full)

    def test_a_closed_pipe_is_told(self):
        for i in range(5000):
            self.file(f'a file with a long name {i}', f'{i // 2}')
        reads, writes = os.pipe()
        os.close(reads)
        self.addCleanup(os.close, writes)
        self.assert_run(['.'], 1, '', 'dupes: standard output: Broken pipe\n', stdout=writes)

    def test_a_closed_standard_output(self):
        done = subprocess.run(['sh', '-c', '"$@" >&-', 'sh', support.PROGRAM, self.folder], capture_output=True,
                              timeout=100)
        self.assertEqual((done.returncode, done.stderr), (1, b'dupes: standard output: Bad file descriptor\n'))


class WrongUsage(support.DemoTest):
    def test_something_is_missing(self):
        self.assert_usage_error([], 'DIR is missing')
        self.assert_usage_error(['-0q'], 'DIR is missing')
        self.assert_usage_error(['--limit'], "option '--limit' requires an argument")

    def test_something_is_too_much(self):
        self.assert_usage_error(['--frob', '.'], "unrecognized option '--frob'")
        self.assert_usage_error(['-x', '.'], "invalid option -- 'x'")
        self.assert_usage_error(['--null=1', '.'], "option '--null' doesn't allow an argument")

    def test_bad_values(self):
        for text in ('', '-1', 'ten', '1.5', '1e3', '1k', ' 1', '+1', '0x10', '99999999999999999999'):
            self.assert_usage_error(['--limit', text, '.'], f"--limit: '{text}' is not a number of files")
            self.assert_usage_error(['--min-size', text, '.'], f"--min-size: '{text}' is not a number of bytes")

    def test_help_and_version(self):
        text = self.output('--help')
        self.assertEqual(self.output('-h'), text)
        self.assertTrue(text.startswith('Usage: dupes [OPTION]... DIR...\n'), text)
        self.assertIn('\nExample:\n  dupes --min-size ', text)
        for option in ('--min-size', '--limit', '-0, --null', '-q, --quiet', '--version'):
            self.assertIn(option, text)
        self.assertLess(max(map(len, text.split('\n'))), 82)
        self.assertRegex(self.output('--version'), r'^dupes \d+\.\d+\.\d+\n$')


support.main()
