// SPDX-License-Identifier: BSL-1.0
// What is wanted: the row element, and the columns as a tree of element names.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// What the columns ask of one element, and of the elements in it.
struct pattern {
    struct attribute {
        std::string name;
        std::size_t column;
    };

    std::string name;
    std::optional<std::size_t> text_column;  // takes the text that stands in the element itself
    std::vector<attribute> attributes;
    std::vector<pattern> children;

    const pattern* child(std::string_view wanted) const noexcept;
};

struct row_plan {
    std::string tag;  // the element that makes a row
    std::vector<std::string> columns;  // the paths as they were given
    pattern paths;  // the same as a tree; its root is the row element
    bool only_first = false;  // where a path meets several elements: not all of them, joined
    std::string separator = ";";  // between those that are joined
    bool trim = false;
};

struct path_error : std::runtime_error {
    using runtime_error::runtime_error;
};

/// Sets columns and paths from "PATH,PATH,...". Throws path_error.
void parse_columns(std::string_view list, row_plan& plan);

/// Whether XML could have an element or attribute of this name, prefix included.
bool is_name(std::string_view text);
bool is_utf8(std::string_view text);
