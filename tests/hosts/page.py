# SPDX-License-Identifier: BSL-1.0
"""The page on hosts shows the adapters as they are, and they are small. Argument: the folder of both."""
import pathlib
import re
import sys
import unittest

FOLDER = pathlib.Path(sys.argv.pop(1))
PAGE = (FOLDER / 'README.md').read_text()
HEADERS = {path.name: path.read_text() for path in FOLDER.glob('*.hpp')}
BLOCKS = re.findall(r'^```cpp\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL)


def adapter(header):
    """What a user copies: the includes, and all that follows."""
    return header[header.index('#include'):]


def lines_of_code(header):
    """Without comments, includes, and lines of nothing but brackets or public and private."""
    code = (re.sub(r'//.*', '', line).strip() for line in header.splitlines())
    return [line for line in code if re.search(r'\w', line) and not re.match(r'#|public:|private:', line)]


class Page(unittest.TestCase):
    def test_there_are_five_adapters_and_the_timeout(self):
        self.assertEqual(sorted(HEADERS), ['asio.hpp', 'epoll.hpp', 'glib.hpp', 'libuv.hpp', 'poll.hpp',
                                           'timeout.hpp'])

    def test_each_header_is_on_the_page_word_for_word(self):
        for name, header in HEADERS.items():
            self.assertIn(adapter(header), BLOCKS, name)

    def test_each_long_block_on_the_page_is_a_header(self):
        shown = [adapter(header) for header in HEADERS.values()]
        for block in BLOCKS:
            if '#include' in block:
                self.assertIn(block, shown)

    def test_each_header_is_named_before_its_block(self):
        for name, header in HEADERS.items():
            block = PAGE.index(adapter(header))
            self.assertIn(f'`{name}`', PAGE[PAGE.rindex('\n## ', 0, block):block])

    def test_an_adapter_has_less_than_fifteen_lines_of_code(self):
        for name, header in HEADERS.items():
            self.assertLess(len(lines_of_code(header)), 15, name)


unittest.main()
