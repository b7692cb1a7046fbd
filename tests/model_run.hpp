// SPDX-License-Identifier: BSL-1.0
// Runs a program of the model test on weft and on the models side by side.
#pragma once

#include <chrono>
#include <cstdio>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <weft/virtual_clock.hpp>
#include <weft/weft.hpp>

#include "model.hpp"
#include "model_exact.hpp"
#include "model_program.hpp"

namespace test {

/// An item with a number; -1 when it was moved from. Who is lent it writes who he is.
template <bool safe>
struct moved_item {
    static inline long live = 0;
    int value;
    int reply = 0;
    explicit moved_item(int v) : value(v) { ++live; }
    moved_item(const moved_item& other) : value(other.value), reply(other.reply) { ++live; }
    moved_item(moved_item&& other) noexcept(safe)
        : value(std::exchange(other.value, -1)), reply(other.reply) {
        ++live;
    }
    moved_item& operator=(const moved_item&) = delete;
    ~moved_item() { --live; }
};
struct trivial_item {
    static inline long live = 0;
    int value;
    int reply = 0;
    explicit trivial_item(int v) : value(v) {}
};

/// What fail() is given.
struct cause {};

/// How many operations there were, and of each kind with each result.
struct tally {
    long operations = 0, lent = 0, paused = 0;
    long seen[10][11] = {};
};
/// Called with what is wrong; does not come back.
using alarm_bell = void (*)(const std::string& fault);

/// Any clause of a select, so that there may be any.
struct any_clause : weft::detail::clause_core {
    struct base {
        virtual ~base() = default;
        virtual weft::detail::clause_core& prepared(const weft::detail::scheduler_core& core) = 0;
        virtual void run(const weft::detail::clause_core& core, const weft::detail::choice& c) = 0;
    };
    template <class C>
    struct real final : base {
        C clause;
        explicit real(C&& c) : clause(std::move(c)) {}
        weft::detail::clause_core& prepared(const weft::detail::scheduler_core& core) override {
            clause.prepare(core);
            return clause;
        }
        void run(const weft::detail::clause_core& core, const weft::detail::choice& c) override {
            static_cast<weft::detail::clause_core&>(clause) = core;
            clause.run(c);
        }
    };
    template <class C>
    explicit any_clause(C c) : clause_core(c), is(std::make_unique<real<C>>(std::move(c))) {}
    bool polls() const { return kind == weft::detail::clause_kind::otherwise; }
    void prepare(const weft::detail::scheduler_core& core) {
        static_cast<clause_core&>(*this) = is->prepared(core);
    }
    void look(weft::detail::choice& c) {
        switch (kind) {
            case weft::detail::clause_kind::receive:
                return c.look_at_receiver(*this);
            case weft::detail::clause_kind::send:
                return c.look_at_sender(*this);
            default:
                return c.look_at_plain(*this);
        }
    }
    void run(const weft::detail::choice& c) { is->run(*this, c); }
    std::unique_ptr<base> is;
};

template <class T>
class machine {
 public:
    machine(const program& p, tally& counts, alarm_bell bell, bool traces)
        : counts_(counts), bell_(bell), traces_(traces), tired_(p.tired), start_(clock_.now()) {
        world_.selects = weft::detail::core_here().selects;
        for (std::size_t c = 0; c < p.capacities.size(); ++c) {
            weft::channel<T> made(static_cast<std::size_t>(p.capacities[c]));
            stream& s = streams_.emplace_back();
            world_.channels.push_back(
                {static_cast<std::size_t>(p.capacities[c]), {}, {}, {}, {}, {}, model::none});
            s.senders.push_back(std::make_unique<weft::sender<T>>(std::move(made.sender)));
            s.receivers.push_back(std::make_unique<weft::receiver<T>>(std::move(made.receiver)));
            world_.channels[c].senders.resize(1);
            world_.channels[c].receivers.resize(1);
            reference_.streams.emplace_back().capacity = p.capacities[c];
            for (int n = 1; n < p.senders[c]; ++n) clone_sender(static_cast<int>(c), 0);
            for (int n = 1; n < p.receivers[c]; ++n) clone_receiver(static_cast<int>(c), 0);
        }
        world_.fibers.resize(p.fibers.size());
        reference_.fibers.resize(p.fibers.size());
        world_.fibers[0].is = model::running;
    }

    void run(const program& p) {
        weft::scope fibers;
        for (std::size_t f = 1; f < p.fibers.size(); ++f)
            handles_.push_back(fibers.spawn([this, f = static_cast<int>(f), &p] {
                back(f, model::done);
                perform(f, p.fibers[f]);
                world_.end_fiber(f);
                reference_.fibers[f].busy = true;
            }));
        perform(0, p.fibers[0]);
        for (model::result r = model::none; r != model::done;) {
            if (r != model::none) {
                fibers.cancel();
                for (std::size_t f = p.fibers.size(); --f > 0;) cancelled(static_cast<int>(f));
            }
            begin(0, model::join, {});
            r = result_of([&] { fibers.join(); });
            back(0, r);
        }
        for (std::size_t c = 0; c < streams_.size(); ++c)  // what is still in the buffers
            for (std::size_t e = 0; e < streams_[c].receivers.size(); ++e)
                perform(0, {act::try_receive, static_cast<int>(c), static_cast<int>(e), 100, {}, {}});
        for (stream& s : streams_) {
            s.senders.clear();
            s.receivers.clear();
        }
        if (!world_.all_over()) bell_("a fiber has not ended");
        if (T::live != 0) bell_(std::to_string(T::live) + " items still live");
        if (weft::this_thread().next_deadline()) bell_("a timer is still armed");
    }

 private:
    struct stream {
        std::deque<std::unique_ptr<weft::sender<T>>> senders;
        std::deque<std::unique_ptr<weft::receiver<T>>> receivers;
    };
    static weft::clock::duration ticks(int n) { return std::chrono::milliseconds(n); }
    static constexpr int most_ends = 9;

    template <class F>
    static model::result result_of(F&& f) {
        try {
            if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
                f();
                return model::done;
            } else {
                return f();
            }
        } catch (const weft::cancelled&) {
            return model::cancelled;
        } catch (const weft::receiver_gone&) {
            return model::gone;
        } catch (const weft::timed_out&) {
            return model::timed_out;
        } catch (const weft::deadlock&) {
            return model::stuck;
        } catch (const weft::stream_failed&) {
            return model::cut_short;
        } catch (const cause&) {
            return model::failed;
        } catch (const std::logic_error&) {
            return model::misused;
        }
    }

    void begin(int f, model::verb does, std::vector<model::clause> clauses) {
        ++counts_.operations;
        if (traces_) std::fprintf(stderr, "  %d begins %s\n", f, model::name_of(does));
        reference_.begin(f, does, clauses);
        world_.begin(f, does, std::move(clauses));
        if (tired_) weft::detail::core_here().budget = 0;
    }
    void back(int f, model::result seen, int chosen = 0, int item = 0) {
        const model::fiber& me = world_.fibers[f];
        if (traces_)
            std::fprintf(stderr, "  %d is back from %s: %s, clause %d, item %d\n", f, model::name_of(me.does),
                         model::name_of(seen), chosen, item);
        const long now = (clock_.now() - start_) / ticks(1);
        if (!world_.pass_time(now))
            bell_("fiber " + std::to_string(f) + " runs when time should not have passed");
        const model::place was = me.is;
        ++counts_.seen[me.does][seen];
        if (!reference_.came_back(f, seen, chosen, item))
            bell_("fiber " + std::to_string(f) + " is back from " + model::name_of(me.does) + " with " +
                  model::name_of(seen) + ", item " + std::to_string(item) +
                  ", and the reference model sees no reason");
        if (world_.came_back(f, seen, chosen, item)) return;
        bell_("fiber " + std::to_string(f) + " is back from " + model::name_of(me.does) + " with " +
              model::name_of(seen) + ", clause " + std::to_string(chosen) + ", item " + std::to_string(item) +
              "; the model says " +
              (was != model::decided
                   ? "that it waits"
                   : model::name_of(me.came_to) + (", clause " + std::to_string(me.chosen)) + ", item " +
                         std::to_string(me.item)));
    }

    void perform(int f, const std::vector<action>& actions) {
        for (const action& a : actions) perform(f, a);
    }
    void perform(int f, const action& a);  // in model_actions.hpp
    void send(int f, const action& a);
    void receive(int f, const action& a);
    void loop(int f, const action& a);
    bool select(int f, const action& a);
    void look_at_sent(int f, const T& item, int id);
    void use(int f, T& item, const action& a);

    void cancelled(int f) {
        world_.cancel(f);
        reference_.fibers[f].reasons.insert(model::cancelled);
    }
    void clone_sender(int ch, int e) {
        auto& all = streams_[ch].senders;
        if (static_cast<int>(all.size()) == most_ends || !world_.channels[ch].senders[e].open) return;
        all.push_back(std::make_unique<weft::sender<T>>(all[e]->clone()));
        world_.channels[ch].senders.emplace_back();
        reference_.streams[ch].ends[model::sends].push_back(model::reference::never);
    }
    void clone_receiver(int ch, int e) {
        auto& all = streams_[ch].receivers;
        if (static_cast<int>(all.size()) == most_ends || !world_.channels[ch].receivers[e].open) return;
        all.push_back(std::make_unique<weft::receiver<T>>(all[e]->clone()));
        world_.channels[ch].receivers.emplace_back();
        reference_.streams[ch].ends[model::receives].push_back(model::reference::never);
    }

    tally& counts_;
    alarm_bell bell_;
    bool traces_, tired_;
    weft::virtual_clock clock_;
    weft::clock::time_point start_;
    model::world world_;
    model::reference reference_;
    std::deque<stream> streams_;
    std::vector<weft::fiber<void>> handles_;
    int items_ = 0;
};

}  // namespace test

#include "model_actions.hpp"
