# SPDX-License-Identifier: BSL-1.0
"""Many clients, slow ones, silent ones, and those that never read."""
import resource
import select
import signal
import unittest

import smtp_support
import support

MANY = 1000
RSS_EACH = 32  # KiB for a client in the middle of a mail: two fibers' stacks, a buffer, a draft


class ManyClients(smtp_support.ServerTest):
    @unittest.skipIf(smtp_support.raise_descriptor_limit() < 2 * MANY + 100, 'too few files may be open')
    def test_a_thousand_at_once(self):
        self.start('--quiet')  # nobody reads its output, and a pipe has room for less
        with smtp_support.Client(self.server.port) as first:
            first.deliver()
            first.ask('QUIT')
            self.assertEqual(first.rest(), '')
        descriptors, memory = self.server.descriptors(), self.server.memory()

        clients = [self.client() for _ in range(MANY)]
        for client in clients:
            client.send('EHLO client\r\nMAIL FROM:<me@here>\r\nRCPT TO:<you@there>\r\nDATA\r\n')
        for i, client in enumerate(clients):
            self.assertEqual([client.reply()[:3] for _ in range(4)], ['250', '250', '250', '354'])
            client.send(f'this is the mail of\r\n{i}')
        self.assertEqual(self.server.descriptors(), descriptors + 2 * MANY)
        if not support.SANITIZED:
            self.assertLess(self.server.memory() - memory, MANY * RSS_EACH)
        for client in reversed(clients):
            client.send(', complete\r\n.\r\n')
        for client in clients:
            self.assertEqual(client.reply()[:3], '250')
        for client in clients:
            self.assertEqual(client.code('QUIT'), '221')
            self.assertEqual(client.rest(), '')
        self.assertEqual(self.server.descriptors(), descriptors)
        self.assertEqual(sorted(self.mails()[1:]),
                         sorted(b'this is the mail of\n%d, complete\n' % i for i in range(MANY)))
        self.assert_ends_well()

    def test_too_many(self):
        self.start('--max-connections', '3')
        three = [self.client() for _ in range(3)]
        for _ in range(2):
            fourth = self.client(greeting=False)
            self.assertEqual(fourth.reply(), '421 4.3.2 too many connections')
            self.assertEqual(fourth.rest(), '')
        for client in three:
            self.assertEqual(client.code('NOOP'), '250')
        self.assertEqual(three[1].code('QUIT'), '221')
        self.assertEqual(three[1].rest(), '')
        self.assertEqual(self.client().deliver()[:3], '250')

    def test_as_many_as_there_are_descriptors(self):
        few = 36

        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (few // 2, few))
        self.start(preexec_fn=limit)
        clients = [self.client() for _ in range((few - 16) // 2)]
        self.assertEqual(self.client(greeting=False).reply()[:3], '421')
        for client in clients:
            self.assertEqual(client.begin_text(), '354')
        for client in clients:
            self.assertEqual(client.code('text\r\n.'), '250')

    @unittest.skipIf(support.NEEDS_DESCRIPTORS, 'the sanitizer needs descriptors')
    def test_when_there_are_no_descriptors_clients_wait(self):
        self.start()
        client = self.client()
        self.assertEqual(client.code('NOOP'), '250')
        before = resource.prlimit(self.server.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.server.process.pid, resource.RLIMIT_NOFILE, (3, before[1]))
        waiting = self.client(greeting=False)
        for _ in range(2):
            self.assertEqual(client.deliver(), '451 4.3.0 can not store it: Too many open files')
        resource.prlimit(self.server.process.pid, resource.RLIMIT_NOFILE, before)
        self.assertEqual(waiting.reply()[:3], '220')
        self.assertEqual(waiting.deliver()[:3], '250')
        self.assertEqual(client.deliver()[:3], '250')


class SlowClients(smtp_support.ServerTest):
    def test_a_slow_one_delays_nobody(self):
        self.start()
        slow, other = self.client(), self.client()
        sent = b'EHLO x\r\nMAIL FROM:<slow@here>\r\nRCPT TO:<you@there>\r\nDATA\r\n..\r\ntext\r\n.\r\n'
        for byte in sent:
            slow.send(bytes([byte]))
            self.assertEqual(other.deliver()[:3], '250')
        self.assertEqual([slow.reply()[:3] for _ in range(5)], ['250', '250', '250', '354', '250'])
        self.assertEqual(len(self.mails()), len(sent) + 1)
        self.assertIn(b'.\ntext\n', self.mails())

    def assert_timed_out(self, client):
        self.assertEqual(client.reply(), '421 4.4.2 it took too long')
        self.assertEqual(client.rest(), '')

    def test_a_silent_one_is_not_waited_for(self):
        self.start('--timeout', '1')
        begin = 'EHLO client\r\nMAIL FROM:<me@here>\r\nRCPT TO:<you@there>\r\nDATA\r\n'
        for sent, replies in (('', 1), ('EHLO cli', 1), ('EHLO client\r\n', 2), (begin, 5), (begin + 'a\r\nb', 5)):
            client = self.client(greeting=False)
            client.send(sent)
            self.assertNotIn('421', [client.reply()[:3] for _ in range(replies)])
            self.assert_timed_out(client)
        self.assert_nothing_kept()

    def trickle(self, client, piece):
        """Sends a piece at a time until there is a reply."""
        for _ in range(10_000):
            if select.select([client.socket], [], [], 0.02)[0]:
                return
            client.send(piece)
        self.fail('nothing came')

    def test_a_line_may_not_trickle_in_for_ever(self):
        self.start('--timeout', '0.5')
        client = self.client()
        self.trickle(client, 'x')
        self.assert_timed_out(client)

    def test_a_mail_may_not_trickle_in_for_ever(self):
        self.start('--data-timeout', '0.5')
        client = self.client()
        self.assertEqual(client.begin_text(), '354')
        self.trickle(client, 'x\r\n')
        self.assert_timed_out(client)
        self.assert_nothing_kept()

    def test_the_time_for_a_mail_ends_with_it(self):
        self.start('--data-timeout', '1')
        client, silent = self.client(), self.client()
        client.ask('EHLO client', 'MAIL FROM:<me@here>', 'RCPT TO:<you@there>')
        client.send('DATA\r\ntext\r\n.\r\n')
        self.assertEqual([client.reply()[:3] for _ in range(2)], ['354', '250'])
        self.assertEqual(silent.begin_text(), '354')
        self.assert_timed_out(silent)
        self.assertEqual(client.code('NOOP'), '250')

    def test_those_who_do_not_read_delay_nobody_and_take_no_memory(self):
        self.start()
        self.assertEqual(self.client().deliver()[:3], '250')
        descriptors, memory = self.server.descriptors(), self.server.memory()
        deaf = [self.client(buffers=4096) for _ in range(50)]
        smtp_support.send_without_reading(*deaf)
        self.assertEqual(self.client().deliver()[:3], '250')
        if not support.SANITIZED:
            self.assertLess(self.server.memory() - memory, len(deaf) * RSS_EACH)
        self.assertEqual(self.server.descriptors(), descriptors + len(deaf) + 1)

    def test_one_that_reads_late_gets_all_replies(self):
        self.start()
        client = self.client(buffers=4096)
        sent, = smtp_support.send_without_reading(client)
        replies = b'500 5.5.2 no such command\r\n' * (sent // 2)
        self.assertEqual(client.received.read(len(replies)), replies)
        client.send('\r\n'[sent % 2:] + 'QUIT\r\n')
        self.assertRegex(client.rest(), r'^500 .*\r\n221 .*\r\n$')

    def test_one_that_never_reads_is_not_waited_for(self):
        self.start('--timeout', '2')
        with smtp_support.Client(self.server.port) as client:
            client.ask('QUIT')
            client.rest()
        descriptors = self.server.descriptors()
        deaf = self.client(buffers=4096)
        smtp_support.send_without_reading(deaf)
        for _ in range(10):
            self.assert_timed_out(self.client())  # who came later
            if self.server.descriptors() == descriptors:
                return
        self.fail('it is still waited for')


class TheEnd(smtp_support.ServerTest):
    def test_everybody_is_told_when_the_server_ends(self):
        for sign in (signal.SIGTERM, signal.SIGINT):
            self.start()
            idle, middle, deaf = self.client(), self.client(), self.client(buffers=4096)
            self.assertEqual(middle.begin_text(), '354')
            middle.send('text\r\n')
            smtp_support.send_without_reading(deaf)
            self.assertEqual(idle.code('NOOP'), '250')
            self.assert_ends_well(sign)
            self.assert_nothing_kept()
            for client in (idle, middle):
                self.assertEqual(client.reply(), '421 4.3.2 the server is going down')
                self.assertEqual(client.rest(), '')

    def test_nobody_is_there_when_the_server_ends(self):
        self.start()
        self.assert_ends_well()

    def test_it_ends_after_so_many_mails(self):
        self.start('--count', '2')
        waiting, late, last = self.client(), self.client(), self.client()
        self.assertEqual(late.begin_text(), '354')
        self.assertEqual(waiting.deliver()[:3], '250')
        self.assertEqual(last.deliver()[:3], '250')
        self.assertEqual(late.code('text\r\n.'), '451')
        self.assertEqual(waiting.code('MAIL FROM:<me@here>'), '451')
        self.assertEqual(self.client().code('QUIT'), '221')
        self.assertEqual(last.code('QUIT'), '221')
        self.assertEqual(self.assert_ends_well(sign=None).count('\n'), 2)
        self.assertEqual(waiting.reply()[:3], '421')
        self.assertEqual(len(self.mails()), 2)

    def test_it_ends_as_well_when_the_last_client_just_goes(self):
        self.start('--count', '1')
        with smtp_support.Client(self.server.port) as client:
            self.assertEqual(client.deliver()[:3], '250')
        self.assert_ends_well(sign=None)

    def test_it_ends_when_its_output_can_not_be_written(self):
        self.start()
        idle, client = self.client(), self.client()
        self.server.process.stdout.close()
        self.assertEqual(client.begin_text(), '354')
        client.send('text\r\n.\r\n')
        self.assertEqual(client.rest(), '')
        self.assertEqual(idle.reply()[:3], '421')
        self.assertEqual(self.server.process.wait(smtp_support.LIMIT), 1)
        self.assertEqual(self.server.process.stderr.read(), b'smtpsink: standard output: Broken pipe\n')
        self.server.process.stderr.close()


support.main()
