// SPDX-License-Identifier: BSL-1.0
#include "picture.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string_view>

namespace {

using courses_by_end = std::vector<const course*>;

// In the units of the picture, which is 920 wide and 560 high.
constexpr double left = 96, right = 884, top = 176, bottom = 496;
constexpr double right_with_names = 740;  // the lines of those who were stopped have their names beside them
constexpr double row = 22;

constexpr std::string_view style = R"(<style>
text { font: 14px system-ui, "Segoe UI", Roboto, Helvetica, Arial, sans-serif; fill: #57606a }
.title { font-size: 22px; font-weight: 600; fill: #1f2328 }
.name { font-weight: 600; stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round; paint-order: stroke }
.card { fill: #ffffff; stroke: #d0d7de }
.grid { stroke: #d8dee4 }
.course { fill: none; stroke-width: 2.5px; stroke-linejoin: round; stroke-linecap: round }
.leader { stroke-width: 1px; opacity: 0.6 }
.c0 { stroke: #0969da } .n0 { fill: #0969da }
.c1 { stroke: #c2410c } .n1 { fill: #c2410c }
.c2 { stroke: #15803d } .n2 { fill: #15803d }
.c3 { stroke: #a21caf } .n3 { fill: #a21caf }
@media (prefers-color-scheme: dark) {
text { fill: #9198a1 }
.title { fill: #f0f6fc }
.name { stroke: #0d1117 }
.card { fill: #0d1117; stroke: #3d444d }
.grid { stroke: #2a313c }
.c0 { stroke: #58a6ff } .n0 { fill: #58a6ff }
.c1 { stroke: #fb923c } .n1 { fill: #fb923c }
.c2 { stroke: #4ade80 } .n2 { fill: #4ade80 }
.c3 { stroke: #e879f9 } .n3 { fill: #e879f9 }
}
</style>
)";

std::string with_commas(std::uint64_t number) {
    std::string text = std::to_string(number);
    for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
    return text;
}

std::string in_units(double length) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", length);
    return text;
}

/// Where things are, from comparisons and order to units.
struct scale {
    double right;
    double most;  // comparisons

    double x(double comparisons) const { return left + (right - left) * comparisons / most; }
    double y(double order) const { return bottom - (bottom - top) * order; }
};

class drawing {
 public:
    void text(std::string_view how, double x, double y, std::string_view anchor, const std::string& what) {
        svg_ += "<text class=\"" + std::string(how) + "\" x=\"" + in_units(x) + "\" y=\"" + in_units(y) +
                "\" text-anchor=\"" + std::string(anchor) + "\">" + what + "</text>\n";
    }
    void line(const std::string& how, double x1, double y1, double x2, double y2) {
        path(how, "M" + at(x1, y1) + "L" + at(x2, y2));
    }
    void dot(const std::string& how, double x, double y) {
        svg_ += "<circle class=\"" + how + "\" cx=\"" + in_units(x) + "\" cy=\"" + in_units(y) +
                "\" r=\"4.5\"/>\n";
    }
    void path(const std::string& how, const std::string& steps) {
        svg_ += "<path class=\"" + how + "\" d=\"" + steps + "\"/>\n";
    }
    static std::string at(double x, double y) { return in_units(x) + " " + in_units(y); }

    void add(std::string_view text) { svg_ += text; }
    std::string take() { return std::move(svg_); }

 private:
    std::string svg_;
};

// 1, 2 or 5 with zeros: the distance of three to seven marks.
double distance_of_marks(double most) {
    const double power = std::pow(10, std::floor(std::log10(most / 3)));
    const double part = most / 3 / power;
    return std::max(1.0, power * (part >= 5 ? 5 : part >= 2 ? 2 : 1));
}

void draw_axes(drawing& to, const scale& s) {
    struct mark {
        double order;
        const char* name;
    };
    for (const mark& m : {mark{1, "sorted"}, mark{1 / 3.0, "shuffled"}, mark{0, "reversed"}}) {
        to.line("grid", left, s.y(m.order), s.right, s.y(m.order));
        to.text("", left - 12, s.y(m.order) + 5, "end", m.name);
    }
    const double distance = distance_of_marks(s.most);
    for (double n = 0; n <= s.most; n += distance) {
        to.line("grid", s.x(n), bottom, s.x(n), bottom + 6);
        to.text("", s.x(n), bottom + 24, "middle", with_commas(static_cast<std::uint64_t>(n)));
    }
    to.text("", (left + s.right) / 2, bottom + 46, "middle", "comparisons that each has made");
}

void draw_course(drawing& to, const scale& s, const course& c, const std::string& number) {
    std::string steps;
    for (const course::point& p : c.points)
        steps +=
            (steps.empty() ? "M" : "L") + drawing::at(s.x(static_cast<double>(p.comparisons)), s.y(p.order));
    to.path("course c" + number, steps);
}

// The names of those who have sorted the lines stand above their ends, each in a row of its own, since ends
// may be near to each other: the later, the higher, and left of the ends of all later ones.
void name_finisher(drawing& to, const scale& s, const course& c, const std::string& number, int place) {
    const double x = s.x(static_cast<double>(c.comparisons));
    const double y = top - row * (place + 0.7);
    const bool fits = x > left + 200;
    to.line("leader c" + number, x, top, x, y);
    to.dot("n" + number, x, top);
    to.text("name n" + number, fits ? x - 8 : x + 8, y + 5, fits ? "end" : "start",
            std::string(c.name) + "  " + with_commas(c.comparisons));
}

void name_stopped(drawing& to, const scale& s, const course& c, const std::string& number, double y) {
    const double end = s.y(c.points.back().order);
    const double x = s.x(static_cast<double>(c.comparisons));
    to.dot("n" + number, x, end);
    to.line("leader c" + number, x, end, x + 14, y);
    to.text("name n" + number, x + 20, y + 5, "start", c.name);
}

// By the order in which they are named: finishers by comparisons, then the stopped ones from the top down.
courses_by_end by_end(const std::vector<course>& courses) {
    courses_by_end result;
    for (const course& c : courses) result.push_back(&c);
    std::stable_sort(result.begin(), result.end(), [](const course* a, const course* b) {
        if (a->finished != b->finished) return a->finished;
        if (a->finished) return a->comparisons < b->comparisons;
        return a->points.back().order > b->points.back().order;
    });
    return result;
}

void draw_names(drawing& to, const scale& s, const std::vector<course>& courses) {
    int place = 0;
    double lowest = top - row;  // no name may stand higher than a row below this
    for (const course* c : by_end(courses)) {
        const std::string number = std::to_string(c - courses.data());
        if (c->finished) {
            name_finisher(to, s, *c, number, place++);
        } else {
            lowest = std::max(lowest + row, s.y(c->points.back().order));
            name_stopped(to, s, *c, number, lowest);
        }
    }
}

}  // namespace

std::string table_of(const std::vector<course>& courses) {
    std::string table = "place   comparisons  algorithm\n";
    for (const course* c : by_end(courses)) {
        const auto is_better = [&](const course& other) {
            return other.finished && other.comparisons < c->comparisons;
        };
        const auto place = 1 + std::count_if(courses.begin(), courses.end(), is_better);
        char text[128];
        std::snprintf(
            text, sizeof text, "%5s  %12llu  %s%s\n", c->finished ? std::to_string(place).c_str() : "-",
            static_cast<unsigned long long>(c->comparisons), c->name, c->finished ? "" : " (stopped)");
        table += text;
    }
    return table;
}

std::string svg_of(const std::vector<course>& courses, std::size_t lines) {
    std::uint64_t most = 1;
    bool all_finished = true;
    for (const course& c : courses) {
        most = std::max(most, c.comparisons);
        all_finished = all_finished && c.finished;
    }
    const scale s{all_finished ? right : right_with_names, static_cast<double>(most)};
    const std::string title = "Four ways to sort " + with_commas(lines) + (lines == 1 ? " line" : " lines");

    drawing to;
    to.add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 920 560\" width=\"920\" height=\"560\" "
           "role=\"img\">\n");
    to.add("<title>" + title + "</title>\n");
    to.add(style);
    to.add("<rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"919\" height=\"559\" rx=\"10\"/>\n");
    to.text("title", 32, 48, "start", title);
    to.text("", 32, 72, "start", "How near the lines are to their places, one comparison each at a time");
    draw_axes(to, s);
    for (std::size_t i = 0; i < courses.size(); ++i) draw_course(to, s, courses[i], std::to_string(i));
    draw_names(to, s, courses);
    to.add("</svg>\n");
    return to.take();
}
