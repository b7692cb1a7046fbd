// SPDX-License-Identifier: BSL-1.0
// Joining a fiber, and its end.
#include <weft/fiber.hpp>
#include <weft/scope.hpp>

namespace weft::detail {

namespace {

record& joined(const record& r) noexcept { return *static_cast<record*>(const_cast<void*>(r.end)); }

}  // namespace

constinit join_wait joining;

void join_wait::leave(record& r) noexcept { joined(r).joiner = nullptr; }
std::string join_wait::describe(const record& r) const { return "to join " + name_of(joined(r)); }

void refuse_join(const record* of) {
    if (!of || (of->owner == this_core && of->joiner && of->state == fiber_state::done))
        throw_misuse("weft: this fiber's handle is empty: it was joined, moved from, or default-constructed;"
                     " a fiber can be joined once");
    check_thread(of->owner);
    if (of == this_core->current)
        throw_misuse("weft: a fiber can not join itself; return from its function instead");
    throw_misuse("weft: this fiber is being joined already; join it in one place");
}

void note_failure(record& r) noexcept {
    try {
        throw;
    } catch (const cancelled&) {
        r.resultless = true;
    } catch (const receiver_gone&) {
        r.resultless = true;
    } catch (...) {
        r.failure = std::current_exception();
    }
}

void throw_failure(record& of) {
    if (of.resultless)
        throw no_result("weft: " + name_of(of) +
                        " ended without a result: it was cancelled, or nobody received from it");
    of.failure_taken = true;
    std::rethrow_exception(std::exchange(of.failure, nullptr));
}

}  // namespace weft::detail
