// SPDX-License-Identifier: BSL-1.0
// All of weft.
#pragma once

#include <weft/channel.hpp>
#include <weft/clock.hpp>
#include <weft/consumer.hpp>
#include <weft/deadline.hpp>
#include <weft/descriptors.hpp>
#include <weft/errors.hpp>
#include <weft/fiber.hpp>
#include <weft/generator.hpp>
#include <weft/inbox.hpp>
#include <weft/offload.hpp>
#include <weft/place.hpp>
#include <weft/report.hpp>
#include <weft/scheduler.hpp>
#include <weft/scope.hpp>
#include <weft/select.hpp>
#include <weft/sink.hpp>
#include <weft/sleep.hpp>
#include <weft/stages.hpp>
#include <weft/virtual_clock.hpp>
