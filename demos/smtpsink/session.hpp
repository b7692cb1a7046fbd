// SPDX-License-Identifier: BSL-1.0
// What is said with one client, from the greeting to the goodbye.
#pragma once

#include "connection.hpp"
#include "service.hpp"

/// The function of a fiber. Whatever goes wrong with this client ends here; throws std::runtime_error if
/// the standard output fails.
void serve(connection client, service& shared);
