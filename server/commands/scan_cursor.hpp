#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/elements_reply.hpp"

namespace tidemark::server {

// The cursor of SCAN and READSTATE.SCAN over all partitions, one after the other: the partition
// above bit 48, the bound within its table below (storage/table/table.hpp has the guarantee).

inline constexpr int kCursorPartitionShift = 48;

inline uint64_t bound_of(uint64_t cursor) {
  return cursor & ((uint64_t{1} << kCursorPartitionShift) - 1);
}

// For Command::owner: the core that goes on from the cursor at argument 1. A cursor that was never
// given out belongs to some core, as Redis takes any.
uint32_t owner_of_cursor(std::span<const Bytes> args, uint32_t cores);

// Which options a command takes besides MATCH and COUNT.
enum class ScanWords : uint8_t { plain, with_type, with_novalues };

struct ScanArgs {
  uint64_t cursor = 0;
  size_t count = 10;
  std::optional<Bytes> pattern;
  std::optional<Bytes> type;
  bool without_values = false;
  bool matches(Bytes text) const;
};
ScanArgs read_scan(ArgReader& args, ScanWords words);
// Its two parts, for commands that look at their key in between: the cursor, and the options with
// whatever `read` has so far.
uint64_t read_scan_cursor(ArgReader& args);
void read_scan_options(ArgReader& args, ScanWords words, ScanArgs& read);

// The reply, given the bound that this core's table returned (0: its end).
Reply scan_reply(const Context& ctx, uint64_t next_bound, std::vector<Reply> found);
// The reply of a scan within one value.
Reply part_scan_reply(uint64_t next_cursor, ElementsReply found);

}  // namespace tidemark::server
