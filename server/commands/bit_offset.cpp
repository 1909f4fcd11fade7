#include "server/commands/bit_offset.hpp"

#include <algorithm>

#include "server/server.hpp"
#include "storage/keyspace/entry.hpp"

namespace tidemark::server {

uint64_t bit_offset_end(const Context& ctx) {
  return std::min<uint64_t>(ctx.settings().proto_max_bulk_len, storage::Entry::kTextMax) * 8;
}

uint64_t next_bit_offset(const Context& ctx, ArgReader& args) {
  const auto last = static_cast<int64_t>(bit_offset_end(ctx) - 1);
  return static_cast<uint64_t>(args.next_integer(0, last, kBadBitOffset));
}

}  // namespace tidemark::server
