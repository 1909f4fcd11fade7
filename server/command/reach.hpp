#pragma once

#include <span>

#include "storage/base/ids.hpp"

namespace tidemark::server {

// The cores whose data may be touched while a command runs: the one it runs on, or also others that
// are stopped meanwhile.
class Reach {
 public:
  // Only the core of `here`.
  Reach() = default;
  // Also `stopped`, whose threads wait; they must go on waiting as long as this lives.
  explicit Reach(std::span<const CoreId> stopped) : cores_(stopped) {}
  // Empty where the command runs on its own core alone.
  std::span<const CoreId> cores() const { return cores_; }

 private:
  std::span<const CoreId> cores_;
};

}  // namespace tidemark::server
