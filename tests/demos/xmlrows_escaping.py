# SPDX-License-Identifier: BSL-1.0
"""Whatever stands in a document comes back out of each format."""
import csv
import io
import json
import random

import support

NASTY = [
    '', ' ', 'plain', 'a,b', 'a"b', '"', '""', '"quoted"', "it's", 'a\tb', 'a\nb', 'a\rb', 'a\r\nb', '\n', '\t',
    '\\', '\\n', '\\\\n', 'ends in \\', 'C:\\new\\table', ',', ',,', '\n"\n', ' leading', 'trailing ', '<&>',
    '\x7f', '\x85', '\u2028 and \u2029', 'é', '日本語', '\U0001f600', '\ufeff', 'null', '\\N', '=1+1', '-', '#',
    'a;b', ';', "]]>", '{"a": [1]}', '\ud7ff\ue000\ufffd\U0010ffff',
]


def escaped(text):
    return ''.join(c if c.isalnum() else f'&#{ord(c)};' for c in text)


def tsv_value(text):
    """Undoes the escapes of tsv, and knows no others."""
    value = ''
    at = iter(text)
    for c in at:
        value += {'t': '\t', 'n': '\n', 'r': '\r', '\\': '\\'}[next(at)] if c == '\\' else c
    return value


class Escaping(support.DemoTest):
    def pairs(self):
        rng = random.Random(1)
        some = [''.join(rng.choice('ab,"\\\t\n\r;\'é ') for _ in range(rng.randrange(12))) for _ in range(500)]
        return [(v, NASTY[-i]) for i, v in enumerate(NASTY)] + list(zip(some[::2], some[1::2]))

    def text_of(self, pairs, *args):
        rows = ''.join(f'<row a="{escaped(a)}">{escaped(b)}</row>' for a, b in pairs)
        self.file('in.xml', f'<r>{rows}</r>')
        return self.output('--row', 'row', '--cols', '@a,.', *args, 'in.xml')

    def test_tsv(self):
        lines = self.text_of(self.pairs()).split('\n')
        self.assertEqual([tuple(map(tsv_value, line.split('\t'))) for line in lines[:-1]],
                         [('@a', '.'), *self.pairs()])
        self.assertEqual(lines[-1], '')

    def test_csv(self):
        text = self.text_of(self.pairs(), '--format', 'csv')
        self.assertEqual([tuple(line) for line in csv.reader(io.StringIO(text, newline=''), strict=True)],
                         [('@a', '.'), *self.pairs()])

    def test_csv_quotes_what_must_be_quoted_and_nothing_else(self):
        text = self.text_of([('plain', 'a b'), ('a,b', '"'), ('x\ny', '\r'), ('', '')], '--format', 'csv')
        self.assertEqual(text, '@a,.\nplain,a b\n"a,b",""""\n"x\ny","\r"\n,\n')

    def test_csv_has_no_empty_line_for_an_empty_value(self):
        self.file('in.xml', '<r><row a="x"/><row a=""/><row/></r>')
        text = self.output('--row', 'row', '--cols', '@a', '--format', 'csv', 'in.xml')
        self.assertEqual(text, '@a\nx\n""\n""\n')
        self.assertEqual(list(csv.reader(io.StringIO(text, newline=''))), [['@a'], ['x'], [''], ['']])

    def test_jsonl(self):
        lines = self.text_of(self.pairs(), '--format', 'jsonl').split('\n')
        self.assertEqual([tuple(json.loads(line).values()) for line in lines[:-1]], self.pairs())
        self.assertEqual(lines[-1], '')

    def test_jsonl_writes_control_characters_as_escapes_and_others_as_they_are(self):
        pairs = [('\t\n\r"\\/', '\x7fé\u2028')]
        self.assertEqual(self.text_of(pairs, '--format', 'jsonl'),
                         '{"@a":"\\t\\n\\r\\"\\\\/",".":"\x7fé\u2028"}\n')

    def test_a_separator_is_a_part_of_the_value(self):
        self.file('in.xml', '<r><row><b>1</b><b>2</b></row></r>')
        args = ['--row', 'row', '--cols', 'b', '--separator', '\t"\n', 'in.xml', '--format']
        self.assertEqual(self.output(*args, 'tsv'), 'b\n1\\t"\\n2\n')
        self.assertEqual(self.output(*args, 'csv'), 'b\n"1\t""\n2"\n')
        self.assertEqual(self.output(*args, 'jsonl'), '{"b":"1\\t\\"\\n2"}\n')
        args[5] = '\x01\x1f\b\f'
        self.assertEqual(self.output(*args, 'jsonl'), '{"b":"1\\u0001\\u001f\\b\\f2"}\n')


support.main()
