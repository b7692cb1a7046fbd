# SPDX-License-Identifier: BSL-1.0
"""Which parts of a document come into which column."""
import json
import random
import xml.etree.ElementTree as etree

import support


class Paths(support.DemoTest):
    def rows(self, document, row, cols, *options):
        """The rows as lists of values, None where one is missing."""
        name = self.file('in.xml', document)
        out = self.output('--row', row, '--cols', cols, '--format', 'jsonl', *options, name)
        return [list(json.loads(line).values()) for line in out.splitlines()]

    def test_rows_stand_anywhere(self):
        document = '<r><a i="1"/><deep><er><a i="2"><b/></a></er><a i="3"/></deep></r>'
        self.assertEqual(self.rows(document, 'a', '@i'), [['1'], ['2'], ['3']])
        self.assertEqual(self.rows('<a i="1"/>', 'a', '@i'), [['1']])
        self.assertEqual(self.rows(document, 'c', '@i'), [])

    def test_a_row_in_a_row_comes_first_and_is_an_element_of_the_outer_one(self):
        document = '<r><a i="1">x<a i="2">y<b>z</b></a><b>w</b></a></r>'
        self.assertEqual(self.rows(document, 'a', '@i,.,b,a,a/@i,a/b'),
                         [['2', 'y', 'z', None, None, None], ['1', 'x', 'w', 'y', '2', 'z']])
        document = '<r><a i="1"><other><a i="2"><b>z</b></a></other></a></r>'
        self.assertEqual(self.rows(document, 'a', '@i,b,other/a/b'), [['2', 'z', None], ['1', None, 'z']])

    def test_a_path_means_this_place_and_no_other(self):
        document = '<r><b>0</b><a><c><b>1</b></c><b>2<b>3</b></b><d b="4"/></a><b>5</b></r>'
        self.assertEqual(self.rows(document, 'a', 'b,c/b,b/b,d/@b,c,@b'), [['2', '1', '3', '4', '', None]])

    def test_a_text_is_what_stands_in_the_element_itself(self):
        document = '<r><a>one <b>two</b> three<!-- four --><?pi five?><c> six </c></a></r>'
        self.assertEqual(self.rows(document, 'a', '.,b,c'), [['one  three', 'two', ' six ']])

    def test_a_missing_value_is_not_an_empty_one(self):
        self.assertEqual(self.rows('<r><a x=""><b/></a><a/></r>', 'a', '.,@x,b'),
                         [['', '', ''], ['', None, None]])

    def test_repeated_elements_are_joined_or_the_first_is_taken(self):
        document = '<r><a><b n="1">x</b><c/><b>y</b><b n="2"/><b n="">z</b></a></r>'
        self.assertEqual(self.rows(document, 'a', 'b,b/@n'), [['x;y;;z', '1;2;']])
        self.assertEqual(self.rows(document, 'a', 'b,b/@n', '--repeat', 'join', '--separator', ''),
                         [['xyz', '12']])
        self.assertEqual(self.rows(document, 'a', 'b,b/@n', '--repeat', 'first'), [['x', '1']])
        document = '<r><a><b/><b>y</b></a></r>'
        self.assertEqual(self.rows(document, 'a', 'b', '--repeat', 'first'), [['']])

    def test_white_space_stays_unless_it_is_to_be_trimmed(self):
        document = '<r><a x=" 1 ">\n  <b> x y\t</b><b> </b><b>\nz</b>\n</a></r>'
        self.assertEqual(self.rows(document, 'a', '.,b,@x'), [['\n  \n', ' x y\t; ;\nz', ' 1 ']])
        self.assertEqual(self.rows(document, 'a', '.,b,@x', '--trim'), [['', 'x y;;z', '1']])

    def test_a_text_in_pieces_is_one_text(self):
        text = 'line\n' * 40_000 + 'end'
        document = f'<r><a>A&amp;B&#x43;<![CDATA[<D>]]><!-- -->E<![CDATA[]]></a><a>{text}</a></r>'
        self.assertEqual(self.rows(document, 'a', '.'), [['A&BC<D>E'], [text]])
        self.assertEqual(self.rows('<r><a>  <![CDATA[ ]]> x &#32; <![CDATA[ ]]></a></r>', 'a', '.', '--trim'),
                         [['x']])

    def test_names_are_those_in_the_file_prefix_included(self):
        document = '<x:r xmlns:x="urn:1" xmlns="urn:2"><x:a x:i="1" i="2"><x:b>3</x:b><b>4</b></x:a><a/></x:r>'
        self.assertEqual(self.rows(document, 'x:a', '@x:i,@i,x:b,b'), [['1', '2', '3', '4']])
        self.assertEqual(self.rows(document, 'a', '@i'), [[None]])
        self.assertEqual(self.rows('<r><größe é="ü">日本</größe></r>', 'größe', '@é,.'), [['ü', '日本']])

    def test_other_encodings_come_out_as_utf_8(self):
        body = '<r><a>é ü</a></r>'
        for encoding in ('utf-16', 'utf-8-sig', 'iso-8859-1'):
            document = f'<?xml version="1.0" encoding="{encoding.removesuffix("-sig")}"?>' + body
            self.assertEqual(self.rows(document.encode(encoding), 'a', '.'), [['é ü']], encoding)

    def test_the_document_may_come_from_standard_input(self):
        self.assertEqual(self.output('--row', 'a', '--cols', '.', '-', input=b'<r><a>1</a></r>'), '.\n1\n')
        with open(self.path(self.file('in.xml', '<r><a>2</a></r>')), 'rb') as file:
            self.assertEqual(self.output('--row', 'a', '--cols', '.', '-', stdin=file), '.\n2\n')

    def test_the_last_of_repeated_options_counts(self):
        self.assertEqual(self.rows('<r><a i="1"/><b i="2"/></r>', 'b', '@i', '--row', 'a', '--cols', '@i,.'),
                         [['1', '']])


COLUMNS = ['.', '@x', 'a', 'a/@x', 'b', 'a/b', 'b/a/@y', 'a/a', 'a/a/a', 'b/a/b']


def any_element(rng, depth):
    made = etree.Element(rng.choice('aabbcd'), {n: str(rng.randrange(9)) for n in 'xy' if rng.random() < 0.4})
    made.text = rng.choice([None, 't', ' u ', 'v\n'])
    for _ in range(rng.randrange(5) if depth < 7 else 0):
        child = any_element(rng, depth + 1)
        child.tail = rng.choice([None, 'w', '\n '])
        made.append(child)
    return made


def values_at(element, steps):
    """The values a path meets, in the order of the document."""
    if steps and steps[0].startswith('@'):
        value = element.get(steps[0][1:])
        return [] if value is None else [value]
    if not steps or steps == ['.']:
        return [(element.text or '') + ''.join(child.tail or '' for child in element)]
    return [v for child in element if child.tag == steps[0] for v in values_at(child, steps[1:])]


def rows_in(element, tag, how):
    for child in element:
        yield from rows_in(child, tag, how)
    if element.tag == tag:
        cells = [values_at(element, column.split('/')) for column in COLUMNS]
        if how == 'first':
            yield [cell[0] if cell else None for cell in cells]
        else:
            yield [';'.join(cell) if cell else None for cell in cells]


class RandomDocuments(support.DemoTest):
    def test_the_rows_are_those_of_a_model(self):
        seen = 0
        for seed in range(120):
            rng = random.Random(seed)
            root = any_element(rng, 0)
            self.file('in.xml', etree.tostring(root))
            how = rng.choice(['join', 'first'])
            tag = rng.choice('ab')
            out = self.output('--row', tag, '--cols', ','.join(COLUMNS), '--repeat', how, '--format', 'jsonl', 'in.xml')
            rows = [list(json.loads(line).values()) for line in out.splitlines()]
            self.assertEqual(rows, list(rows_in(root, tag, how)), f'seed {seed}')
            seen += len(rows)
        self.assertGreater(seen, 2_000)


support.main()
