# SPDX-License-Identifier: BSL-1.0
"""What is replied to what."""
import smtp_support
import support

HELLO = ['EHLO client']
MAIL = [*HELLO, 'MAIL FROM:<me@here>']
RCPT = [*MAIL, 'RCPT TO:<you@there>']


class Dialogue(smtp_support.ServerTest):
    def assert_codes(self, *table):
        """Each row: the code of the last of the commands, and these, in a connection of their own."""
        self.start()
        for code, *commands in table:
            with smtp_support.Client(self.server.port) as client:
                self.assertEqual(client.code(*commands), str(code), commands)
                self.assertEqual(client.code('NOOP'), '250', commands)
                self.assertEqual(client.code('QUIT'), '221', commands)
                self.assertEqual(client.rest(), '', commands)
        self.assertEqual(self.assert_ends_well(), '')
        self.assert_nothing_kept()

    def test_hello(self):
        self.start()
        client = self.client(greeting=False)
        self.assertRegex(client.reply(), r'^220 \S+ ESMTP smtpsink$')
        self.assertRegex(client.ask('HELO client'), r'^250 \S+$')
        self.assertRegex(client.ask('EHLO client'), r'^250-\S+\n250-PIPELINING\n250-SIZE 67108864\n'
                                                    r'250-8BITMIME\n250-ENHANCEDSTATUSCODES\n250 HELP$')

    def test_who_says_hello(self):
        self.assert_codes(
            (250, 'ehlo CLIENT'), (250, 'EhLo a.b-c.example'), (250, 'HELO [127.0.0.1]'),
            (250, 'EHLO [IPv6:::1]'), (250, 'EHLO   spaces  '), (250, 'EHLO a', 'EHLO b', 'HELO c'),
            (501, 'EHLO'), (501, 'HELO '), (501, 'EHLO two words'), (501, 'EHLO a..b'), (501, 'EHLO <a>'),
            (501, 'EHLO [127.0.0.1'), (501, b'EHLO \xff'))

    def test_senders(self):
        self.assert_codes(
            (250, *MAIL), (250, *HELLO, 'mail from:<me@here>'), (250, *HELLO, 'MAIL FROM:<>'),
            (250, 'HELO client', 'MAIL FROM:<a.b+c@d.e>'), (250, *HELLO, 'MAIL FROM: <me@here>'),
            (250, *HELLO, r'MAIL FROM:<"a b>\"\\"@here>'), (250, *HELLO, 'MAIL FROM:<a@[127.0.0.1]>'),
            (250, *HELLO, 'MAIL FROM:<@first,@second:me@here>'),
            (503, 'MAIL FROM:<me@here>'), (503, *MAIL, 'MAIL FROM:<me@here>'),
            (503, 'EHLO', 'MAIL FROM:<me@here>'),
            *((501, *HELLO, command) for command in (
                'MAIL', 'MAIL FROM', 'MAIL FROM:', 'MAIL <me@here>', 'MAIL TO:<me@here>', 'MAIL FROM:me@here',
                'MAIL FROM:<me@here', 'MAIL FROM:<me@here>x', 'MAIL FROM:<me>', 'MAIL FROM:<@here>',
                'MAIL FROM:<me@>', 'MAIL FROM:<a b@here>', 'MAIL FROM:<a..b@here>', 'MAIL FROM:<.a@here>',
                'MAIL FROM:<"a@here>', 'MAIL FROM:<"a"b@here>', 'MAIL FROM:<"a\\"@here>', 'MAIL FROM:<a@b@c>',
                'MAIL FROM:<a@b..c>', 'MAIL FROM:<@first,me@here>', 'MAIL FROM:<a@[b]c]>',
                b'MAIL FROM:<\xc3\xa4@b>')))

    def test_parameters_of_a_sender(self):
        self.assert_codes(
            *((250, *HELLO, 'MAIL FROM:<me@here> ' + p) for p in (
                'SIZE=0', 'size=67108864', 'BODY=7BIT', 'body=8bitmime', ' SIZE=1   BODY=8BITMIME ')),
            *((552, *HELLO, 'MAIL FROM:<me@here> ' + p) for p in (
                'SIZE=67108865', 'BODY=7BIT SIZE=99999999999')),
            *((501, *HELLO, 'MAIL FROM:<me@here> ' + p) for p in (
                'SIZE', 'SIZE=', 'SIZE=-1', 'SIZE=1k', 'BODY', 'BODY=BINARYMIME', 'BODY=8BITMIME SIZE=x')),
            *((555, *HELLO, 'MAIL FROM:<me@here> ' + p) for p in (
                'SMTPUTF8', 'AUTH=<>', 'RET=HDRS', '=', 'SIZE=1 x')))

    def test_recipients(self):
        self.assert_codes(
            (250, *RCPT), (250, *RCPT, 'rcpt to:<other@there>'), (250, *MAIL, 'RCPT TO:<Postmaster>'),
            (250, *MAIL, 'RCPT TO:<@relay:you@there>'), (250, *MAIL, 'RCPT TO:<bad>', 'RCPT TO:<you@there>'),
            (503, 'RCPT TO:<you@there>'), (503, *HELLO, 'RCPT TO:<you@there>'),
            (503, *RCPT, 'RSET', 'RCPT TO:<you@there>'), (503, *RCPT, 'EHLO again', 'RCPT TO:<you@there>'),
            (503, *HELLO, 'MAIL FROM:<bad>', 'RCPT TO:<you@there>'),
            (555, *MAIL, 'RCPT TO:<you@there> NOTIFY=NEVER'),
            *((501, *MAIL, command) for command in (
                'RCPT', 'RCPT TO', 'RCPT TO:', 'RCPT TO:<>', 'RCPT TO:you@there', 'RCPT FROM:<you@there>',
                'RCPT TO:<you>', 'RCPT TO:<you@there', 'RCPT TO: you')))

    def test_text_and_the_rest(self):
        self.assert_codes(
            (503, 'DATA'), (503, *HELLO, 'DATA'), (503, *MAIL, 'DATA'), (503, *RCPT, 'RSET', 'DATA'),
            (503, *MAIL, 'RCPT TO:<bad>', 'DATA'), (501, *RCPT, 'DATA now'),
            (250, 'RSET'), (250, *RCPT, 'RSET', *MAIL[1:]), (501, 'RSET all'),
            (250, 'NOOP'), (250, 'noop what ever'), (214, 'HELP'), (214, 'HELP MAIL'),
            (252, 'VRFY you'), (252, 'VRFY <you@there>'), (501, 'VRFY'),
            *((502, command) for command in (
                'STARTTLS', 'AUTH PLAIN AGEAYg==', 'EXPN list', 'TURN', 'BDAT 5 LAST')),
            *((500, command) for command in (
                '', ' ', 'HELLO', 'FROB', 'DATAX', 'MAILFROM:<a@b>', 'GET / HTTP/1.1', '.', b'\xff\xfe')))

    def test_after_quit_nothing_is_replied(self):
        self.start()
        client = self.client()
        client.send('QUIT\r\nNOOP\r\n')
        self.assertEqual(client.reply()[:3], '221')
        self.assertEqual(client.rest(), '')

    def test_every_reply_has_an_enhanced_code_of_the_same_class(self):
        self.start()
        client = self.client()
        client.ask('EHLO client')
        for command in ('MAIL FROM:<me@here>', 'MAIL FROM:<me@here>', 'RCPT TO:<>', 'RCPT TO:<you@there>', 'RSET',
                        'NOOP', 'VRFY x', 'HELP', 'FROB', 'EXPN x', 'DATA', 'x' * 5000, 'QUIT'):
            self.assertRegex(client.ask(command), r'^([245])\d\d \1\.\d\.\d \S')

    def test_too_many_recipients(self):
        self.start('--max-recipients', '3')
        client = self.client()
        client.ask(*MAIL)
        for i in range(3):
            self.assertEqual(client.code(f'RCPT TO:<u{i}@there>'), '250')
        self.assertEqual(client.code('RCPT TO:<u3@there>'), '452')
        self.assertEqual(client.code('DATA', 'text\r\n.'), '250')
        mail = self.raw_mail(self.files('new')[0])
        self.assertEqual(mail.count(b'\nDelivered-To: u'), 3)


class Lines(smtp_support.ServerTest):
    def test_a_line_may_be_4096_bytes_long_and_the_connection_survives_longer_ones(self):
        self.start()
        client = self.client()
        for length in (4094, 4095, 4096, 4097, 8191, 8192, 8193, 100_000):
            for end in (b'\r\n', b'\n'):
                client.send(b'NOOP '.ljust(length, b'x') + end)
                if length + len(end) > 4096:
                    self.assertIn('longer than 4096', client.reply(), (length, end))
                else:
                    self.assertEqual(client.reply()[:3], '500' if end == b'\n' else '250')
                if end == b'\n':
                    self.assertEqual(client.code('NOOP'), '500')
                self.assertEqual(client.code('NOOP'), '250', (length, end))

    def test_bytes_that_are_no_text(self):
        self.start()
        client = self.client()
        for line in (b'NOOP \0', b'\0', b'NO\0OP', b'NOOP \x07', b'\x1b[A', b'NOOP \x7f', b'\0' * 4000):
            self.assertEqual(client.code(line), '500', line)
        self.assertEqual(client.code(b'NOOP\t\xff\xfe'), '250')

    def test_only_cr_lf_ends_a_line(self):
        self.start()
        client = self.client()
        for text in (b'NOOP\n', b'NO\rOP\r\n', b'NOOP\r\r\n', b'\rNOOP\r\n', b'\n', b'\r\r\n'):
            client.send(text + b'NOOP\r\n')
            self.assertEqual(client.reply()[:3], '500', text)
            after_bare = not text.endswith(b'\r\n')
            self.assertEqual(client.reply()[:3], '500' if after_bare else '250', text)
        self.assertEqual(client.code('NOOP'), '250')

    def test_commands_in_pieces(self):
        self.start()
        client = self.client()
        for byte in b'EHLO client\r\nMAIL FROM:<me@here>\r\nNOOP\r\n':
            client.send(bytes([byte]))
        self.assertEqual([client.reply()[:3] for _ in range(3)], ['250'] * 3)

    def test_a_command_without_an_end_is_none(self):
        self.start()
        client = self.client()
        client.send('NOOP\r\nNOOP')
        client.socket.shutdown(smtp_support.socket.SHUT_WR)
        self.assertEqual(client.reply()[:3], '250')
        self.assertEqual(client.rest(), '')


support.main()
