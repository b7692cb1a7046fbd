// SPDX-License-Identifier: BSL-1.0
// A fiber's record together with its function, arguments and result: one block of memory.
//
// Not for users. The function and its arguments die inside the fiber, and if an exception ends it,
// during its unwinding: so a sender among them knows that its stream was cut short.
#pragma once

#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <weft/scheduler_core.hpp>

namespace weft::detail {

/// A result as it is kept: references as pointers.
template <class R>
struct kept {
    using type = R;
};
template <class R>
struct kept<R&> {
    using type = std::reference_wrapper<R>;
};

/// What a function returns as T&& is kept as a T.
template <class R>
using kept_result = std::conditional_t<std::is_rvalue_reference_v<R>, std::remove_cvref_t<R>, R>;

template <class R>
struct task_result : record {
    using record::record;
    std::optional<typename kept<R>::type> result;
};
template <>
struct task_result<void> : record {
    using record::record;
};

/// Notes the exception being handled as the failure of `r`, or as the ordinary end that a refusal is.
WEFT_API WEFT_COLD void note_failure(record& r) noexcept;

template <class R, class F, class... A>
struct task final : task_result<R> {
    union {
        F function;  // alive from the spawn to the end of run()
    };
    union {
        std::tuple<A...> arguments;
    };

    template <class G, class... B>
    explicit task(scheduler_core& s, place at, G&& g, B&&... b) : task_result<R>(&table, &s, at) {
        std::construct_at(std::addressof(function), std::forward<G>(g));
        struct undo {
            F* function;
            ~undo() {
                if (function) function->~F();
            }
        } unless_done{std::addressof(function)};
        std::construct_at(std::addressof(arguments), std::forward<B>(b)...);
        unless_done.function = nullptr;
    }
    ~task() {}

    void destroy_call() noexcept {
        arguments.~tuple();
        function.~F();
    }

    static void run_task(record& r) {
        auto& self = static_cast<task&>(r);
        try {
            struct call_end {
                task& t;
                ~call_end() { t.destroy_call(); }
            } at_end{self};
            if (self.doomed) [[unlikely]]
                throw std::bad_alloc();
            auto call = [&self](A&... a) -> R {
                return std::invoke(std::move(self.function), std::move(a)...);
            };
            if constexpr (std::is_void_v<R>)
                std::apply(call, self.arguments);
            else
                self.result.emplace(std::apply(call, self.arguments));
        } catch (...) {
            note_failure(self);
        }
        if constexpr (!std::is_void_v<R>)
            if (self.references == 1) self.result.reset();  // nobody can ask for it; it dies here
    }

    static void drop_task(record& r) noexcept {
        auto& self = static_cast<task&>(r);
        scheduler_core& s = *self.owner;
        self.~task();
        if constexpr (alignof(task) > 64)
            ::operator delete(&self, std::align_val_t{alignof(task)});
        else
            s.release(&self, sizeof(task));
        s.let_go();
    }

    static constexpr function_table table{&run_task, &drop_task, &typeid(F)};
};

/// Memory for a task until it is one.
template <class Task>
struct task_room {
    scheduler_core& s;
    void* memory;

    explicit task_room(scheduler_core& core) : s(core) {
        if constexpr (alignof(Task) > 64)
            memory = ::operator new(sizeof(Task), std::align_val_t{alignof(Task)});
        else
            memory = s.allocate(sizeof(Task));
    }
    ~task_room() {
        if (!memory) return;
        if constexpr (alignof(Task) > 64)
            ::operator delete(memory, std::align_val_t{alignof(Task)});
        else
            s.release(memory, sizeof(Task));
    }
    task_room(const task_room&) = delete;
    task_room& operator=(const task_room&) = delete;
};

}  // namespace weft::detail
