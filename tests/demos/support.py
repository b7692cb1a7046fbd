# SPDX-License-Identifier: BSL-1.0
"""What the tests of the demos share. The program under test is the script's first argument."""
import os
import pty
import subprocess
import sys
import tempfile
import threading
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))

with open(PROGRAM, 'rb') as file:
    code = file.read()
    SANITIZED = b'__asan_init' in code  # such a program is slower, and larger in memory
    NEEDS_DESCRIPTORS = b'__ubsan_handle' in code  # without two free descriptors such a program reports what is not so


class DemoTest(unittest.TestCase):
    """Each test has an empty folder, and the program runs in it: messages name files as the test does."""

    maxDiff = 4000

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, content):
        with open(self.path(name), 'wb') as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return name

    def content(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read().decode()

    def run_program(self, *args, **how):
        """Runs it to its end; gives (exit status, standard output, standard error)."""
        how = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE, **how}
        if 'input' in how:
            del how['stdin']
        done = subprocess.run([PROGRAM, *args], cwd=self.folder, timeout=100, **how)
        return done.returncode, (done.stdout or b'').decode(), (done.stderr or b'').decode()

    def on_terminal(self, *args, **how):
        """Runs it with standard error on a terminal; gives the exit status and what came there."""
        ours, theirs = pty.openpty()
        shown = []

        def read():
            while True:
                try:
                    shown.append(os.read(ours, 65536))
                except OSError:  # this is how a terminal ends
                    return

        reader = threading.Thread(target=read)
        reader.start()
        try:
            status = self.run_program(*args, **{'stdout': subprocess.DEVNULL, **how}, stderr=theirs)[0]
        finally:
            os.close(theirs)
            reader.join()
            os.close(ours)
        return status, b''.join(shown).decode()

    def output(self, *args, **how):
        """What it prints; it must succeed and complain about nothing."""
        status, out, err = self.run_program(*args, **how)
        self.assertEqual((status, err), (0, ''))
        return out

    def assert_run(self, args, status, out, err, **how):
        self.assertEqual(self.run_program(*args, **how), (status, out, err), ' '.join(args))

    def assert_usage_error(self, args, message):
        name = os.path.basename(PROGRAM)
        self.assert_run(args, 2, '', f"{name}: {message}\nTry '{name} --help'.\n")


def main():
    unittest.main()
