# SPDX-License-Identifier: BSL-1.0
"""What becomes of a mail."""
import email
import email.message
import os
import re
import shutil
import smtplib
import socket
import subprocess
import unittest

import smtp_support
import support


class Mails(smtp_support.ServerTest):
    def assert_kept(self, sent, kept):
        self.assertEqual(self.client().deliver(sent)[:3], '250', sent)
        self.assertEqual(self.mails()[-1], kept, sent)

    def test_what_is_put_before_a_mail(self):
        server = self.start()
        client = self.client()
        client.ask('HELO [127.0.0.1]', 'MAIL FROM:<@relay:"me too"@here>', 'RCPT TO:<you@there>',
                   'RCPT TO:<Postmaster>')
        reply = client.ask('DATA', 'Subject: x\r\n\r\ny\r\n.')
        name, = self.files('new')
        self.assertEqual(reply, '250 2.0.0 kept as ' + name)
        self.assertRegex(name, rf'^\d{{10}}\.{server.process.pid}_1\.[^/:]+$')
        mail = self.raw_mail(name).decode()
        self.assertRegex(mail, r'^Return-Path: <"me too"@here>\nDelivered-To: you@there\nDelivered-To: Postmaster\n'
                               r'Received: from \[127\.0\.0\.1\] \(\[127\.0\.0\.1\]\)\n\tby \S+ with SMTP;\n'
                               r'\t\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}\nSubject: x\n\ny\n$')
        email.utils.parsedate_to_datetime(email.message_from_string(mail)['Received'].split(';')[1])
        size = len('Subject: x\r\n\r\ny\r\n')
        self.assertEqual(self.assert_ends_well(),
                         f'"me too"@here -> you@there,Postmaster, {size} bytes, new/{name}\n')

    def test_nobody_may_be_the_sender(self):
        self.start()
        self.client().deliver(b'', sender='')
        name, = self.files('new')
        self.assertTrue(self.raw_mail(name).startswith(b'Return-Path: <>\nDelivered-To: you@there\n'))
        self.assertIn(b' with ESMTP;', self.raw_mail(name))
        self.assertEqual(self.assert_ends_well(), f'<> -> you@there, 0 bytes, new/{name}\n')

    def test_quiet(self):
        for option in ('-q', '--quiet'):
            self.start(option)
            self.client().deliver()
            self.assertEqual(self.assert_ends_well(), '')

    def test_dots(self):
        self.start()
        self.assert_kept(b'..\r\n', b'.\n')
        self.assert_kept(b'...\r\n..a\r\n .\r\na.\r\n', b'..\n.a\n .\na.\n')
        self.assert_kept(b'.a\r\n', b'a\n')  # nobody should send that, but then the dot is taken off
        self.assert_kept(b'\r\n\r\n', b'\n\n')
        self.assert_kept(b'', b'')

    def test_every_byte_but_cr_and_lf_stays_as_it_is(self):
        self.start()
        every = bytes(byte for byte in range(256) if byte not in b'\r\n')
        self.assert_kept(every + b'\r\n' + every[::-1] + b'\r\n', every + b'\n' + every[::-1] + b'\n')
        self.assert_kept(b'\0\r\n', b'\0\n')

    def test_several_in_one_connection(self):
        self.start()
        client = self.client()
        for i in range(5):
            self.assertEqual(client.deliver(b'%d\r\n' % i)[:3], '250')
        self.assertEqual(self.mails(), [b'%d\n' % i for i in range(5)])

    def test_pipelined_all_at_once(self):
        self.start()
        client = self.client()
        one = 'MAIL FROM:<me@here>\r\nRCPT TO:<bad>\r\nRCPT TO:<you@there>\r\nDATA\r\nmail {}\r\n.\r\nFROB\r\n'
        client.send('EHLO client\r\n' + ''.join(one.format(i) for i in range(300)) + 'QUIT\r\n')
        codes = re.findall(r'^\d{3}(?= )', client.rest(), re.M)
        self.assertEqual(codes, ['250'] + ['250', '501', '250', '354', '250', '500'] * 300 + ['221'])
        self.assertEqual(self.mails(), [b'mail %d\n' % i for i in range(300)])

    def test_too_large(self):
        self.start('--max-size', '1000')
        client = self.client()
        self.assertIn('\n250-SIZE 1000\n', client.ask('EHLO client'))
        self.assertEqual(client.code('MAIL FROM:<me@here> SIZE=1001'), '552')
        for sent in (b'x' * 998 + b'\r\n', b'..' + b'x' * 997 + b'\r\n'):
            self.assertEqual(client.deliver(sent)[:3], '250')
        for sent in (b'x' * 999 + b'\r\n', b'x\r\n' * 100_000, b'y' * 998 + b'\r\n\r\n'):
            self.assertEqual(client.deliver(sent)[:3], '552')
            self.assertEqual(self.files('tmp'), [])
        self.assertEqual(len(self.mails()), 2)
        self.assertEqual(client.deliver()[:3], '250')

    def test_a_line_that_is_too_long(self):
        self.start()
        client = self.client()
        self.assertEqual(client.deliver(b'x' * 4094 + b'\r\n')[:3], '250')
        for length in (4095, 4096, 8192, 1_000_000):
            self.assertEqual(client.deliver(b'a\r\n' + b'x' * length + b'\r\n')[:3], '500', length)
        self.assertEqual(self.mails(), [b'x' * 4094 + b'\n'])

    def test_cr_and_lf_that_stand_alone(self):
        self.start()
        client = self.client()
        for sent in (b'a\nb\r\n', b'a\rb\r\n', b'\n\r\n', b'\r\r\n', b'a\r\r\n', b'\r.\r\r\n',
                     b'x\r\ny\nz\r\n'):
            self.assertEqual(client.deliver(sent)[:3], '554', sent)
        self.assert_nothing_kept()

    def test_a_dot_between_other_line_ends_smuggles_no_mail(self):
        self.start()
        inner = b'MAIL FROM:<bad@here>\r\nRCPT TO:<you@there>\r\nDATA\r\nsmuggled\r\n.\r\n'
        goes_on, hangs_up = ['554', '221'], ['554']
        for end, codes in ((b'\n.\n', hangs_up), (b'\n.\r\n', hangs_up), (b'\r\n.\n', hangs_up),
                           (b'\r.\r\n', goes_on), (b'\r.\r', goes_on), (b'\r\n.\r', goes_on),
                           (b'\r\n.\r\r\n', goes_on), (b'\r\r\n.\r', goes_on)):
            with smtp_support.Client(self.server.port) as client:
                self.assertEqual(client.begin_text(), '354')
                client.send(b'text' + end + inner + b'QUIT\r\n')
                self.assertEqual(re.findall(r'^\d{3}', client.rest(), re.M), codes, end)
            self.assert_nothing_kept()
        self.assert_kept(b'text\r\n\0.\r\n' + inner[:-3], b'text\n\0.\n' + inner[:-3].replace(b'\r\n', b'\n'))

    def test_a_client_that_is_hung_up_on_can_read_why(self):
        self.start()
        client = self.client()
        self.assertEqual(client.begin_text(), '354')
        client.send(b'text\n.\n' + b'x' * 10_000)
        self.assertRegex(client.received.read(), rb'^554 .*\r\n$')  # a reset would be an error

    def test_a_client_that_goes_in_the_middle_of_a_mail_leaves_nothing(self):
        self.start()
        for text in (b'', b'text', b'text\r\n', b'text\r\n.', b'text\r\n.\r', b'x\r\n' * 10_000):
            for reset in (False, True):
                with smtp_support.Client(self.server.port) as client:
                    self.assertEqual(client.begin_text(), '354')
                    client.send(text)
                    if reset:
                        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
                    else:
                        client.socket.shutdown(socket.SHUT_WR)
                        self.assertEqual(client.rest(), '')
        self.assertEqual(self.client().code('NOOP'), '250')
        self.assert_ends_well()
        self.assert_nothing_kept()


class Keeping(smtp_support.ServerTest):
    def test_a_folder_that_went_away(self):
        self.start()
        client = self.client()
        for inside in ('tmp', 'new'):
            os.rename(self.path('mails/' + inside), self.path('away'))
            reply = client.deliver(b'x\r\n' * 10_000)
            self.assertEqual(reply, '451 4.3.0 can not store it: No such file or directory')
            os.rename(self.path('away'), self.path('mails/' + inside))
            self.assert_nothing_kept()
        self.assertEqual(client.deliver()[:3], '250')

    def test_a_disk_that_is_full(self):
        def small_files():
            smtp_support.resource.setrlimit(smtp_support.resource.RLIMIT_FSIZE, (20_000, 20_000))
        self.start(preexec_fn=small_files)
        client = self.client()
        for lines in (8_000, 1_000_000):
            self.assertEqual(client.deliver(b'xyz\r\n' * lines), '451 4.3.0 can not store it: File too large')
            self.assert_nothing_kept()
        self.assertEqual(client.deliver()[:3], '250')
        self.assertEqual(len(self.mails()), 1)

    def test_a_maildir_that_is_there_is_used(self):
        os.makedirs(self.path('mails/new'))
        self.file('mails/new/old', 'an old mail')
        self.start()
        self.client().deliver()
        self.assertEqual(len(self.files('new')), 2)
        self.assertEqual(os.stat(self.path('mails/tmp')).st_mode & 0o777, 0o700)


class RealClients(smtp_support.ServerTest):
    def test_smtplib(self):
        self.start()
        mail = email.message.EmailMessage()
        mail['From'], mail['To'], mail['Subject'] = 'Me <me@here>', 'you@there, me@here', 'Grüße'
        mail.set_content('.\n..\nHello\n.')
        mail.add_attachment(bytes(range(256)), maintype='application', subtype='octet-stream')
        with smtplib.SMTP('127.0.0.1', self.server.port, timeout=smtp_support.LIMIT) as client:
            client.send_message(mail)
            self.assertEqual(client.esmtp_features, {'pipelining': '', 'size': '67108864', '8bitmime': '',
                                                     'enhancedstatuscodes': '', 'help': ''})
            self.assertEqual(client.verify('you')[0], 252)
            with self.assertRaises(smtplib.SMTPNotSupportedError):
                client.starttls()
        got = email.message_from_bytes(self.raw_mail(self.files('new')[0]), policy=email.policy.default)
        self.assertEqual((got['Subject'], got['Return-Path'], got.get_all('Delivered-To')),
                         ('Grüße', '<me@here>', ['you@there', 'me@here']))
        self.assertEqual(got.get_body().get_content(), '.\n..\nHello\n.\n')
        self.assertEqual(next(got.iter_attachments()).get_content(), bytes(range(256)))

    @unittest.skipUnless(shutil.which('curl'), 'there is no curl')
    def test_curl(self):
        self.start()
        text = b'Subject: from curl\r\n\r\n' + b'.dots\r\n..\r\n.\r\n' * 10_000
        self.file('mail.txt', text)
        curl = subprocess.run(['curl', '-sS', f'smtp://127.0.0.1:{self.server.port}/client',
                               '--mail-from', 'me@here', '--mail-rcpt', 'you@there', '--mail-rcpt', 'other@there',
                               '-T', self.path('mail.txt')], capture_output=True, timeout=smtp_support.LIMIT)
        self.assertEqual((curl.returncode, curl.stderr), (0, b''))
        self.assertEqual(self.mails(), [text.replace(b'\r\n', b'\n')])
        self.assertEqual(self.assert_ends_well(),
                         f'me@here -> you@there,other@there, {len(text)} bytes, new/{self.files("new")[0]}\n')


support.main()
