// SPDX-License-Identifier: BSL-1.0
// What an inbox and its posters share, without the type of the items.
//
// Not for users; they have inbox and poster.
//
// - `first_` to `last_` are the items that wait, first come, first served; `promised_` counts the places of those
//   who may post but have not yet, since an item is made outside of the lock. Where posts wait or fail, the two
//   together exceed the capacity only by items that could not be moved out and are back.
// - A poster that waits for a place stands in `claims_`, and is given one in its turn: nobody overtakes it. It
//   waits as its thread can: a fiber until it is knocked up, and a thread without weft sleeps.
// - Who receives is told of a post, or of the end, once each time it listens.
// - All of it is guarded by `lock_`, under which nothing of the user's runs.
// - While somebody could receive it is listed by the owner's scheduler: it closes when the thread ends.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

#include <weft/door.hpp>
#include <weft/ends.hpp>
#include <weft/export.hpp>
#include <weft/place.hpp>
#include <weft/scheduler_core.hpp>

namespace weft {

/// What happens to a post for which an inbox has no place.
enum class when_full {
    wait,  // it waits for one
    fail,  // it is refused, and the item is still the caller's
    drop_oldest,  // the item that has waited longest makes room for it
    drop_newest  // it is thrown away itself
};

namespace detail {

struct post {
    post* next = nullptr;
    void* item;
    virtual ~post() = default;
};
using post_ptr = std::unique_ptr<post>;

class WEFT_API post_box final : listed {
 public:
    post_box(std::size_t capacity, when_full policy, const char* name, place made);
    ~post_box();
    post_box(const post_box&) = delete;
    post_box& operator=(const post_box&) = delete;

    // From any thread.
    /// Asks for a place. `sent`: an item has to come, by put() or not by take_back(). `full`: there is none, and
    /// it may not wait, or could not. `closed`: nobody will receive.
    send_status ask(bool may_wait, place at);
    void put(post_ptr item) noexcept;
    void take_back() noexcept;
    void open_poster() noexcept;
    void close_poster() noexcept;
    bool closed() noexcept;
    std::size_t dropped() noexcept;

    // From the owner's.
    /// The first of the posts; null: there is none now.
    post_ptr take() noexcept;
    /// Whether there is one; nobody else takes it.
    bool has_post() noexcept;
    /// It could not be used, and is the first again, even if there is one more then than there are places.
    void untake(post_ptr item) noexcept;
    /// Whether none will come any more.
    bool over() noexcept;
    /// Who is to be told, by its door, that there is a post or the end; null: nobody.
    void listen(wake* listener, const std::shared_ptr<door>& by) noexcept;
    /// Nothing more is let in; what is there is still received.
    void close() noexcept;
    /// Nobody receives any more.
    void abandon() noexcept;

 private:
    struct claim;
    struct thread_claim;
    struct fiber_claim;
    void thread_ends() noexcept override { close(); }
    bool drops() const noexcept {
        return policy_ == when_full::drop_oldest || policy_ == when_full::drop_newest;
    }
    bool has_place() const noexcept { return count_ + promised_ < capacity_; }
    void push(post_ptr item) noexcept;
    post_ptr pop() noexcept;
    void queue(claim& c) noexcept;
    void unqueue(claim& c) noexcept;
    void serve_claims() noexcept;
    bool is_over() const noexcept { return !open_ && count_ == 0 && promised_ == 0; }
    void tell(std::unique_lock<std::mutex>& hold) noexcept;
    send_status wait_as_thread(std::unique_lock<std::mutex>& hold);
    send_status wait_for_place(std::unique_lock<std::mutex>& hold, place at);

    const std::size_t capacity_;
    const when_full policy_;
    scheduler_core* const owner_;
    const std::string title_;
    std::mutex lock_;
    post* first_ = nullptr;
    post* last_ = nullptr;
    std::size_t count_ = 0;
    std::size_t promised_ = 0;
    std::size_t dropped_ = 0;
    std::size_t posters_ = 0;
    bool open_ = true;
    bool abandoned_ = false;
    wake* listener_ = nullptr;
    std::shared_ptr<door> door_;
    claim* claims_ = nullptr;
    claim* last_claim_ = nullptr;
};

}  // namespace detail

}  // namespace weft
