// SPDX-License-Identifier: BSL-1.0
// What the race looks like: a table, and a picture.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "race.hpp"

/// The place and the number of comparisons of each, the first at the top; who was stopped has no place.
std::string table_of(const std::vector<course>& courses);

/// An SVG document: a line for each course, of how sorted the lines were after how many comparisons. It needs
/// nothing from outside, and has a background of its own, which is dark where the viewer prefers that.
std::string svg_of(const std::vector<course>& courses, std::size_t lines);
