#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "server/command/router.hpp"
#include "server/command/session.hpp"
#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"

namespace tidemark::server {

class OnCore;
struct CommandEntry;

// How an admitted command gets to its data.
enum class Way : uint8_t {
  here,      // it is on this core
  one_core,  // it is on one other core
  together,  // it is on several, which are stopped for it
  split,     // it is on several, each of which does its part
};

struct Destination {
  Way way = Way::here;
  CoreId core;                // of one_core
  std::vector<CoreId> cores;  // of together and split, distinct and ascending
};

// REQUIRES: the arguments have the number that the command's arity asks for. Counts of keys that
// lie lead to `here`, where the command finds the mistake itself.
Destination route(const Router& router, const CommandEntry& entry, std::span<const Bytes> args,
                  CoreId home);

// Sends each of `cores` its part of the command, a call with those keys alone that it owns, and in
// the end calls `done` with the sum of their integers, or the first error, as it is on the wire.
using OnScattered = std::function<void(OnCore& home, Bytes reply)>;
void scatter(const OnCore& here, const Session& session, const CommandEntry& entry,
             std::span<const Bytes> args, const std::vector<CoreId>& cores, OnScattered done);

}  // namespace tidemark::server
