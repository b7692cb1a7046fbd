# SPDX-License-Identifier: BSL-1.0
import support

EXPECTED = """\
filter: hello
filter: goodbye
merge: warm 1
merge: warm 2
merge: cold 1
merge: warm 3
zip: 1 one
zip: 2 two
batch: (fast 1) (fast 2)
batch: (fast 3) (fast 4)
batch: (fast 5)
"""


class Stages(support.DemoTest):
    def test_shows_what_each_stage_does(self):
        self.assertEqual(self.output(), EXPECTED)

    def test_refuses_arguments(self):
        self.assert_usage_error(['x'], 'too many arguments')
        self.assert_usage_error(['--size'], "unrecognized option '--size'")

    def test_help_and_version(self):
        help_text = self.output('--help')
        self.assertTrue(help_text.startswith('Usage: stages\n'), help_text)
        self.assertRegex(self.output('--version'), r'^stages \d+\.\d+\.\d+\n$')


support.main()
