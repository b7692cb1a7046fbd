# SPDX-License-Identifier: BSL-1.0
"""Where the rows go, and what happens when they can not."""
import os
import subprocess

import support

ARGS = ['--row', 'a', '--cols', '@i']
MANY = 100_000


class Output(support.DemoTest):
    def setUp(self):
        super().setUp()
        self.file('in.xml', '<r><a i="1"/><a i="2"/></r>')

    def many_rows(self):
        return self.file('many.xml', '<r>' + ''.join(f'<a i="{i}"/>' for i in range(MANY)) + '</r>')

    def shell(self, command, *args):
        done = subprocess.run(['sh', '-c', command, 'sh', support.PROGRAM, *args], cwd=self.folder,
                              capture_output=True, timeout=100)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_a_file_is_made_or_made_empty(self):
        self.assertEqual(self.output(*ARGS, '-o', 'out', 'in.xml'), '')
        self.assertEqual(self.content('out'), '@i\n1\n2\n')
        self.file('out', 'x' * 1000)
        self.assertEqual(self.output(*ARGS, '--output=out', 'in.xml'), '')
        self.assertEqual(self.content('out'), '@i\n1\n2\n')
        self.assertEqual(self.output(*ARGS, '-o', '-', 'in.xml'), '@i\n1\n2\n')
        self.assertEqual(self.output(*ARGS, '-o', '/dev/null', 'in.xml'), '')

    def test_a_broken_input_leaves_the_rows_before_the_fault(self):
        self.file('in.xml', '<r><a i="1"/><a i="2"/></x>')
        self.assert_run([*ARGS, '-o', 'out', 'in.xml'], 1, '', 'xmlrows: in.xml:1:26: mismatched tag\n')
        self.assertEqual(self.content('out'), '@i\n1\n2\n')

    def test_the_rows_come_before_the_message(self):
        self.file('in.xml', '<r><a i="1"/></x>')
        self.assertEqual(self.shell('"$@" 2>&1', *ARGS, 'in.xml'),
                         (1, '@i\n1\nxmlrows: in.xml:1:16: mismatched tag\n', ''))

    def test_a_place_one_can_not_write_to(self):
        self.assert_run([*ARGS, '-o', 'no/where', 'in.xml'], 1, '', 'xmlrows: no/where: No such file or directory\n')
        self.assert_run([*ARGS, '-o', '.', 'in.xml'], 1, '', 'xmlrows: .: Is a directory\n')

    def test_the_input_is_not_overwritten(self):
        before = self.content('in.xml')
        os.link(self.path('in.xml'), self.path('same.xml'))
        for name in ('in.xml', './in.xml', 'same.xml'):
            self.assert_run([*ARGS, '-o', name, 'in.xml'], 1, '', f'xmlrows: {name}: is the input file as well\n')
        self.assertEqual(self.shell('"$@" >> in.xml', *ARGS, 'in.xml'),
                         (1, '', 'xmlrows: standard output: is the input file as well\n'))
        self.assertEqual(self.content('in.xml'), before)

    def test_a_full_disk_is_told(self):
        message = 'xmlrows: standard output: No space left on device\n'
        for name in ('in.xml', self.many_rows()):
            with open('/dev/full', 'wb') as full:
                self.assert_run([*ARGS, name], 1, '', message, stdout=full)
            self.assert_run([*ARGS, '-o', '/dev/full', name], 1, '', 'xmlrows: /dev/full: No space left on device\n')

    def test_a_closed_pipe_is_told_and_ends_the_reading(self):
        self.many_rows()
        command = '{ "$@"; echo "exit status $?" >&2; } | head -n 1'
        told = 'xmlrows: standard output: Broken pipe\nexit status 1\n'
        self.assertEqual(self.shell(command, *ARGS, 'many.xml'), (0, '@i\n', told))
        endless = '{ yes "<a i=\'1\'/>" | sed "1s/^/<r>/"; } 2>/dev/null | ' + command
        self.assertEqual(self.shell(endless, *ARGS, '-'), (0, '@i\n', told))

    def test_a_closed_standard_output_is_told(self):
        for command in ('"$@" >&-', '"$@" >&- <&-'):
            self.assertEqual(self.shell(command, *ARGS, 'in.xml'),
                             (1, '', 'xmlrows: standard output: Bad file descriptor\n'))
        self.assertEqual(self.shell('"$@" >&-', *ARGS, '-o', 'out', 'in.xml'), (0, '', ''))
        self.assertEqual(self.content('out'), '@i\n1\n2\n')

    def test_messages_do_not_get_into_the_output(self):
        self.file('in.xml', '<r><a i="1"/></x>')
        self.assertEqual(self.shell('"$@" 2>&-', *ARGS, '-o', 'out', 'in.xml'), (1, '', ''))
        self.assertEqual(self.content('out'), '@i\n1\n')

    def test_a_limit_ends_the_reading_at_once(self):
        with subprocess.Popen([support.PROGRAM, *ARGS, '--limit', '3', '-'], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as running:
            running.stdin.write(b'<r><a i="1"/><a i="2"/><a i="3"/>')
            running.stdin.flush()  # and it stays open: whoever wants more waits for ever
            self.assertEqual(running.stdout.read(), b'@i\n1\n2\n3\n')
            self.assertEqual(running.wait(60), 0)

    def test_a_limit_may_be_larger_than_the_file(self):
        for limit, rows in (('1', '1\n'), ('2', '1\n2\n'), ('3', '1\n2\n'), ('18446744073709551615', '1\n2\n')):
            self.assertEqual(self.output(*ARGS, '--limit', limit, 'in.xml'), '@i\n' + rows)

    def test_many_rows_are_all_there(self):
        rows = self.output(*ARGS, self.many_rows())
        self.assertEqual(rows, '@i\n' + ''.join(f'{i}\n' for i in range(MANY)))


support.main()
