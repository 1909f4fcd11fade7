#include "server/commands/scan_cursor.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "server/server.hpp"
#include "storage/base/glob.hpp"
#include "storage/base/number.hpp"

namespace tidemark::server {

namespace {

// As generously as Redis: with a sign or zeros in front, nothing at all is 0, and what follows a
// zero byte is not looked at. A cursor of our own making has none of that.
std::optional<uint64_t> parse_cursor(Bytes text) {
  text = text.substr(0, text.find('\0'));
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const size_t zeros = std::min(text.find_first_not_of('0'), text.size());
  text.remove_prefix(zeros);
  if (text.empty()) return 0;
  const auto cursor = parse_uint64(text);
  return cursor && negative ? 0 - *cursor : cursor;
}

}  // namespace

uint32_t owner_of_cursor(std::span<const Bytes> args, uint32_t cores) {
  const auto cursor = args.size() > 1 ? parse_cursor(args[1]) : std::nullopt;
  if (!cursor) return 0;
  return static_cast<uint32_t>((*cursor >> kCursorPartitionShift) % cores);
}

bool ScanArgs::matches(Bytes text) const { return !pattern || glob_matches(*pattern, text); }

uint64_t read_scan_cursor(ArgReader& args) {
  const auto cursor = parse_cursor(args.next());
  if (!cursor) args.fail("ERR invalid cursor");
  return cursor.value_or(0);
}

ScanArgs read_scan(ArgReader& args, ScanWords words) {
  ScanArgs read{.cursor = read_scan_cursor(args)};
  read_scan_options(args, words, read);
  return read;
}

void read_scan_options(ArgReader& args, ScanWords words, ScanArgs& read) {
  while (!args.empty() && !args.failed()) {
    if (args.accept_with("count", 1)) {
      const int64_t count = args.next_integer();
      if (count < 1) args.fail_syntax();
      read.count = static_cast<size_t>(count);
    } else if (args.accept_with("match", 1)) {
      read.pattern = args.next();
      if (*read.pattern == "*") read.pattern.reset();
    } else if (words == ScanWords::with_type && args.accept_with("type", 1)) {
      read.type = args.next();
    } else if (words == ScanWords::with_novalues && args.accept("novalues")) {
      read.without_values = true;
    } else {
      args.fail_syntax();
    }
  }
}

Reply scan_reply(const Context& ctx, uint64_t next_bound, std::vector<Reply> found) {
  const uint64_t partition = ctx.here().id().value();
  uint64_t cursor = 0;
  if (next_bound != 0) {
    cursor = (partition << kCursorPartitionShift) | next_bound;
  } else if (partition + 1 < ctx.server().core_count()) {
    cursor = (partition + 1) << kCursorPartitionShift;
  }
  std::vector<Reply> reply;
  reply.push_back(Reply::bulk_copy(std::to_string(cursor)));
  reply.push_back(Reply::array(std::move(found)));
  return Reply::array(std::move(reply));
}

Reply part_scan_reply(uint64_t next_cursor, ElementsReply found) {
  protocol::Output wire;
  protocol::write_array_header(wire, 2);
  protocol::write_bulk(wire, std::to_string(next_cursor));
  wire.append(std::move(found).finish().bytes());
  return Reply::encoded(std::move(wire));
}

}  // namespace tidemark::server
