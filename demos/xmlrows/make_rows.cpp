// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "rows.hpp"

namespace {

using event_iterator = decltype(std::declval<const weft::receiver<xml_event>&>().begin());

// An open row asks something of the element we are in.
struct claim {
    row* into;
    const pattern* asks;
    std::string* cell = nullptr;  // where the element's text goes, if anywhere
    std::size_t value_begin = 0;  // where it begins there
};

// The events in an element, as a range. It shares the stream's one iterator, which stands on the
// element's start tag before the loop and on its end tag after it; whoever meets a start tag in the
// loop takes it and all that follows up to its end tag.
class inside {
 public:
    explicit inside(event_iterator& at) : at_(at) {}

    struct iterator {
        event_iterator* at;
        const xml_event& operator*() const { return **at; }
        iterator& operator++() {
            ++*at;
            return *this;
        }
        bool operator==(std::default_sentinel_t) const { return (**at).kind == xml_event::end; }
    };
    iterator begin() const { return ++iterator{&at_}; }
    std::default_sentinel_t end() const { return {}; }

 private:
    event_iterator& at_;
};

constexpr std::string_view white_space = " \t\n\r";

std::string_view without_leading_space(std::string_view text) {
    return text.substr(std::min(text.find_first_not_of(white_space), text.size()));
}

void drop_trailing_space(std::string& text, std::size_t begin) {
    while (text.size() > begin && white_space.find(text.back()) != white_space.npos) text.pop_back();
}

class row_maker {
 public:
    row_maker(event_iterator& at, const row_plan& plan, const weft::sink<row>& send)
        : at_(at), plan_(plan), send_(send) {}

    // Makes what rows there are in the element whose start tag we are at. The claims from `begin` to
    // `end` are those on the element around it.
    void element(std::size_t begin, std::size_t end);

 private:
    void pass_over();
    void claim_for(row& into, const pattern& asks, const xml_event& start);
    claim begin_value(row& into, const pattern& asks, std::size_t column) const;
    void add_text(const claim& to, std::string_view text) const;
    void end_value(const claim& of) const;

    // How deep the recursion may go: only elements that a column asks for, or that make a row, are entered.
    static constexpr std::size_t most_claimed = 1'000;

    event_iterator& at_;
    const row_plan& plan_;
    const weft::sink<row>& send_;
    std::vector<claim> claims_;  // those on the element we are in come last
    std::size_t claimed_ = 0;  // open elements that have claims on them
};

void row_maker::element(std::size_t begin, std::size_t end) {
    std::optional<row> own;
    const std::size_t first = claims_.size();
    for (std::size_t i = begin; i < end; ++i)
        if (const pattern* asks = claims_[i].asks->child((*at_).what))
            claim_for(*claims_[i].into, *asks, *at_);
    if ((*at_).what == plan_.tag) claim_for(own.emplace(plan_.columns.size()), plan_.paths, *at_);

    const std::size_t last = claims_.size();
    if (first == last) return pass_over();
    if (++claimed_ > most_claimed)
        throw xml_error((*at_).where(), "elements of rows nested deeper than 1000");

    for (const xml_event& event : inside(at_)) {
        if (event.kind == xml_event::start)
            element(first, last);
        else
            for (std::size_t i = first; i < last; ++i) add_text(claims_[i], event.what);
    }

    for (std::size_t i = first; i < last; ++i) end_value(claims_[i]);
    claims_.resize(first);
    --claimed_;
    if (own) send_(std::move(*own));
}

// No column asks for this element. It may be as deep as it likes, for there is no recursion, but there
// may be rows in it.
void row_maker::pass_over() {
    for (std::size_t depth = 1; depth > 0;) {
        ++at_;
        if ((*at_).kind == xml_event::end)
            --depth;
        else if ((*at_).kind == xml_event::start) {
            if ((*at_).what == plan_.tag)
                element(0, 0);
            else
                ++depth;
        }
    }
}

void row_maker::claim_for(row& into, const pattern& asks, const xml_event& start) {
    for (const pattern::attribute& wanted : asks.attributes) {
        if (const char* value = start.attribute(wanted.name)) {
            claim whole = begin_value(into, asks, wanted.column);
            add_text(whole, value);
            end_value(whole);
        }
    }
    claims_.push_back(asks.text_column ? begin_value(into, asks, *asks.text_column) : claim{&into, &asks});
}

claim row_maker::begin_value(row& into, const pattern& asks, std::size_t column) const {
    std::optional<std::string>& cell = into[column];
    if (!cell)
        cell.emplace();
    else if (plan_.only_first)
        return {&into, &asks};
    else
        cell->append(plan_.separator);
    return {&into, &asks, &*cell, cell->size()};
}

void row_maker::add_text(const claim& to, std::string_view text) const {
    if (to.cell == nullptr) return;
    const bool at_begin = to.cell->size() == to.value_begin;
    to.cell->append(plan_.trim && at_begin ? without_leading_space(text) : text);
}

void row_maker::end_value(const claim& of) const {
    if (of.cell != nullptr && plan_.trim) drop_trailing_space(*of.cell, of.value_begin);
}

}  // namespace

void make_rows(weft::receiver<xml_event> events, const row_plan& plan, weft::sink<row> send) {
    event_iterator at = events.begin();
    row_maker maker(at, plan, send);
    for (; at != events.end(); ++at)
        if ((*at).kind == xml_event::start) maker.element(0, 0);
}
