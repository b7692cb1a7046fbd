# SPDX-License-Identifier: BSL-1.0
"""Who needs how many comparisons."""
import math
import random

import support

NAMES = {'std::sort', 'std::stable_sort', 'heap sort', 'qsort'}


def shuffled(count, seed=1):
    return ''.join(f'{n}\n' for n in random.Random(seed).sample(range(10 * count), count))


class Table(support.DemoTest):
    def table(self, *args, **how):
        """Its rows, as (place, comparisons, algorithm), and the comparisons by algorithm."""
        head, *rows = self.output(*args, **how).splitlines()
        self.assertEqual(head, 'place   comparisons  algorithm')
        rows = [(row[:5].strip(), int(row[5:19]), row[21:]) for row in rows]
        self.assertEqual({name.replace(' (stopped)', '') for _, _, name in rows}, NAMES)
        return rows, {name: comparisons for _, comparisons, name in rows}

    def test_the_fewest_comparisons_come_first(self):
        self.file('in', shuffled(5000))
        rows, needed = self.table('in')
        self.assertEqual([row[0] for row in rows], ['1', '2', '3', '4'])
        self.assertEqual([row[1] for row in rows], sorted(needed.values()))
        best = 5000 * math.log2(5000) - 1.45 * 5000  # nobody can do better on average
        for comparisons in needed.values():
            self.assertGreater(comparisons, best)
            self.assertLess(comparisons, 2 * best)

    def test_it_is_the_same_every_time(self):
        self.file('in', shuffled(5000))
        self.assertEqual(self.output('in'), self.output('in'))
        self.file('other', shuffled(5000, 2))
        self.assertNotEqual(self.output('in'), self.output('other'))

    def test_it_is_the_lines_that_are_sorted(self):
        lines = shuffled(1000).splitlines(True)
        self.file('in', ''.join(lines))
        self.file('sorted', ''.join(sorted(lines)))
        self.file('last line without its end', ''.join(lines)[:-1])
        _, shuffled_needed = self.table('in')
        _, sorted_needed = self.table('sorted')
        for name in ('std::stable_sort', 'qsort'):
            self.assertLess(sorted_needed[name], 0.8 * shuffled_needed[name])
        self.assertEqual(self.output('in'), self.output('last line without its end'))

    def test_standard_input(self):
        self.file('in', shuffled(100))
        self.assertEqual(self.output('-', input=shuffled(100).encode()), self.output('in'))

    def test_few_lines(self):
        for content in ('', 'one line', '\n'):
            self.file('in', content)
            self.assertEqual({row[:2] for row in self.table('in')[0]}, {('1', 0)})
        self.file('in', 'b\na\n')
        self.assertEqual(self.table('in')[1]['std::stable_sort'], 1)
        self.file('in', '\n\n')
        self.assertEqual(self.table('in')[1]['std::stable_sort'], 1)

    def test_lines_that_are_equal_empty_long_or_not_text(self):
        self.file('in', b'same\n' * 100 + b'\n' * 100 + b'\xff\0\n' * 3 + b'\xff\0\1\n' + b'x' * 100_000)
        for place, _, _ in self.table('in')[0]:
            self.assertNotEqual(place, '-')

    def test_who_needs_more_than_the_limit_is_stopped(self):
        self.file('in', shuffled(500))
        needed = dict(sorted(self.table('in')[1].items(), key=lambda item: item[1]))
        for limit in (0, 1, 100, *needed.values(), max(needed.values()) + 1):
            rows, _ = self.table('--limit', str(limit), 'in')
            finished = [(name, comparisons) for name, comparisons in needed.items() if comparisons <= limit]
            self.assertEqual([(name, comparisons) for _, comparisons, name in rows[:len(finished)]], finished)
            for place, comparisons, name in rows[len(finished):]:
                self.assertEqual((place, comparisons), ('-', limit))
                self.assertTrue(name.endswith(' (stopped)'))


support.main()
