// SPDX-License-Identifier: BSL-1.0
// Blocking calls, made where they block no fiber.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <weft/knock_wait.hpp>
#include <weft/place.hpp>
#include <weft/task.hpp>

namespace weft {

namespace detail {

/// A call for a helper thread. Shared by that and the fiber that waits for it; whoever is last destroys it.
class WEFT_API errand {
 public:
    errand() = default;
    errand(const errand&) = delete;
    errand& operator=(const errand&) = delete;
    virtual ~errand() = default;
    virtual void run() noexcept = 0;

    knock_wait over{"for a call on a helper thread"};
};

/// Has it run on a helper thread, and waits for its end.
WEFT_API void send_on_errand(const std::shared_ptr<errand>& call, place at);

template <class F, class R>
class offloaded final : public errand {
 public:
    template <class G>
    explicit offloaded(G&& g) : function_(std::in_place, std::forward<G>(g)) {}

    void run() noexcept override {
        try {
            if constexpr (std::is_void_v<R>)
                std::invoke(std::move(*function_));
            else
                result_.emplace(std::invoke(std::move(*function_)));
        } catch (...) {
            failure_ = std::current_exception();
        }
        function_.reset();
    }
    R take() {
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
        if constexpr (std::is_lvalue_reference_v<R>)
            return result_->get();
        else if constexpr (!std::is_void_v<R>)
            return std::move(*result_);
    }

 private:
    struct nothing {};
    std::optional<F> function_;
    std::optional<std::conditional_t<std::is_void_v<R>, nothing, typename kept<R>::type>> result_;
    std::exception_ptr failure_;
};

}  // namespace detail

/// Calls f() on a helper thread and gives what it returns, or throws what it throws; only this fiber waits
/// meanwhile. For calls that block and can not be made otherwise: getaddrinfo(), fsync(), a database's client.
///
/// f is copied or moved, called as an rvalue, and destroyed there: nothing of weft that belongs to this thread
/// may be used in it. Up to 16 calls run at a time, whatever thread they come from; the others wait their turn,
/// so no call should wait for another.
///
/// Throws `cancelled`, `timed_out` and `deadlock` as any wait does, also while an exception is in flight. Then
/// the call is not interrupted: it goes on to its end, or is still made, and its result is dropped. So what f
/// refers to has to last until then: capture by value what belongs to the fiber. At the end of the program
/// calls are not waited for.
///
/// What is the thread's own is the helper's in f: its errno does not come back, and its signals are blocked, also
/// in the processes that it starts.
///
/// Throws std::system_error if no thread or no descriptor can be had, and std::bad_alloc.
template <class F>
    requires std::invocable<std::decay_t<F>>
auto offload(F&& f, place at = place::here()) -> detail::kept_result<std::invoke_result_t<std::decay_t<F>>> {
    using function = std::decay_t<F>;
    using result = detail::kept_result<std::invoke_result_t<function>>;
    auto call = std::make_shared<detail::offloaded<function, result>>(std::forward<F>(f));
    detail::send_on_errand(call, at);
    return call->take();
}

}  // namespace weft
