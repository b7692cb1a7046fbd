# SPDX-License-Identifier: BSL-1.0
"""The command line, and what keeps the server from starting."""
import os
import socket
import subprocess

import smtp_support
import support

ARGS = ['--port', '0', '--maildir', 'mails']


class WrongUsage(support.DemoTest):
    def test_something_is_missing(self):
        self.assert_usage_error([], '--port is missing')
        self.assert_usage_error(['--maildir', 'mails'], '--port is missing')
        self.assert_usage_error(['--port', '0'], '--maildir is missing')
        self.assert_usage_error(['--port'], "option '--port' requires an argument")

    def test_something_is_too_much(self):
        self.assert_usage_error([*ARGS, 'more'], "'more' is too much")
        self.assert_usage_error([*ARGS, '--frob'], "unrecognized option '--frob'")
        self.assert_usage_error([*ARGS, '-x'], "invalid option -- 'x'")
        self.assert_usage_error([*ARGS, '--quiet=1'], "option '--quiet' doesn't allow an argument")

    def test_bad_values(self):
        for text in ('', '-1', '65536', 'smtp', '25x', ' 25', '0x19', '1.5'):
            self.assert_usage_error([*ARGS, '--port', text], f"--port: '{text}' is not a port")
        for option in ('--max-size', '--max-recipients', '--max-connections', '--count'):
            for text in ('', '0', '-1', '1.5', '1k', '99999999999999999999'):
                self.assert_usage_error([*ARGS, option, text], f"{option}: '{text}' is not a number above 0")
        for option in ('--timeout', '--data-timeout'):
            for text in ('', '0', '0.0', '-1', '1s', 'inf', 'nan', '1e3', ' 1', '2000000000'):
                self.assert_usage_error([*ARGS, option, text], f"{option}: '{text}' is not a number of seconds")
        for text in ('', 'here', '127.0.0.256', '127.0.0.1:25', '[::1]'):
            self.assert_usage_error([*ARGS, '--address', text], f"--address: '{text}' is not an address")
        self.assert_usage_error([*ARGS, '--maildir', ''], "--maildir: '' is not a folder")
        self.assertEqual(os.listdir(self.folder), [])

    def test_help_and_version(self):
        text = self.output('--help')
        self.assertEqual(self.output('-h'), text)
        self.assertTrue(text.startswith('Usage: smtpsink --port N --maildir DIR [OPTION]...\n'), text)
        self.assertIn('\nExample:\n  smtpsink --port 2525 --maildir caught &\n  curl smtp://127.0.0.1:2525 ', text)
        for option in ('--address', '--max-size', '--max-recipients', '--max-connections', '--timeout',
                       '--data-timeout', '--count', '--quiet', '--version'):
            self.assertIn(option, text)
        self.assertLess(max(map(len, text.split('\n'))), 82)
        self.assertRegex(self.output('--version'), r'^smtpsink \d+\.\d+\.\d+\n$')

    def test_help_that_can_not_be_printed(self):
        with open('/dev/full', 'wb') as full:
            self.assert_run(['--help'], 1, '', 'smtpsink: standard output: No space left on device\n', stdout=full)


class CanNotStart(support.DemoTest):
    def test_a_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))
            taken.listen()
            port = str(taken.getsockname()[1])
            self.assert_run(['--port', port, '--maildir', 'mails'], 1, '',
                            f'smtpsink: 127.0.0.1:{port}: Address already in use\n')
        self.assertEqual(os.listdir(self.folder), [])

    def test_an_address_that_is_not_ours(self):
        self.assert_run([*ARGS, '--address', '192.0.2.1'], 1, '',
                        'smtpsink: 192.0.2.1:0: Cannot assign requested address\n')

    def test_a_folder_that_can_not_be_made(self):
        self.file('file', '')
        self.assert_run([*ARGS, '--maildir', 'no/mails'], 1, '', 'smtpsink: no/mails: No such file or directory\n')
        self.assert_run([*ARGS, '--maildir', 'file/mails'], 1, '', 'smtpsink: file/mails: Not a directory\n')
        self.assert_run([*ARGS, '--maildir', 'file'], 1, '', 'smtpsink: file/cur: Not a directory\n')
        os.mkdir(self.path('mails'))
        self.file('mails/new', '')
        self.assert_run(ARGS, 1, '', 'smtpsink: mails/new: Not a directory\n')

    def assert_denied(self, name):
        """The program must not be root's here, who may do anything."""
        how = {}
        if os.geteuid() == 0:
            os.chmod(self.folder, os.stat(self.folder).st_mode | 0o055)
            how = {'user': 65534, 'group': 65534, 'extra_groups': []}
            try:
                subprocess.run([support.PROGRAM, '--version'], capture_output=True, check=True, **how)
            except (OSError, subprocess.CalledProcessError):
                self.skipTest('nobody else may run the program')
        self.assert_run(ARGS, 1, '', f'smtpsink: {name}: Permission denied\n', **how)

    def test_a_folder_one_may_not_make(self):
        os.chmod(self.folder, 0o555)
        self.addCleanup(os.chmod, self.folder, 0o755)
        self.assert_denied('mails')

    def test_a_folder_one_may_not_write_to(self):
        for inside in ('cur', 'new', 'tmp'):
            os.makedirs(self.path('mails/' + inside))
            os.chmod(self.path('mails/' + inside), 0o777)
        os.chmod(self.path('mails/new'), 0o555)
        self.assert_denied('mails/new')

    def test_a_line_that_can_not_be_printed(self):
        with open('/dev/full', 'wb') as full:
            self.assert_run(ARGS, 1, '', 'smtpsink: standard output: No space left on device\n', stdout=full)


class Addresses(smtp_support.ServerTest):
    def test_the_line_that_tells_where(self):
        self.assertRegex(self.start().where, r'^listening on 127\.0\.0\.1:[1-9]\d*\n$')
        self.assertRegex(self.start('--address', '127.0.0.2').where, r'^listening on 127\.0\.0\.2:[1-9]\d*\n$')

    def test_ipv6(self):
        try:
            with socket.socket(socket.AF_INET6) as one:
                one.bind(('::1', 0))
        except OSError:
            self.skipTest('there is no IPv6 here')
        where = self.start('--address', '::1').where
        self.assertRegex(where, r'^listening on \[::1\]:[1-9]\d*\n$')
        with socket.create_connection(('::1', self.server.port), smtp_support.LIMIT) as client:
            client.sendall(b'EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<you@there>\r\nDATA\r\n.\r\nQUIT\r\n')
            while client.recv(1000):
                continue
        self.assertIn(b'Received: from x ([IPv6:::1])\n', self.raw_mail(self.files('new')[0]))


support.main()
