// SPDX-License-Identifier: BSL-1.0
// A scope owns fibers: none of them outlives it.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include <weft/fiber.hpp>

namespace weft {

/// How a fiber is spawned.
struct how {
    const char* name = "";     // for reports; copied
    std::size_t stack = 0;     // bytes of address space; 0: 256 KiB. At least 16 KiB.
    place at = place::here();  // where it is spawned, for reports
};

namespace detail {

/// A scope without its type parameters.
///
/// - `eldest_` to `youngest_` are the fibers that live, in the order of spawning; `failed_` those whose
///   failure nobody has taken yet, in the order in which they failed.
class WEFT_API scope_core final : public waitable {
 public:
    explicit scope_core(place made);
    ~scope_core();
    scope_core(const scope_core&) = delete;
    scope_core& operator=(const scope_core&) = delete;

    /// Takes in a fresh fiber. Throws before anything has happened, or not at all.
    WEFT_HOT void admit(record& r, const char* name, std::size_t stack);
    void join(place at);
    void cancel() noexcept;
    bool empty() const noexcept { return !eldest_; }
    /// The fiber in which this scope lives: its fibers are that one's descendants.
    void open_in(record& r) noexcept;

    /// The fiber has ended before the scopes that it opened.
    static void forget_opener(const record& r) noexcept;

    /// Nobody else will take the failure of `r` any more.
    void disowned(record& r) noexcept;
    bool contains(const record& r) const noexcept;

    void leave(record& r) noexcept override;
    std::string describe(const record& r) const override;

    const record* eldest() const noexcept { return eldest_; }
    const record* failed() const noexcept { return failed_; }
    const record* opener() const noexcept { return opener_; }
    const scope_core* next_scope() const noexcept { return later_; }
    const scope_core* earlier_scope() const noexcept { return earlier_; }
    scheduler_core& owner() const noexcept { return *owner_; }

 private:
    friend void finish(record& r) noexcept;
    friend void note_running(const record& r) noexcept;
    friend void cancel_scopes_of(const record& r) noexcept;
    WEFT_COLD void admit_specially(record& r, const char* name, std::size_t stack);
    enum class round : unsigned char {
        stirred,  // a fiber of it ran, or is ready
        silent,   // none ran; whether one is ready was not to be seen
        still     // none ran or is ready
    };
    static scope_core* closing_from(scope_core* at) noexcept;
    void begin_watch() noexcept;
    void end_watch() noexcept;
    round watch_round() noexcept;
    round ready_ones() const noexcept;
    void wait_for_quiet() noexcept;
    /// The scope of the fiber that opened this one; null: none.
    scope_core* around() const noexcept { return opener_ ? opener_->scope : nullptr; }
    void ended(record& r) noexcept;
    WEFT_COLD void keep_failure(record& r) noexcept;
    WEFT_COLD void wake_joiners() noexcept;
    void close() noexcept;
    void report_failures() noexcept;
    record* first_failure() const noexcept;

    scheduler_core* owner_;
    record* opener_ = nullptr;  // null: it has ended, or this scope was made in no fiber
    std::uint64_t made_in_;     // the id of that fiber
    unsigned in_flight_;        // exceptions that unwound it then
    place made_;
    record* eldest_ = nullptr;
    record* youngest_ = nullptr;
    record* failed_ = nullptr;
    record** failed_end_ = &failed_;
    wait_queue joiners_;
    record* destroyer_ = nullptr;  // who is in the destructor
    record* closer_ = nullptr;     // the same, when only the end of all fibers wakes it
    bool cancelled_ = false;
    bool closing_ = false;          // the destructor waits for quiet
    unsigned depth_ = 0;            // scopes around it
    scope_core* closing_around_;    // the next one that is closing, as it was
    std::uint64_t known_at_ = 0;    // at that time
    scope_core* lets_wait_ = nullptr;  // the closing one around it, which waits for this one's quiet
    unsigned closing_inside_ = 0;   // scopes in it whose destructors wait for quiet
    wait_queue inner_wait_;         // the destructor, when it waits for those
    scope_core* watch_before_;      // in the list of those that watch a round
    scope_core* watch_after_;
    std::uint64_t ran_ = 0;         // when a fiber of it last ran, as far as somebody watched
    scope_core* earlier_ = nullptr;
    scope_core* later_ = nullptr;
};

WEFT_HOT void scope_core::admit(record& r, const char* name, std::size_t stack) {
    scheduler_core& s = *owner_;
    r.pool = s.default_pool();
    if (!r.pool || stack || (name && *name)) [[unlikely]]
        admit_specially(r, name, stack);
    r.words = read_control_words(s.usual_words);
    s.hold();
    r.id = ++s.last_id;
    r.scope = this;
    r.younger = nullptr;
    r.elder = youngest_;
    (youngest_ ? youngest_->younger : eldest_) = &r;
    youngest_ = &r;
    s.unpark_quietly(r);
    if (cancelled_ | s.rings) [[unlikely]] {
        if (s.rings) s.ring();
        if (cancelled_) s.cancel(r);
    }
}

template <class F, class... A>
using spawned_result = kept_result<std::invoke_result_t<std::decay_t<F>, std::decay_t<A>...>>;

}  // namespace detail

/// Owns the fibers that are spawned in it. Declare it after what they refer to.
///
/// At the end of its block it lets the thread run on until its fibers are all parked and a further round
/// wakes none of them, then cancels them and waits for their end; when an exception leaves the block, it
/// cancels at once. The fibers of scopes that its fibers opened count as its own in this. What must be
/// waited for, such as a timer, wants join().
///
/// What fibers failed with and nobody took is reported on stderr. Structured as Trio's nurseries.
class scope {
 public:
    explicit scope(place made = place::here()) : core_(made) {}

    /// Spawns a fiber that will run f(), as std::thread takes it: copied or moved, and called as an rvalue.
    /// It starts when the thread next waits, in the order of spawning, and always runs, if only to
    /// its first wait. A fiber spawned in a cancelled scope is cancelled from the beginning.
    ///
    /// Throws std::bad_alloc if there is no memory for it, std::invalid_argument if the stack is too
    /// small, std::logic_error in another thread than the scope's, and what copying f throws.
    template <class F>
        requires std::invocable<std::decay_t<F>>
    fiber<detail::spawned_result<F>> spawn(F&& f, how as = {}) {
        return start(as, std::forward<F>(f));
    }

    /// The same for f(args...), with each argument copied or moved into the fiber.
    template <class F, class... A>
        requires(sizeof...(A) > 0) && std::invocable<std::decay_t<F>, std::decay_t<A>...>
    fiber<detail::spawned_result<F, A...>> spawn(F&& f, A&&... args) {
        return start({.at = {}}, std::forward<F>(f), std::forward<A>(args)...);
    }

    template <class F, class... A>
        requires(!std::same_as<std::decay_t<F>, how>) && std::invocable<std::decay_t<F>, std::decay_t<A>...>
    fiber<detail::spawned_result<F, A...>> spawn(how as, F&& f, A&&... args) {
        return start(as, std::forward<F>(f), std::forward<A>(args)...);
    }

    /// Waits until all fibers of the scope have ended, leaving it usable. If one fails and nobody else
    /// has its failure, cancels the others, waits for them, and throws it. Several may join at once.
    ///
    /// Throws `cancelled`, `timed_out` and `deadlock` as any wait does; std::logic_error in a fiber of this
    /// scope.
    void join(place at = place::here()) { core_.join(at); }

    /// Asks every fiber of the scope to end, the youngest first. Does not wait. The scope stays cancelled
    /// until it is empty.
    void cancel() noexcept { core_.cancel(); }

 private:
    template <class F, class... A>
    WEFT_HOT fiber<detail::spawned_result<F, A...>> start(const how& as, F&& f, A&&... args) {
        using result = detail::spawned_result<F, A...>;
        using task = detail::task<result, std::decay_t<F>, std::decay_t<A>...>;
        detail::check_thread(&core_.owner());
        detail::task_room<task> room(core_.owner());
        auto* made =
            ::new (room.memory) task(core_.owner(), as.at, std::forward<F>(f), std::forward<A>(args)...);
        struct undo {
            task* made;
            ~undo() {
                if (!made) return;
                made->destroy_call();
                made->~task();
            }
        } unless_admitted{made};
        core_.admit(*made, as.name, as.stack);
        unless_admitted.made = nullptr;
        room.memory = nullptr;
        return fiber<result>(*made);
    }

    detail::scope_core core_;
};

}  // namespace weft
