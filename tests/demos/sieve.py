# SPDX-License-Identifier: BSL-1.0
import subprocess

import support


def primes(count):
    found = []
    number = 2
    while len(found) < count:
        if all(number % prime for prime in found if prime * prime <= number):
            found.append(number)
        number += 1
    return found


class Sieve(support.DemoTest):
    def assert_primes(self, count, *args):
        self.assertEqual(self.output(*args).split('\n'), [str(prime) for prime in primes(count)] + [''])

    def test_prints_the_first_n_primes(self):
        self.assert_primes(1, '1')
        self.assert_primes(10, '10')
        self.assert_primes(600, '600')

    def test_prints_25_when_not_told_how_many(self):
        self.assert_primes(25)

    def test_prints_nothing_when_none_are_wanted(self):
        self.assertEqual(self.output('0'), '')

    def test_refuses_what_is_no_number(self):
        for text in ('ten', '1e3', '2.5', '', '100001', '99999999999999999999', ' 7'):
            self.assert_usage_error([text], f"'{text}' is not a number from 0 to 100000")
        self.assert_usage_error(['1', '2'], 'more than one number')
        self.assert_usage_error(['--size'], "unrecognized option '--size'")
        self.assert_usage_error(['-1'], "invalid option -- '1'")

    def test_help_and_version(self):
        help_text = self.output('--help')
        self.assertTrue(help_text.startswith('Usage: sieve [N]\n'), help_text)
        self.assertIn('\nExample:\n  sieve 10\n', help_text)
        self.assertRegex(self.output('--version'), r'^sieve \d+\.\d+\.\d+\n$')

    def test_a_full_disk_is_told(self):
        with open('/dev/full', 'wb') as full:
            self.assert_run([], 1, '', 'sieve: standard output: No space left on device\n', stdout=full)

    def test_a_closed_pipe_ends_it(self):
        with subprocess.Popen([support.PROGRAM, '2000'], stdout=subprocess.PIPE) as running:
            self.assertEqual(running.stdout.readline(), b'2\n')
            running.stdout.close()
            running.wait(60)


support.main()
