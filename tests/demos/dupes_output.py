# SPDX-License-Identifier: BSL-1.0
"""Which files are duplicates, and how they are printed."""
import hashlib
import os
import random
import socket
import tempfile

import support


class Output(support.DemoTest):
    def file(self, name, content):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        return super().file(name, content)

    def files(self, **contents):
        for name, content in contents.items():
            self.file(name.replace('_', '/'), content)

    def assert_groups(self, args, *groups):
        """Each group is the names of its files, with spaces between them."""
        expected = '\n'.join(''.join(name + '\n' for name in group.split()) for group in groups)
        self.assertEqual(self.output(*args), expected)

    def test_the_largest_come_first_then_the_first_path(self):
        self.files(a_5='tiny', b_4='tiny', a_1='same size 1', c_1='same size 2', b_2='same size 1', b_1='same size 2',
                   a_6='the largest of all', c_6='the largest of all', b_6='alone', a_2='the same size as the')
        self.assert_groups(['.'], './a/6 ./c/6', './a/1 ./b/2', './b/1 ./c/1', './a/5 ./b/4')
        self.assert_groups(['c', 'b', 'a'], 'a/6 c/6', 'a/1 b/2', 'b/1 c/1', 'a/5 b/4')
        self.assert_groups(['a', 'c'], 'a/6 c/6')

    def test_nothing_is_printed_where_there_are_none(self):
        self.files(a_1='one', a_2='two', a_3='three')
        self.assertEqual(self.output('a'), '')

    def test_more_than_two(self):
        self.files(**{f'a_{i}': 'x' for i in range(9)})
        self.assert_groups(['a'], ' '.join(f'a/{i}' for i in range(9)))

    def test_a_dir_may_be_a_file(self):
        self.files(a_1='x', a_2='x', b='x', c='x')
        self.assert_groups(['b', 'c'], 'b c')
        self.assert_groups(['b', 'a'], 'a/1 a/2 b')

    def test_a_file_is_no_duplicate_of_itself(self):
        self.files(a_b_1='x', a_b_2='y', a_3='y')
        self.assert_groups(['a', 'a'], 'a/3 a/b/2')
        self.assert_groups(['a/b', 'a', 'a/b/1', './a', 'a/'], './a/3 ./a/b/2')
        self.assert_groups(['a/b/1', 'a/b/1', './a/b/1'])

    def test_hard_links_are_one_file_with_the_first_path(self):
        self.files(a_2='x', b_3='x')
        os.link(self.path('a/2'), self.path('a/1'))
        os.link(self.path('a/2'), self.path('b/4'))
        self.assert_groups(['a'])
        self.assert_groups(['a', 'b'], 'a/1 b/3')

    def test_empty_files_only_if_wanted(self):
        self.files(a_1='', a_2='', a_3='x', a_4='x')
        self.assert_groups(['a'], 'a/3 a/4')
        self.assert_groups(['--min-size', '0', 'a'], 'a/3 a/4', 'a/1 a/2')

    def test_min_size(self):
        self.files(a_1='xxxx', a_2='xxxx', a_3='xxxxx', a_4='xxxxx')
        self.assert_groups(['--min-size', '4', 'a'], 'a/3 a/4', 'a/1 a/2')
        self.assert_groups(['--min-size=5', 'a'], 'a/3 a/4')
        self.assert_groups(['--min-size', '6', 'a'])
        self.assert_groups(['--min-size', str(2**64 - 1), 'a'])

    def test_only_regular_files_are_looked_at(self):
        self.files(a_1='x', b_1='x')
        os.symlink('1', self.path('a/link'))
        os.symlink('../b', self.path('a/folder'))
        os.symlink('nothing', self.path('a/dangling'))
        os.mkfifo(self.path('a/pipe'))
        os.mkfifo(self.path('b/pipe'))
        with socket.socket(socket.AF_UNIX) as listener:
            folder = os.open(self.path('a'), os.O_RDONLY)
            self.addCleanup(os.close, folder)
            listener.bind(f'/proc/self/fd/{folder}/socket')
            self.assert_groups(['--min-size', '0', 'a'])
            self.assert_groups(['--min-size', '0', 'a', '/dev/null', '/dev/zero'])

    def test_a_dir_that_is_a_link_is_followed(self):
        self.files(a_1='x', a_2='x', b='x')
        os.symlink('a', self.path('link'))
        os.symlink('b', self.path('link to a file'))
        real = os.path.realpath(self.folder)
        self.assert_groups(['link'], f'{real}/a/1 {real}/a/2')
        self.assert_groups(['link', 'link to a file'], f'{real}/a/1 {real}/a/2 {real}/b')
        self.assert_groups(['link', 'a'], f'{real}/a/1 {real}/a/2')

    def test_zero_bytes_instead_of_newlines(self):
        self.file('a/1\n2', 'xx')
        self.files(a_3='xx', a_4='y', a_5='y')
        for option in ('-0', '--null'):
            self.assertEqual(self.output(option, 'a'), 'a/1\n2\0a/3\0\0a/4\0a/5\0')

    def test_names_that_are_not_utf_8(self):
        os.mkdir(self.path('a'))
        for name in (b'\xff', b'\xfe', b' '):
            with open(self.path('a').encode() + b'/' + name, 'w') as file:
                file.write('x')
        with tempfile.TemporaryFile() as out:
            self.assertEqual(self.run_program('a', stdout=out)[0], 0)
            out.seek(0)
            self.assertEqual(out.read(), b'a/ \na/\xfe\na/\xff\n')

    def test_files_that_differ_only_somewhere_far_inside(self):
        large = bytearray(random.Random(1).randbytes(300_000))
        self.file('a/1', bytes(large))
        self.file('a/2', bytes(large))
        for i, at in enumerate((0, 65535, 65536, 150_000, 299_999), 3):
            changed = bytearray(large)
            changed[at] ^= 1
            self.file(f'a/{i}', bytes(changed))
        self.file('a/9', bytes(large[:-1]))
        self.assert_groups(['a'], 'a/1 a/2')

    def test_agrees_with_another_way_to_find_them(self):
        choose = random.Random(846)
        by_content = {}
        for i in range(600):
            folder = '/'.join(choose.choice('abc') for _ in range(choose.randrange(6)))
            name = os.path.normpath(f'tree/{folder}/{i}')
            content = bytes(choose.choices(b'xy', k=choose.choice((0, 1, 2, 3, 4, 70_000))))
            self.file(name, content)
            by_content.setdefault((len(content), hashlib.sha256(content).digest()), []).append(name)
        for names in list(by_content.values())[::3]:
            self.file(names[0] + 'again', self.content(names[0]))
            names.append(names[0] + 'again')
        groups = [(-size, sorted(names)) for (size, _), names in by_content.items() if size and len(names) > 1]
        self.assertGreater(len(groups), 20)
        self.assert_groups(['tree'], *(' '.join(names) for _, names in sorted(groups)))


class Limit(support.DemoTest):
    def setUp(self):
        super().setUp()
        for folder in 'ab':
            os.mkdir(self.path(folder))
            for i in range(5):
                self.file(f'{folder}/{i}', 'x')

    def test_so_many_files_are_looked_at(self):
        for limit in range(12):
            found = self.output('--limit', str(limit), '.').split()
            self.assertEqual(len(found), 0 if limit < 2 else min(limit, 10))

    def test_small_files_count(self):
        for i in range(5):
            self.file(f'b/{i}', '')
        self.assertEqual(len(self.output('--limit', '7', 'b', 'a').split()), 2)

    def test_what_is_behind_it_is_not_looked_at(self):
        self.assertEqual(len(self.output('--limit', '5', 'a', 'nix').split()), 5)
        self.assertEqual(self.output('--limit=0', 'nix'), '')
        status, out, err = self.run_program('--limit', '6', 'a', 'nix')
        self.assertEqual((status, len(out.split()), err), (1, 5, 'dupes: nix: No such file or directory\n'))


support.main()
