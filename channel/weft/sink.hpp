// SPDX-License-Identifier: BSL-1.0
// How a function asks for something to send to.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>

#include <weft/sender.hpp>

namespace weft {

namespace detail {

/// The calls of a sink whose target is not a sender of its own type.
template <class T>
struct sink_table {
    void (*send)(const void* target, T&& item, place at);
    bool (*offer)(const void* target, T&& item, place at) noexcept;
};

template <class C, class T>
concept offers = requires(C& c, T&& item, place at) {
    { c.offer(std::forward<T>(item), at) } -> std::same_as<bool>;
    c(std::forward<T>(item), at);
};

/// Sends a T into a stream of Us.
template <class T, class U>
struct converting {
    static void send(const void* target, T&& item, place at) {
        (*static_cast<const sender<U>*>(target))(convert(std::forward<T>(item)), at);
    }
    // An item that can not be converted ends the stream with what the conversion threw.
    static bool offer(const void* target, T&& item, place at) noexcept {
        auto& to = *const_cast<sender<U>*>(static_cast<const sender<U>*>(target));
        try {
            return to.offer(convert(std::forward<T>(item)), at);
        } catch (...) {
            to.fail(std::current_exception());
            return false;
        }
    }
    static U convert(T&& item) { return static_cast<U>(std::forward<T>(item)); }
    static constexpr sink_table<T> table{&send, &offer};
};

/// Calls any callable with a T.
template <class T, class C>
struct calling {
    static C& callable(const void* target) noexcept {
        if constexpr (std::is_function_v<C>)
            return *reinterpret_cast<C*>(const_cast<void*>(target));
        else
            return *const_cast<C*>(static_cast<const C*>(target));
    }
    static const void* address(C& callable) noexcept {
        if constexpr (std::is_function_v<C>)
            return reinterpret_cast<const void*>(std::addressof(callable));
        else
            return erase(callable);
    }
    static void send(const void* target, T&& item, place at) {
        if constexpr (offers<C, T>)
            callable(target)(std::forward<T>(item), at);
        else
            std::invoke(callable(target), std::forward<T>(item));
    }
    static bool offer(const void* target, T&& item, place at) noexcept {
        if constexpr (offers<C, T>) {
            return callable(target).offer(std::forward<T>(item), at);
        } else {
            try {
                send(target, std::forward<T>(item), at);
                return true;
            } catch (const receiver_gone&) {
            } catch (const cancelled&) {
            } catch (const timed_out&) {
            } catch (const deadlock&) {
            }
            return false;  // another exception ends the process: there is nobody to tell
        }
    }
    static constexpr sink_table<T> table{&send, &offer};
};

template <class U, class T>
concept accepts = std::convertible_to<T, U>;

template <class C>
constexpr bool is_sender = false;
template <class U>
constexpr bool is_sender<sender<U>> = true;
template <class C>
constexpr bool is_sink = false;
template <class U>
constexpr bool is_sink<sink<U>> = true;

}  // namespace detail

/// Something to send Ts to: the parameter type of a function that produces.
///
/// Two words, copied freely, owning nothing: it lives as long as the call it was passed to. Made from a
/// sender of anything that a T converts to, from another sink or a consumer, or from any callable that takes
/// a T. The idea is that of sav.channels, where what one sends with is a callback.
template <class T>
class sink {
    static constexpr bool is_reference = std::is_lvalue_reference_v<T>;

 public:
    /// A sender of the same type costs nothing extra.
    sink(const sender<T>& to) noexcept : target_(&to) {}

    template <class U>
        requires(!std::same_as<T, U>) && detail::accepts<U, T>
    sink(const sender<U>& to) noexcept : target_(&to), table_(&detail::converting<T, U>::table) {}

    template <class C>
        requires(!detail::is_sender<std::remove_cvref_t<C>> && !std::same_as<std::remove_cvref_t<C>, sink> &&
                 std::invocable<C&, T>)
    sink(C&& to) noexcept
        : target_(detail::calling<T, std::remove_reference_t<C>>::address(to)),
          table_(&detail::calling<T, std::remove_reference_t<C>>::table) {}

    /// As sender::operator(): lends, waits, throws the same.
    WEFT_HOT void operator()(T&& item, place at = place::here()) const {
        if (!table_) [[likely]]
            (*static_cast<const sender<T>*>(target_))(std::forward<T>(item), at);
        else
            table_->send(target_, std::forward<T>(item), at);
    }
    WEFT_HOT void operator()(const T& item, place at = place::here()) const
        requires(!is_reference && std::is_copy_constructible_v<T>)
    {
        T copy(item);
        (*this)(std::move(copy), at);
    }

    /// As sender::offer(). An item that the target can not be made from ends the target's stream with what
    /// the conversion threw.
    [[nodiscard]] WEFT_HOT bool offer(T&& item, place at = place::here()) const noexcept {
        if (!table_) [[likely]]
            return static_cast<const sender<T>*>(target_)->offer(std::forward<T>(item), at);
        return table_->offer(target_, std::forward<T>(item), at);
    }
    [[nodiscard]] WEFT_HOT bool offer(const T& item, place at = place::here()) const
        noexcept(std::is_nothrow_copy_constructible_v<T>)
        requires(!is_reference && std::is_copy_constructible_v<T>)
    {
        T copy(item);
        return offer(std::move(copy), at);
    }

 private:
    const void* target_;
    const detail::sink_table<T>* table_ = nullptr;  // null: a sender<T>
};

}  // namespace weft
