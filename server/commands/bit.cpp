// Strings as rows of bits. Fields of several bits are in bit_field.cpp.

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/bit_offset.hpp"
#include "server/commands/families.hpp"
#include "server/errors.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/keyspace/string_edit.hpp"
#include "storage/value/bits.hpp"

namespace tidemark::server {

namespace {

using storage::BitOperation;
using storage::BitRange;
using storage::Entry;
using storage::EntryOwner;
using storage::IfAbsent;
using storage::String;
using storage::ValueType;

Reply setbit(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const uint64_t offset = next_bit_offset(ctx, args);
  const bool bit = args.next_integer(0, 1, "ERR bit is not an integer or out of range") == 1;
  if (args.failed()) return args.error();

  auto string = ctx.database(key).edit<String>(ctx.hashed(key), IfAbsent::create);
  if (!string) return error_reply(string.error());
  String& text = **string;
  IntegerText scratch;
  const bool before = storage::bit_at(text.text(scratch), offset);
  const size_t length = std::max<size_t>(text.length(), offset / 8 + 1);
  const bool grows = length > text.length();
  storage::set_bit(text.resize(length), offset, bit);
  if (before == bit && !grows) text.nothing_changed();
  return Reply::integer(before ? 1 : 0);
}

constexpr Command kSetbit{
    .name = "setbit",
    .summary = "Sets or clears a bit of a string, growing it as needed, and returns what it was.",
    .since = "2.2.0",
    .complexity = "O(1)",
    .group = Group::bitmap,
    .arity = exactly(4),
    .flags = Flag::write | Flag::deny_oom,
    .event = "setbit",
    .keys = {key_at(1, Access::access_update)},
    .syntax = "key:key offset:integer value:integer",
    .run = setbit,
};

Reply getbit(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const uint64_t offset = next_bit_offset(ctx, args);
  if (args.failed()) return args.error();

  const Entry* entry = ctx.find_to_read(key);
  if (entry == nullptr) return Reply::integer(0);
  if (entry->type() != ValueType::string) return error_reply(Errc::wrong_type);
  IntegerText scratch;
  return Reply::integer(storage::bit_at(entry->text(scratch), offset) ? 1 : 0);
}

constexpr Command kGetbit{
    .name = "getbit",
    .summary = "Returns a bit of a string.",
    .since = "2.2.0",
    .complexity = "O(1)",
    .group = Group::bitmap,
    .arity = exactly(3),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key offset:integer",
    .run = getbit,
};

// What BITCOUNT and BITPOS are asked to look at, as it was given.
struct AskedRange {
  enum class Unit : uint8_t { byte, bit };
  int64_t start = 0;
  int64_t end = -1;
  Unit unit = Unit::byte;

  bool backwards() const { return start < 0 && end < 0 && start > end; }
  // The bits of a text of so many bytes that are meant; nothing where it has none of them.
  std::optional<BitRange> within(size_t bytes) const;
};

std::optional<BitRange> AskedRange::within(size_t bytes) const {
  const auto length = static_cast<int64_t>(unit == Unit::bit ? bytes * 8 : bytes);
  const int64_t first = start < 0 ? std::max<int64_t>(start + length, 0) : start;
  const int64_t last = std::min(end < 0 ? std::max<int64_t>(end + length, 0) : end, length - 1);
  if (first > last) return std::nullopt;
  const auto from = static_cast<uint64_t>(first);
  const auto to = static_cast<uint64_t>(last);
  if (unit == Unit::bit) return BitRange{.first = from, .last = to};
  return BitRange{.first = from * 8, .last = to * 8 + 7};
}

AskedRange::Unit next_unit(ArgReader& args) {
  if (args.accept("bit")) return AskedRange::Unit::bit;
  if (!args.accept("byte")) args.fail_syntax();
  return AskedRange::Unit::byte;
}

Reply bitcount(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const Entry* entry = args.failed() ? nullptr : ctx.find_to_read(key);
  if (entry == nullptr) return args.failed() ? args.error() : Reply::integer(0);
  if (entry->type() != ValueType::string) return error_reply(Errc::wrong_type);
  IntegerText scratch;
  const Bytes text = entry->text(scratch);
  if (args.empty()) return Reply::integer(static_cast<int64_t>(storage::count_ones(text)));

  AskedRange asked;
  if (args.remaining() < 2 || args.remaining() > 3) args.fail_syntax();
  asked.start = args.next_integer();
  asked.end = args.next_integer();
  // Whatever the unit, which is not even looked at.
  if (!args.failed() && asked.backwards()) return Reply::integer(0);
  if (!args.empty()) asked.unit = next_unit(args);
  if (args.failed()) return args.error();
  const auto range = asked.within(text.size());
  return Reply::integer(range ? static_cast<int64_t>(storage::count_ones(text, *range)) : 0);
}

constexpr Command kBitcount{
    .name = "bitcount",
    .summary = "Counts the bits that are set in a string or in part of it.",
    .since = "2.6.0",
    .complexity = "O(N) in the bytes counted",
    .group = Group::bitmap,
    .arity = at_least(2),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key [range:(start:integer [end-unit-block:(end:integer [unit:{BYTE|BIT}])])]",
    .run = bitcount,
};

// The end is read last: a unit that is none is refused before an end that is none.
AskedRange read_range_to_search(ArgReader& args) {
  AskedRange asked;
  if (args.remaining() > 3) args.fail_syntax();
  if (!args.empty()) asked.start = args.next_integer();
  const Bytes end = args.empty() ? Bytes("-1") : args.next();
  if (!args.empty()) asked.unit = next_unit(args);
  ArgReader last({&end, 1}, 0);
  asked.end = last.next_integer();
  if (last.failed()) args.fail("ERR value is not an integer or out of range");
  return asked;
}

Reply bitpos(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const int64_t wanted = args.next_integer();
  if (wanted != 0 && wanted != 1) args.fail("ERR The bit argument must be 1 or 0.");
  const bool bit = wanted == 1;
  const Entry* entry = args.failed() ? nullptr : ctx.find_to_read(key);
  if (entry == nullptr) return args.failed() ? args.error() : Reply::integer(bit ? -1 : 0);
  if (entry->type() != ValueType::string) return error_reply(Errc::wrong_type);

  const bool ends_open = args.remaining() < 2;
  const AskedRange asked = read_range_to_search(args);
  if (args.failed()) return args.error();
  IntegerText scratch;
  const Bytes text = entry->text(scratch);
  const auto range = asked.within(text.size());
  if (!range) return Reply::integer(-1);
  const auto found = storage::find_bit(text, bit, *range);
  if (found) return Reply::integer(static_cast<int64_t>(*found));
  // Whoever names no end sees the zeros beyond it.
  return Reply::integer(!bit && ends_open ? static_cast<int64_t>(text.size() * 8) : -1);
}

constexpr Command kBitpos{
    .name = "bitpos",
    .summary = "Finds the first bit of a string that is set or clear.",
    .since = "2.8.7",
    .complexity = "O(N) in the bytes looked at",
    .group = Group::bitmap,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax =
        "key:key bit:integer [range:(start:integer [end-unit-block:(end:integer "
        "[unit:{BYTE|BIT}])])]",
    .run = bitpos,
};

std::optional<BitOperation> next_operation(ArgReader& args) {
  if (args.accept("and")) return BitOperation::conjoin;
  if (args.accept("or")) return BitOperation::disjoin;
  if (args.accept("xor")) return BitOperation::differ;
  if (args.accept("not")) return BitOperation::invert;
  args.fail_syntax();
  return std::nullopt;
}

// Touches the keys and removes those that have expired, so that the texts keep still afterwards.
Result<void> visit_sources(Context& ctx, std::span<const Bytes> keys) {
  for (const Bytes key : keys) {
    const Entry* entry = ctx.find_to_read(key);
    if (entry != nullptr && entry->type() != ValueType::string) return Errc::wrong_type;
  }
  return {};
}

// A key with a string of `length` zeros, to be filled in.
EntryOwner zeros(Bytes key, size_t length) {
  return EntryOwner(Entry::resize_text(Entry::make_string(key, {}).release(), length));
}

Reply bitop(Context& ctx, ArgReader& args) {
  const auto operation = next_operation(args);
  const Bytes destination = args.next();
  const auto keys = args.rest();
  if (args.failed()) return args.error();
  if (operation == BitOperation::invert && keys.size() != 1) {
    return Reply::error("ERR BITOP NOT must be called with a single source key.");
  }

  if (const auto visited = visit_sources(ctx, keys); !visited) return error_reply(visited.error());
  std::vector<IntegerText> scratch(keys.size());
  std::vector<Bytes> texts(keys.size());
  size_t length = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    const Entry* entry = ctx.database(keys[i]).peek(ctx.hashed(keys[i]));
    if (entry != nullptr) texts[i] = entry->text(scratch[i]);
    length = std::max(length, texts[i].size());
  }
  storage::Database& database = ctx.database(destination);
  if (length == 0) {
    database.unlink(ctx.hashed(destination));
    return Reply::integer(0);
  }
  EntryOwner result = zeros(destination, length);
  storage::combine_bits(*operation, texts, result->mutable_text());
  database.put(ctx.hashed(destination), std::move(result));
  return Reply::integer(static_cast<int64_t>(length));
}

constexpr Command kBitop{
    .name = "bitop",
    .summary = "Combines the bits of strings and keeps the result.",
    .since = "2.6.0",
    .complexity = "O(N) in the bytes of all strings",
    .group = Group::bitmap,
    .arity = at_least(4),
    .flags = Flag::write | Flag::deny_oom,
    .event = "set",
    .keys = {key_at(2, Access::overwrite), keys_from(3, Access::read)},
    .syntax = "operation:{AND|OR|XOR|NOT} destkey:key key:key1...",
    .run = bitop,
};

constexpr Command kCommands[] = {kBitcount, kBitop, kBitpos, kGetbit, kSetbit};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> bit_commands() { return kCommands; }

}  // namespace tidemark::server
