// SPDX-License-Identifier: BSL-1.0
// What can travel on a stream, and how it is handled by those who do not know its type.
//
// Not for users. An item in transit is the address of an object: of the very object that was sent.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

namespace weft::detail {

template <class T>
concept item = !std::is_void_v<T> && !std::is_rvalue_reference_v<T> &&
               (std::is_lvalue_reference_v<T> || (std::is_object_v<T> && !std::is_const_v<T> &&
                                                  !std::is_volatile_v<T> && !std::is_array_v<T>));

/// A T's object type, and what receive() gives for it.
template <class T>
struct item_traits {
    using object = T;
    using taken = T;
    static constexpr bool movable = std::is_move_constructible_v<T>;
    static constexpr bool moves_safely = std::is_nothrow_move_constructible_v<T>;
};
template <class T>
struct item_traits<T&> {
    using object = T;
    using taken = std::reference_wrapper<T>;
    static constexpr bool movable = true;
    static constexpr bool moves_safely = true;
};

template <class T>
using object_of = typename item_traits<T>::object;
template <class T>
using taken_of = typename item_traits<T>::taken;

template <class T>
void* erase(T& object) noexcept {
    return const_cast<void*>(static_cast<const volatile void*>(std::addressof(object)));
}

/// Puts the item at `from` into the slot of a receive(): moved, or for references the reference.
template <class T>
void take(std::optional<taken_of<T>>& slot, void* from) {
    auto& object = *static_cast<object_of<T>*>(from);
    if constexpr (std::is_lvalue_reference_v<T>)
        slot.emplace(object);
    else
        slot.emplace(std::move(object));
}

/// Whether an item can travel without its sender: in a place of its own.
template <class T>
constexpr bool storable = !std::is_lvalue_reference_v<T> && item_traits<T>::movable;

/// The operations of an item type that a stream needs.
struct item_operations {
    /// Moves an item into a receive()'s slot.
    void (*fill)(void* slot, void* from);
    /// Moves an item into a place; null: it can not travel without its sender.
    void (*move)(void* to, void* from);
    /// Destroys an item in a place.
    void (*destroy)(void* item) noexcept;
    bool moves_safely;  // the first two never throw
    std::size_t size;
    std::size_t alignment;
};

template <class T>
struct operations_of {
    static void fill(void* slot, void* from) {
        if constexpr (item_traits<T>::movable) take<T>(*static_cast<std::optional<taken_of<T>>*>(slot), from);
    }
    static void move(void* to, void* from) {
        if constexpr (storable<T>) ::new (to) T(std::move(*static_cast<T*>(from)));
    }
    static void destroy(void* item) noexcept {
        if constexpr (storable<T>) std::destroy_at(static_cast<T*>(item));
    }
};

template <class T>
constexpr item_operations operations_for{
    &operations_of<T>::fill,    storable<T> ? &operations_of<T>::move : nullptr,
    &operations_of<T>::destroy, item_traits<T>::moves_safely,
    sizeof(object_of<T>),       alignof(object_of<T>)};

}  // namespace weft::detail
