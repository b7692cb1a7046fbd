# SPDX-License-Identifier: BSL-1.0
"""A running smtpsink, and clients of it that send what they are told to, byte by byte."""
import os
import re
import resource
import select
import signal
import socket
import subprocess

import support

LIMIT = 100  # seconds; nothing here should take that long


class Client:
    """One connection. Its greeting has been read."""

    def __init__(self, port, greeting=True, buffers=None):
        self.socket = socket.socket()
        if buffers:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffers)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffers)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(LIMIT)
        self.socket.connect(('127.0.0.1', port))
        self.received = self.socket.makefile('rb')
        if greeting:
            assert self.reply().startswith('220 '), 'no greeting'

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.received.close()
        self.socket.close()

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def reply(self):
        """The next reply, all lines of it, without the last CR LF; '' at the end."""
        lines = []
        while not lines or lines[-1][3:4] == '-':
            line = self.received.readline().decode()
            if not line:
                break
            assert line.endswith('\r\n'), line
            lines.append(line[:-2])
        return '\n'.join(lines)

    def ask(self, *commands):
        """Sends the commands and gives the reply to the last."""
        for command in commands:
            self.send((command if isinstance(command, bytes) else command.encode()) + b'\r\n')
            reply = self.reply()
        return reply

    def code(self, *commands):
        return self.ask(*commands)[:3]

    def rest(self):
        """All that still comes; a connection that was reset ends as well."""
        try:
            return self.received.read().decode()
        except ConnectionResetError:
            return ''

    def begin_text(self, sender='me@here', to='you@there'):
        return self.code('EHLO client', f'MAIL FROM:<{sender}>', f'RCPT TO:<{to}>', 'DATA')

    def deliver(self, text=b'Subject: test\r\n\r\nHello\r\n', **whom):
        """Sends a mail; gives the last reply."""
        assert self.begin_text(**whom) == '354'
        self.send(text)
        return self.ask('.')


class Server:
    def __init__(self, folder, *args, **how):
        self.process = subprocess.Popen([support.PROGRAM, '--port', '0', '--maildir', 'mails', *args],
                                        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)
        self.where = self.process.stdout.readline().decode()
        found = re.fullmatch(r'listening on (.*):(\d+)\n', self.where)
        if not found:
            raise AssertionError(self.where, self.process.communicate())
        self.port = int(found[2])

    def end(self, sign=signal.SIGTERM):
        """Ends it, or waits for that if there is no `sign`; gives exit status, further output and errors."""
        if sign is not None:
            self.process.send_signal(sign)
        out, err = self.process.communicate(timeout=LIMIT)
        return self.process.returncode, out.decode(), err.decode()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def descriptors(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def memory(self):
        """The memory it has touched, in KiB."""
        with open(f'/proc/{self.process.pid}/status') as status:
            return int(re.search(r'VmRSS:\s+(\d+) kB', status.read())[1])


class ServerTest(support.DemoTest):
    def start(self, *args, **how):
        self.server = Server(self.folder, *args, **how)
        self.addCleanup(self.server.kill)
        return self.server

    def client(self, **how):
        client = Client(self.server.port, **how)
        self.addCleanup(client.close)
        return client

    def files(self, inside):
        return sorted(os.listdir(self.path('mails/' + inside)))

    def mails(self):
        """The mails that were kept, without what smtpsink puts before them, in the order of their coming."""
        def number(name):
            return int(re.fullmatch(r'\d+\.\d+_(\d+)\..+', name)[1])
        return [self.raw_mail(name).split(b'\n\t')[2].split(b'\n', 1)[1]
                for name in sorted(self.files('new'), key=number)]

    def raw_mail(self, name):
        with open(self.path('mails/new/' + name), 'rb') as file:
            return file.read()

    def assert_nothing_kept(self):
        self.assertEqual((self.files('tmp'), self.files('new'), self.files('cur')), ([], [], []))

    def assert_ends_well(self, sign=signal.SIGTERM):
        """It ends with status 0, no complaint and no unfinished mail; gives what it printed."""
        status, out, err = self.server.end(sign)
        self.assertEqual((status, err), (0, ''))
        self.assertEqual(self.files('tmp'), [])
        return out


def send_without_reading(*clients):
    """Sends empty lines until no more can be sent, since the server waits for these clients to read. Gives how
    many bytes each of them has sent."""
    sent = {client.socket: 0 for client in clients}
    while ready := select.select([], sent, [], 0.5)[1]:
        for one in ready:
            part = b'\r\n' * 10_000
            sent[one] += one.send(part[sent[one] % 2:], socket.MSG_DONTWAIT)
            assert sent[one] < 100_000_000, 'it does not wait'
    return list(sent.values())


def raise_descriptor_limit():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard
