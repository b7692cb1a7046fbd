# SPDX-License-Identifier: BSL-1.0
"""The picture of the race."""
import random
import re
import xml.etree.ElementTree as ElementTree

import support

SVG = '{http://www.w3.org/2000/svg}'
NAMES = ('std::sort', 'std::stable_sort', 'heap sort', 'qsort')
TOP, BOTTOM = 176, 496  # where the lines are sorted, and reversed


class Picture(support.DemoTest):
    def setUp(self):
        super().setUp()
        self.file('in', ''.join(f'{n}\n' for n in random.Random(1).sample(range(50_000), 5000)))

    def picture(self, *args):
        return ElementTree.fromstring(self.output('--svg', '-', *args))

    def texts(self, svg):
        return [text.text for text in svg.iter(SVG + 'text')]

    def courses(self, svg):
        """The points of each course."""
        paths = [path.get('d') for path in svg.iter(SVG + 'path') if path.get('class').startswith('course ')]
        for path in paths:
            self.assertRegex(path, r'^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)*$')
        return [[tuple(map(float, point.split())) for point in re.split('[ML]', path)[1:]] for path in paths]

    def test_has_a_line_and_a_name_for_each(self):
        table = self.output('in')
        svg = self.picture('in')
        self.assertEqual(svg.tag, SVG + 'svg')
        texts = self.texts(svg)
        self.assertIn('Four ways to sort 5,000 lines', texts)
        for name in NAMES:
            comparisons = int(re.search(rf'(\d+)  {name}\n', table).group(1))
            self.assertIn(f'{name}  {comparisons:,}', texts)
        courses = self.courses(svg)
        self.assertEqual(len(courses), 4)
        for points in courses:
            self.assertTrue(100 <= len(points) <= 400, len(points))

    def test_the_lines_lead_from_shuffled_to_sorted(self):
        for points in self.courses(self.picture('in')):
            self.assertEqual(points, sorted(points, key=lambda point: point[0]))
            self.assertTrue(all(TOP <= y <= BOTTOM for _, y in points))
            self.assertAlmostEqual(points[0][1], TOP + (BOTTOM - TOP) * 2 / 3, delta=8)
            self.assertEqual(points[-1][1], TOP)

    def test_the_lines_end_in_the_order_of_the_table(self):
        ends = dict(zip(NAMES, (points[-1][0] for points in self.courses(self.picture('in')))))
        by_table = [row[21:] for row in self.output('in').splitlines()[1:]]
        self.assertEqual(sorted(NAMES, key=ends.get), by_table)

    def test_all_of_it_is_inside(self):
        for args in (['in'], ['--limit', '1000', 'in'], ['--limit', '0', 'in'], ['/dev/null']):
            svg = self.picture(*args)
            self.assertEqual(svg.get('viewBox'), '0 0 920 560')
            for element in svg.iter():
                for name, most in (('x', 920), ('cx', 920), ('y', 560), ('cy', 560)):
                    self.assertTrue(0 <= float(element.get(name, 0)) <= most, ElementTree.tostring(element))
            for points in self.courses(svg):
                self.assertTrue(all(96 <= x <= 884 for x, _ in points))

    def test_who_was_stopped_is_named_where_he_is(self):
        svg = self.picture('--limit', '1000', 'in')
        names = {text.text: float(text.get('y')) for text in svg.iter(SVG + 'text') if text.text in NAMES}
        self.assertEqual(set(names), set(NAMES))
        ends = dict(zip(NAMES, (points[-1] for points in self.courses(svg))))
        self.assertEqual(len({x for x, _ in ends.values()}), 1)
        self.assertEqual(sorted(NAMES, key=names.get), sorted(NAMES, key=lambda name: ends[name][1]))
        heights = sorted(names.values())
        self.assertGreaterEqual(min(b - a for a, b in zip(heights, heights[1:])), 20)

    def test_needs_nothing_from_outside(self):
        text = self.output('--svg', '-', 'in')
        self.assertEqual(re.findall(r'https?://[^"]*', text), ['http://www.w3.org/2000/svg'])
        self.assertNotRegex(text, r'<script|<image|@import|url\(|href')

    def test_few_lines(self):
        for content, title in (('', '0 lines'), ('a', '1 line'), ('b\na\n', '2 lines')):
            self.file('few', content)
            svg = self.picture('few')
            self.assertIn('Four ways to sort ' + title, self.texts(svg))
            self.assertEqual([points[-1][1] for points in self.courses(svg)], [TOP] * 4)

    def test_is_written_to_a_file_beside_the_table(self):
        picture = self.output('--svg', '-', 'in')
        self.file('out.svg', 'x' * 100_000)
        self.assertEqual(self.output('--svg', 'out.svg', 'in'), self.output('in'))
        self.assertEqual(self.content('out.svg'), picture)


support.main()
