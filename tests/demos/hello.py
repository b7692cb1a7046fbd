# SPDX-License-Identifier: BSL-1.0
import support


class Hello(support.DemoTest):
    def test_the_lines_come_in_order_from_whatever_function_sends_them(self):
        self.assertEqual(self.output(),
                         'One\nTwo\nThree, from a function that was given the sink\nThe end\n')


support.main()
