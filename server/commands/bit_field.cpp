// Strings as arrays of integers of any width.

#include <algorithm>
#include <optional>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/key_finder.hpp"
#include "server/commands/bit_offset.hpp"
#include "server/commands/families.hpp"
#include "server/errors.hpp"
#include "storage/base/number.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/keyspace/string_edit.hpp"
#include "storage/value/bits.hpp"

namespace tidemark::server {

namespace {

using storage::Entry;
using storage::FieldOverflow;
using storage::FieldType;
using storage::IfAbsent;
using storage::String;
using storage::ValueType;

struct FieldOperation {
  enum class Kind : uint8_t { get, set, increment };
  Kind kind = Kind::get;
  FieldType type;
  uint64_t offset = 0;
  int64_t value = 0;  // or increment
  FieldOverflow overflow = FieldOverflow::wrap;

  bool writes() const { return kind != Kind::get; }
  // The bytes that a string has to have for it.
  size_t bytes_needed() const { return (offset + type.width + 7) / 8; }
};

FieldType next_field_type(ArgReader& args) {
  const auto type = storage::parse_field_type(args.next());
  if (!type) {
    args.fail(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but "
        "i64 is.");
  }
  return type.value_or(FieldType{.is_signed = false, .width = 1});
}

// A number of bits, or with '#' before it a number of fields of this type.
uint64_t next_field_offset(const Context& ctx, ArgReader& args, FieldType type) {
  Bytes text = args.next();
  const bool counts_fields = text.starts_with('#');
  if (counts_fields) text.remove_prefix(1);
  const auto number = parse_int64(text);
  const uint64_t unit = counts_fields ? type.width : 1;
  if (!number || *number < 0 || static_cast<uint64_t>(*number) > (bit_offset_end(ctx) - 1) / unit) {
    args.fail(kBadBitOffset);
    return 0;
  }
  return static_cast<uint64_t>(*number) * unit;
}

FieldOverflow next_overflow(ArgReader& args) {
  if (args.accept("wrap")) return FieldOverflow::wrap;
  if (args.accept("sat")) return FieldOverflow::saturate;
  if (!args.accept("fail")) args.fail("ERR Invalid OVERFLOW type specified");
  return FieldOverflow::fail;
}

FieldOperation next_operation(const Context& ctx, ArgReader& args, FieldOverflow overflow) {
  using Kind = FieldOperation::Kind;
  FieldOperation operation{.overflow = overflow};
  if (args.accept_with("get", 2)) {
    operation.kind = Kind::get;
  } else if (args.accept_with("set", 3)) {
    operation.kind = Kind::set;
  } else if (args.accept_with("incrby", 3)) {
    operation.kind = Kind::increment;
  } else {
    args.fail_syntax();
  }
  operation.type = next_field_type(args);
  operation.offset = next_field_offset(ctx, args, operation.type);
  if (operation.writes()) {
    operation.value = args.next_integer();
    // A field may begin within the longest string and end beyond it.
    if (operation.offset + operation.type.width > bit_offset_end(ctx)) args.fail(kBadBitOffset);
  }
  return operation;
}

std::vector<FieldOperation> read_operations(const Context& ctx, ArgReader& args) {
  std::vector<FieldOperation> operations;
  auto overflow = FieldOverflow::wrap;
  while (!args.empty() && !args.failed()) {
    if (args.accept_with("overflow", 1)) {
      overflow = next_overflow(args);
    } else {
      operations.push_back(next_operation(ctx, args, overflow));
    }
  }
  return operations;
}

Reply read_fields(Context& ctx, Bytes key, const std::vector<FieldOperation>& operations) {
  const Entry* entry = ctx.find_to_read(key);
  if (entry != nullptr && entry->type() != ValueType::string) return error_reply(Errc::wrong_type);
  IntegerText scratch;
  const Bytes text = entry != nullptr ? entry->text(scratch) : Bytes();
  std::vector<Reply> values;
  values.reserve(operations.size());
  for (const FieldOperation& operation : operations) {
    values.push_back(Reply::integer(storage::field_at(text, operation.offset, operation.type)));
  }
  return Reply::array(std::move(values));
}

enum class Changed : uint8_t { no, yes };

// Does one operation to a string that is long enough. An increment counts as a change, also by 0.
Reply apply(const FieldOperation& operation, char* text, size_t length, Changed& changed) {
  using Kind = FieldOperation::Kind;
  const int64_t before = storage::field_at({text, length}, operation.offset, operation.type);
  if (operation.kind == Kind::get) return Reply::integer(before);
  const bool sets = operation.kind == Kind::set;
  const auto after =
      sets ? storage::fit_field(operation.type, operation.value, operation.overflow)
           : storage::add_to_field(operation.type, before, operation.value, operation.overflow);
  if (!after) return Reply::null();
  storage::set_field(text, operation.offset, operation.type, *after);
  if (!sets || *after != before) changed = Changed::yes;
  return Reply::integer(sets ? before : *after);
}

Reply change_fields(Context& ctx, Bytes key, const std::vector<FieldOperation>& operations) {
  auto string = ctx.database(key).edit<String>(ctx.hashed(key), IfAbsent::create);
  if (!string) return error_reply(string.error());
  // Also for what then fails to fit.
  const size_t length_before = (*string)->length();
  size_t length = length_before;
  for (const FieldOperation& operation : operations) {
    if (operation.writes()) length = std::max(length, operation.bytes_needed());
  }
  Changed changed = length > length_before ? Changed::yes : Changed::no;
  char* const text = (*string)->resize(length);
  std::vector<Reply> values;
  values.reserve(operations.size());
  for (const FieldOperation& operation : operations) {
    values.push_back(apply(operation, text, length, changed));
  }
  if (changed == Changed::no) (*string)->nothing_changed();
  return Reply::array(std::move(values));
}

bool writes_any(const std::vector<FieldOperation>& operations) {
  return std::any_of(operations.begin(), operations.end(),
                     [](const FieldOperation& operation) { return operation.writes(); });
}

Reply bitfield(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto operations = read_operations(ctx, args);
  if (args.failed()) return args.error();
  return writes_any(operations) ? change_fields(ctx, key, operations)
                                : read_fields(ctx, key, operations);
}

// It only reads where there is nothing but GET.
bool keys_of_bitfield(std::span<const Bytes> args, FoundKeys& found) {
  ArgReader words(args, 2);
  bool reads_only = true;
  while (reads_only && !words.empty()) {
    if (words.accept_with("get", 2)) {
      words.take(2);
    } else if (words.accept_with("overflow", 1)) {
      words.next();
    } else {
      reads_only = false;
    }
  }
  found.add(1, reads_only ? Access::read : Access::access_update);
  return true;
}

constexpr Command kBitfield{
    .name = "bitfield",
    .summary = "Reads, sets and increments integers of any width within a string.",
    .since = "3.2.0",
    .complexity = "O(1) for each operation",
    .group = Group::bitmap,
    .arity = at_least(2),
    .flags = Flag::write | Flag::deny_oom,
    .event = "setbit",
    .keys = {{.start = StartAt{1},
              .access = Access::access_update,
              .extra = KeyExtra::variable_flags}},
    .find_keys = keys_of_bitfield,
    .syntax =
        "key:key [operation:{GET get-block:(encoding offset:integer)|write:([OVERFLOW "
        "overflow-block:{WRAP|SAT|FAIL}] write-operation:{SET set-block:(encoding offset:integer "
        "value:integer)|INCRBY incrby-block:(encoding offset:integer increment:integer)})}...]",
    .run = bitfield,
};

Reply bitfield_ro(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto operations = read_operations(ctx, args);
  if (!args.failed() && writes_any(operations)) {
    args.fail("ERR BITFIELD_RO only supports the GET subcommand");
  }
  if (args.failed()) return args.error();
  return read_fields(ctx, key, operations);
}

constexpr Command kBitfieldRo{
    .name = "bitfield_ro",
    .summary = "Reads integers of any width within a string.",
    .since = "6.0.0",
    .complexity = "O(1) for each operation",
    .group = Group::bitmap,
    .arity = at_least(2),
    .flags = Flag::readonly | Flag::fast,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key [GET get-block:(encoding offset:integer)]...",
    .run = bitfield_ro,
};

constexpr Command kCommands[] = {kBitfield, kBitfieldRo};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> bit_field_commands() { return kCommands; }

}  // namespace tidemark::server
