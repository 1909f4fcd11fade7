#pragma once

#include <cstdint>
#include <vector>

#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"

namespace tidemark::server {

// Which core owns a key: its slot, as in Redis Cluster, and the core that has the slot. Every core
// has one range of slots; the ranges differ by one slot at most.
class Router {
 public:
  explicit Router(uint32_t cores) : cores_(cores) {}

  uint32_t cores() const { return cores_; }
  CoreId owner(Bytes key) const { return cores_ == 1 ? CoreId(0) : owner(slot_of(key)); }
  CoreId owner(SlotId slot) const {
    return CoreId(static_cast<uint16_t>(uint32_t{slot.value()} * cores_ / kSlotCount));
  }

  std::vector<CoreId> every_core() const;

  // Whether a script may use keys that it did not declare (lua-undeclared-keys). Changed by
  // exclusive work alone.
  bool scripts_use_any_key() const { return scripts_use_any_key_; }
  void set_scripts_use_any_key(bool any) { scripts_use_any_key_ = any; }

  // CRC16 (the XMODEM polynomial) of the key, or of what stands in its first {hash tag}, mod 16384.
  static SlotId slot_of(Bytes key);

 private:
  uint32_t cores_;
  bool scripts_use_any_key_ = true;
};

}  // namespace tidemark::server
