# SPDX-License-Identifier: BSL-1.0
"""The track that ships with the demos, against what Python's own parser finds in it."""
import csv
import io
import json
import os
import xml.etree.ElementTree as etree

import support

TRACK = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../demos/data/track.gpx')
GPX = '{http://www.topografix.com/GPX/1/1}'


class Track(support.DemoTest):
    columns = ['@lat', '@lon', 'ele', 'time', 'name']

    def points(self):
        points = etree.parse(TRACK).getroot().iter(GPX + 'trkpt')
        return [[p.get('lat'), p.get('lon'), *(p.findtext(GPX + n) for n in self.columns[2:])] for p in points]

    def rows(self, *args):
        return self.output('--row', 'trkpt', '--cols', ','.join(self.columns), *args, TRACK)

    def test_is_a_track_of_several_hundred_points(self):
        points = self.points()
        self.assertEqual(len(points), 460)
        self.assertEqual(len([p for p in points if p[4] is not None]), 5)
        self.assertTrue(50_000 < os.path.getsize(TRACK) < 70_000)

    def test_every_point_is_a_row_of_tsv(self):
        rows = [line.split('\t') for line in self.rows().split('\n')]
        self.assertEqual(rows, [self.columns, *[[v or '' for v in p] for p in self.points()], ['']])

    def test_every_point_is_a_row_of_csv(self):
        rows = list(csv.reader(io.StringIO(self.rows('--format', 'csv'), newline='')))
        self.assertEqual(rows, [self.columns, *[[v or '' for v in p] for p in self.points()]])

    def test_every_point_is_an_object_of_jsonl(self):
        rows = [json.loads(line) for line in self.rows('--format', 'jsonl').splitlines()]
        self.assertEqual(rows, [dict(zip(self.columns, p)) for p in self.points()])

    def test_the_formats_differ_in_how_they_write_the_same_values(self):
        args = ['--row', 'wpt', '--cols', 'name,desc,link/@href']
        self.assertEqual(self.output(*args, TRACK),
                         'name\tdesc\tlink/@href\n'
                         'Alp hut\tCheese & milk, "fresh daily"\t\n'
                         'Pass\tWind from the west;\\nthe bench looks south\t\n'
                         'Lake & boathouse\tKäthis Bootshaus – geöffnet ab Mai\t\n')
        self.assertEqual(self.output(*args, '--format', 'csv', TRACK),
                         'name,desc,link/@href\n'
                         'Alp hut,"Cheese & milk, ""fresh daily""",\n'
                         'Pass,"Wind from the west;\nthe bench looks south",\n'
                         'Lake & boathouse,Käthis Bootshaus – geöffnet ab Mai,\n')
        self.assertEqual(self.output(*args, '--format', 'jsonl', TRACK),
                         '{"name":"Alp hut","desc":"Cheese & milk, \\"fresh daily\\"","link/@href":null}\n'
                         '{"name":"Pass","desc":"Wind from the west;\\nthe bench looks south","link/@href":null}\n'
                         '{"name":"Lake & boathouse","desc":"Käthis Bootshaus – geöffnet ab Mai",'
                         '"link/@href":null}\n')

    def test_a_path_goes_through_elements_to_an_attribute(self):
        self.assertEqual(self.output('--row', 'gpx', '--cols', '@version,metadata/bounds/@minlat,trk/type', TRACK),
                         '@version\tmetadata/bounds/@minlat\ttrk/type\n1.1\t46.596967\thiking\n')

    def test_texts_of_repeated_elements_are_joined_or_the_first_is_taken(self):
        args = ['--row', 'trkseg', '--cols', 'trkpt/name']
        self.assertEqual(self.output(*args, TRACK),
                         'trkpt/name\nCar park;Alp hut;Pass\nLake & boathouse;Car park\n')
        self.assertEqual(self.output(*args, '--separator', ' -> ', TRACK),
                         'trkpt/name\nCar park -> Alp hut -> Pass\nLake & boathouse -> Car park\n')
        self.assertEqual(self.output(*args, '--repeat', 'first', TRACK),
                         'trkpt/name\nCar park\nLake & boathouse\n')


support.main()
