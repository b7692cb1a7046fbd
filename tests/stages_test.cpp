// SPDX-License-Identifier: BSL-1.0
// The stages filter and zip, and what all stages have in common.
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <weft/weft.hpp>

#include "support.hpp"

using test::AllGone;
using test::Counted;
using test::thrown_by;
using test::Trace;

namespace {

/// Counts from 1 for ever, and says what it made and when it ended.
weft::generator<int> counting(Trace& trace, std::string name = "") {
    return weft::generator<int>(
        [&trace](std::string whose, weft::sink<int> send) {
            struct at_end {
                Trace& trace;
                std::string& name;
                ~at_end() { trace(name + "ended"); }
            } when_left{trace, whose};
            for (int n = 1;; ++n) {
                trace(whose + std::to_string(n));
                send(int(n));
            }
        },
        std::move(name));
}

weft::generator<int> up_to(int last) {
    return weft::generator<int>([last](weft::sink<int> send) {
        for (int n = 1; n <= last; ++n) send(int(n));
    });
}

weft::generator<int> fails_after(int last) {
    return weft::generator<int>([last](weft::sink<int> send) {
        for (int n = 1; n <= last; ++n) send(int(n));
        throw std::runtime_error("the source fails");
    });
}

template <class S, class P>
concept filters = requires(S&& from, P keep) { weft::filter(std::forward<S>(from), keep); };
template <class... S>
concept merges = requires(S&&... from) { weft::merge(std::forward<S>(from)...); };

bool even(int n) { return n % 2 == 0; }

}  // namespace

TEST_CASE("filter passes on the items for which the predicate is true") {
    std::vector<int> got;
    for (int n : weft::filter(up_to(9), even)) got.push_back(n);
    CHECK(got == std::vector<int>{2, 4, 6, 8});
}

TEST_CASE("filter is exact: it never looks for an item before it is asked for one") {
    Trace trace;
    {
        auto evens = weft::filter(counting(trace), even);
        CHECK(trace.take().empty());  // nothing runs before the first item
        for (int n : evens) {
            trace("got", n);
            if (n == 4) break;
        }
        trace("left");
    }
    CHECK(trace.text() == "1, 2, got 2, 3, 4, got 4, left, ended");
}

TEST_CASE("filter lends its items on: the loop may reply to whoever sent them") {
    AllGone at_end;
    int reply = 0;
    {
        weft::channel<Counted> items;
        weft::scope fibers;
        fibers.spawn([&, send = std::move(items.sender)] {
            Counted item(1);
            send(std::move(item));
            reply = item.value;
        });
        for (Counted& item : weft::filter(std::move(items.receiver), [](Counted&) { return true; }))
            item.value = 7;
    }
    CHECK(reply == 7);
    CHECK(Counted::copies + Counted::moves == 0);
}

TEST_CASE("Stages take items that can not be moved and references") {
    struct Fixed {
        int value;
        explicit Fixed(int v) : value(v) {}
        Fixed(Fixed&&) = delete;
    };
    weft::generator<Fixed> fixed([](weft::sink<Fixed> send) {
        for (int n = 1; n <= 4; ++n) send(Fixed(n));
    });
    int sum = 0;
    for (Fixed& f : weft::filter(std::move(fixed), [](const Fixed& f) { return f.value > 2; }))
        sum += f.value;
    CHECK(sum == 7);

    std::vector<int> numbers{1, 2, 3, 4};
    weft::generator<int&> references([&](weft::sink<int&> send) {
        for (int& n : numbers) send(n);
    });
    for (int& n : weft::filter(std::move(references), even)) n = 0;
    CHECK(numbers == std::vector<int>{1, 0, 3, 0});
}

TEST_CASE("A predicate may be a member and may keep state") {
    struct Word {
        std::string text;
        bool good() const { return text.size() > 1; }
    };
    weft::generator<Word> words([](weft::sink<Word> send) {
        for (const char* w : {"a", "bc", "def"}) send(Word{w});
    });
    std::string all;
    for (Word& w : weft::filter(std::move(words), &Word::good)) all += w.text;
    CHECK(all == "bcdef");

    std::vector<int> got;
    for (int n : weft::filter(up_to(6), [i = 0](int) mutable { return i++ % 3 == 0; })) got.push_back(n);
    CHECK(got == std::vector<int>{1, 4});
}

TEST_CASE("Stages take rvalues of receivers and generators and functions that fit") {
    using receiver = weft::receiver<int>;
    static_assert(filters<receiver, bool (*)(int)>);
    static_assert(filters<weft::generator<int>, bool (*)(const int&)>);
    static_assert(!filters<receiver&, bool (*)(int)>);
    static_assert(!filters<std::vector<int>, bool (*)(int)>);
    static_assert(!filters<receiver, bool (*)(std::string)>);
    static_assert(merges<receiver, weft::generator<int>>);
    static_assert(!merges<receiver, weft::receiver<long>>);
}

TEST_CASE("zip gives a tuple of the next item of each source and ends with the shortest") {
    std::string text;
    weft::generator<std::string> words([](weft::sink<std::string> send) {
        send("a");
        send("b");
        send("c");
    });
    for (auto& [n, word, m] : weft::zip(up_to(9), std::move(words), up_to(2)))
        text += std::to_string(n) + word + std::to_string(m) + " ";
    CHECK(text == "1a1 2b2 ");
}

TEST_CASE("zip is exact: no source is ahead of the loop") {
    Trace trace;
    {
        auto both = weft::zip(counting(trace, "a"), counting(trace, "b"));
        int rounds = 0;
        for (auto [a, b] : both) {
            trace("got", a, b);
            if (++rounds == 2) break;
        }
    }
    // Which of the two ends first is the compiler's choice.
    CHECK(trace.text().starts_with("a1, b1, got 1 1, a2, b2, got 2 2, "));
    CHECK(test::contains(trace.text(), "aended"));
    CHECK(test::contains(trace.text(), "bended"));
}

TEST_CASE("What zip fetched for a tuple that did not come about stays with its sender") {
    AllGone at_end;
    weft::channel<Counted> items;
    weft::scope fibers;
    auto sends = fibers.spawn([send = std::move(items.sender)] {
        Counted item(1);
        CHECK(send.offer(std::move(item)) == false);
        CHECK(item.value == 1);
    });
    int tuples = 0;
    for (auto& [item, n] : weft::zip(std::move(items.receiver), up_to(0))) tuples += n + item.value;
    CHECK(tuples == 0);
    sends.join();
}

TEST_CASE("zip moves its items and keeps references as such") {
    std::vector<int> numbers{1, 2};
    weft::generator<int&> references([&](weft::sink<int&> send) {
        for (int& n : numbers) send(n);
    });
    weft::generator<std::unique_ptr<int>> pointers([](weft::sink<std::unique_ptr<int>> send) {
        for (int n = 10;; ++n) send(std::make_unique<int>(n));
    });
    auto both = weft::zip(std::move(references), std::move(pointers));
    static_assert(std::is_same_v<decltype(both), weft::generator<std::tuple<int&, std::unique_ptr<int>>>>);
    std::vector<std::unique_ptr<int>> kept;
    for (auto& [n, p] : both) {
        n *= 2;
        kept.push_back(std::move(p));
    }
    CHECK(numbers == std::vector<int>{2, 4});
    CHECK((kept.size() == 2 && *kept[1] == 11));
}

TEST_CASE("A chain of stages is one lazy stream and leaving its loop unwinds all of it") {
    Trace trace;
    {
        auto chain =
            weft::filter(weft::merge(weft::filter(counting(trace), [](int n) { return n > 1; })), even);
        for (int n : chain) {
            trace("got", n);
            break;
        }
        trace("left");
    }
    CHECK(trace.text() == "1, 2, got 2, left, ended");
}

TEST_CASE("A stage that nobody asks for an item does not start its sources") {
    Trace trace;
    {
        auto a = weft::filter(counting(trace), even);
        auto b = weft::zip(counting(trace), counting(trace));
        auto c = weft::merge(counting(trace), counting(trace));
        auto d = weft::batch(counting(trace), 3);
    }
    CHECK(trace.text().empty());
}

TEST_CASE("What a source fails with comes out at the end of every stage after the items before it") {
    const auto drained = [](auto&& stage) {
        std::string text;
        const std::string failure = thrown_by<std::runtime_error>([&] {
            for (auto& item : stage) {
                if constexpr (requires { item.size(); })
                    text += std::to_string(item.size());
                else if constexpr (requires { std::get<0>(item); })
                    text += std::to_string(std::get<0>(item));
                else
                    text += std::to_string(item);
            }
        });
        return text + " " + failure;
    };
    CHECK(drained(weft::filter(fails_after(4), even)) == "24 the source fails");
    CHECK(drained(weft::zip(up_to(9), fails_after(2))) == "12 the source fails");
    CHECK(drained(weft::merge(fails_after(3))) == "123 the source fails");
    CHECK(drained(weft::batch(fails_after(5), 3)) == "32 the source fails");
    CHECK(drained(weft::batch(weft::filter(weft::merge(fails_after(4)), even), 4)) == "2 the source fails");
}

TEST_CASE("What a function given to a stage throws its loop throws and the sources end") {
    Trace trace;
    const auto picky = [](int n) -> bool { return n < 3 ? true : throw std::runtime_error("picky"); };
    CHECK(thrown_by<std::runtime_error>([&] {
              for (int n : weft::filter(counting(trace), picky)) trace("got", n);
          }) == "picky");
    CHECK(trace.text() == "1, got 1, 2, got 2, 3, ended");
}

TEST_CASE("Stages may be received from one by one") {
    auto pairs = weft::zip(up_to(2), up_to(2));
    CHECK(std::get<1>(*pairs.receive()) == 1);
    CHECK(std::get<0>(*pairs.receive()) == 2);
    CHECK(!pairs.receive());
    CHECK(pairs.is_closed());
}

#if WEFT_TEST_VIEWS
TEST_CASE("Stages and views go together: take of a stage takes no more than it gives") {
    Trace trace;
    {
        int sum = 0;
        auto evens = weft::filter(counting(trace), even);
        for (int n : evens | std::views::transform([](int i) { return i * 10; }) | std::views::take(2))
            sum += n;
        CHECK(sum == 60);
    }
    CHECK(trace.text() == "1, 2, 3, 4, ended");
}
#endif
