# SPDX-License-Identifier: BSL-1.0
"""Documents with a DTD: what is expanded, what is left as it is, what is refused."""
import support

ARGS = ['--row', 'a', '--cols', '@i,.,b']


class Entities(support.DemoTest):
    def rows(self, dtd, content):
        self.file('in.xml', f'<!DOCTYPE r {dtd}>\n<r>{content}</r>')
        return self.output(*ARGS, 'in.xml').removeprefix('@i\t.\tb\n')

    def assert_refused(self, document, rows, message):
        self.file('in.xml', document)
        self.assert_run([*ARGS, 'in.xml'], 1, '@i\t.\tb\n' + rows, f'xmlrows: in.xml:{message}\n')

    def test_entities_of_the_file_itself_are_expanded(self):
        dtd = '[<!ENTITY x "one"><!ENTITY y "&x; &amp; two"><!ENTITY row "<a i=\'3\'>&y;<b>4</b></a>">]'
        self.assertEqual(self.rows(dtd, '<a i="&x;">&y;</a>&row;'), 'one\tone & two\t\n3\tone & two\t4\n')

    def test_defaults_of_attributes_count(self):
        self.assertEqual(self.rows('[<!ATTLIST a i CDATA "5">]', '<a/><a i="6"/>'), '5\t\t\n6\t\t\n')

    def test_no_other_file_is_read(self):
        self.file('other.txt', 'secret')
        self.file('other.dtd', '<!ENTITY x "secret"><!ATTLIST a i CDATA "secret">')
        self.assertEqual(self.rows('[<!ENTITY x SYSTEM "other.txt">]', '<a>1 &x; 2</a>'), '\t1 &x; 2\t\n')
        self.assertEqual(self.rows('SYSTEM "other.dtd"', '<a>1 &x; 2</a>&x;'), '\t1 &x; 2\t\n')
        self.assertEqual(self.rows('[<!ENTITY % d SYSTEM "other.dtd">%d;]', '<a>1 &x; 2</a>'), '\t1 &x; 2\t\n')

    def test_what_only_looks_like_a_reference_is_none(self):
        for encoding in ('utf-8', 'utf-16'):
            comment = '<!--&x;--><!--' + 'c' * 3000 + '&x;--><?pi &x;?><![CDATA[&x;]]>'
            document = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE r SYSTEM "x">\n<r><a>{comment}</a></r>'
            self.file('in.xml', document.encode(encoding))
            self.assertEqual(self.output(*ARGS, 'in.xml'), '@i\t.\tb\n\t&x;\t\n')

    def test_entities_that_fill_the_memory_are_refused(self):
        bomb = ''.join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
        status, out, err = self.run_program(*ARGS, self.file(
            'in.xml', f'<!DOCTYPE r [<!ENTITY e0 "ha">{bomb}]>\n<r><a i="1"/><a>&e11;</a></r>'))
        self.assertEqual((status, out), (1, '@i\t.\tb\n1\t\t\n'))
        self.assertRegex(err, r'^xmlrows: in\.xml:2:\d+: limit on input amplification factor .*breached\n$')

    def test_entities_that_refer_to_themselves_are_refused(self):
        self.assert_refused('<!DOCTYPE r [<!ENTITY x "&y;"><!ENTITY y "&x;">]>\n<r><a i="1"/><a>&x;</a></r>', '1\t\t\n',
                            '2:17: recursive entity reference')

    def chain(self, length):
        links = ''.join(f'<!ENTITY e{i} "&e{i - 1};">\n' for i in range(1, length + 1))
        return f'<!DOCTYPE r [<!ENTITY e0 "deep">\n{links}]>\n<r><a i="&e{length};">&e{length};</a></r>'

    def test_entities_may_nest_a_thousand_deep_and_no_deeper(self):
        self.file('in.xml', self.chain(1000))
        self.assertEqual(self.output(*ARGS, 'in.xml'), '@i\t.\tb\ndeep\tdeep\t\n')
        for length in (1001, 100_000):
            status, out, err = self.run_program(*ARGS, self.file('in.xml', self.chain(length)))
            self.assertEqual((status, out), (1, '@i\t.\tb\n'))
            self.assertRegex(err, r'^xmlrows: in\.xml:\d+:\d+: more than 1000 entities that refer to others\n$')


support.main()
