# SPDX-License-Identifier: BSL-1.0
"""demos/recipes/README.md has the code of each recipe, to the letter. The first argument is its folder."""
import pathlib
import re
import sys
import unittest

FOLDER = pathlib.Path(sys.argv.pop(1))


def code_of(header):
    """What the page shows of a header: all after its introduction."""
    return header.split('#pragma once\n\n', 1)[1]


def faults(page, headers):
    """What is wrong with the page; `headers` is {name: text}."""
    blocks = re.findall(r'^```cpp\n(.*?)^```$', page, re.DOTALL | re.MULTILINE)
    codes = {name: code_of(text) for name, text in headers.items()}
    return [f'{name} is not on the page as it is' for name in codes if blocks.count(codes[name]) != 1] + \
           ['this is in no header:\n' + block for block in blocks if block not in codes.values()]


class Page(unittest.TestCase):
    page = (FOLDER / 'README.md').read_text()
    headers = {path.name: path.read_text() for path in FOLDER.glob('*.hpp')}

    def test_each_header_is_on_the_page_and_nothing_else_is(self):
        self.assertGreaterEqual(len(self.headers), 9)
        self.assertEqual(faults(self.page, self.headers), [])

    def test_a_word_that_differs_is_found(self):
        for name, header in self.headers.items():
            changed = {**self.headers, name: header.replace('weft::', 'left::')}
            self.assertIn(f'{name} is not on the page as it is', faults(self.page, changed), name)
            self.assertEqual(len(faults(self.page, changed)), 2)

    def test_a_header_that_is_missing_on_the_page_is_found(self):
        more = {**self.headers, 'new.hpp': '// new\n#pragma once\n\nint f();\n'}
        self.assertEqual(faults(self.page, more), ['new.hpp is not on the page as it is'])

    def test_a_block_that_is_in_no_header_is_found(self):
        self.assertEqual(len(faults(self.page + '```cpp\nint g();\n```\n', self.headers)), 1)
        twice = self.page + '```cpp\n' + code_of(self.headers['sqlite.hpp']) + '```\n'
        self.assertEqual(faults(twice, self.headers), ['sqlite.hpp is not on the page as it is'])


unittest.main()
