// All of a hash: at once, in parts, or what chance picks of it.

#include <algorithm>
#include <cstdint>
#include <utility>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/elements_reply.hpp"
#include "server/commands/families.hpp"
#include "server/commands/pick_count.hpp"
#include "server/commands/scan_cursor.hpp"
#include "server/errors.hpp"
#include "storage/value/hash.hpp"

namespace tidemark::server {

namespace {

using storage::Hash;
using storage::PackedElement;

// A reply of the elements of a hash: of `count` of them where that is known before they are met.
ElementsReply reply_of(const Context& ctx, const Hash* hash, Gathering gathering, size_t count) {
  // Of fields that have expired some may be there still.
  if (hash != nullptr && hash->has_due(ctx.now_ms())) return {ctx.session().resp, gathering};
  return {ctx.session().resp, gathering, count};
}

// Every field of the hash, as add(reply, field, value) puts it into the reply.
template <typename Add>
Reply whole_hash(Context& ctx, ArgReader& args, Gathering gathering, Add&& add) {
  const Bytes key = args.next();
  if (args.failed()) return args.error();

  const auto hash = ctx.find_to_read_as<Hash>(key);
  if (!hash) return error_reply(hash.error());
  const size_t count = *hash == nullptr ? 0 : (*hash)->size();
  ElementsReply reply = reply_of(ctx, *hash, gathering, count);
  if (count > 0) {
    (*hash)->visit(ctx.now_ms(), [&](const PackedElement& field, const PackedElement& value) {
      add(reply, field, value);
      return true;
    });
  }
  return std::move(reply).finish();
}

void add_field(ElementsReply& reply, const PackedElement& field, const PackedElement&) {
  reply.add(field);
}

void add_value(ElementsReply& reply, const PackedElement&, const PackedElement& value) {
  reply.add(value);
}

void add_both(ElementsReply& reply, const PackedElement& field, const PackedElement& value) {
  reply.add(field);
  reply.add(value);
}

Reply hgetall(Context& ctx, ArgReader& args) {
  return whole_hash(ctx, args, Gathering::map, add_both);
}

constexpr Command kHgetall{
    .name = "hgetall",
    .summary = "Returns all fields and values of a hash.",
    .since = "2.0.0",
    .complexity = "O(N) in the fields of the hash",
    .group = Group::hash,
    .arity = exactly(2),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key",
    .tips = {"nondeterministic_output_order"},
    .run = hgetall,
};

Reply hkeys(Context& ctx, ArgReader& args) {
  return whole_hash(ctx, args, Gathering::array, add_field);
}

constexpr Command kHkeys{
    .name = "hkeys",
    .summary = "Returns all fields of a hash.",
    .since = "2.0.0",
    .complexity = "O(N) in the fields of the hash",
    .group = Group::hash,
    .arity = exactly(2),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key",
    .tips = {"nondeterministic_output_order"},
    .run = hkeys,
};

// How fields stand in the reply of HRANDFIELD. With values, RESP3 has pairs where RESP2 has one
// flat array.
enum class FieldLayout : uint8_t { names, flat, pairs };

// Puts a field into the reply as the layout says.
void add_picked(ElementsReply& reply, FieldLayout layout, const PackedElement& field,
                const PackedElement& value) {
  switch (layout) {
    case FieldLayout::names:
      return reply.add(field);
    case FieldLayout::flat:
      return add_both(reply, field, value);
    case FieldLayout::pairs:
      protocol::write_array_header(reply.out(), 2);
      write_element(reply.out(), field);
      write_element(reply.out(), value);
      return reply.count_one();
  }
}

size_t elements_of(FieldLayout layout, size_t fields) {
  return layout == FieldLayout::flat ? 2 * fields : fields;
}

// So many different fields, or all.
Reply sample(const Context& ctx, const Hash& hash, size_t count, FieldLayout layout,
             uint64_t seed) {
  count = std::min(count, hash.size());
  ElementsReply picked = reply_of(ctx, &hash, Gathering::array, elements_of(layout, count));
  hash.sample(count, ctx.now_ms(), seed,
              [&](const PackedElement& field, const PackedElement& value) {
                add_picked(picked, layout, field, value);
              });
  return std::move(picked).finish();
}

// So many fields, whichever and however often chance has it.
Reply draw(const Context& ctx, const Hash& hash, size_t count, FieldLayout layout, uint64_t seed) {
  ElementsReply picked = reply_of(ctx, &hash, Gathering::array, elements_of(layout, count));
  hash.draw(count, ctx.now_ms(), seed, [&](const PackedElement& field, const PackedElement& value) {
    add_picked(picked, layout, field, value);
    return picks_fit(ctx, picked.bytes());
  });
  return picks_reply(ctx, std::move(picked));
}

Reply hrandfield(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const PickArgs picks = read_picks(args, "withvalues");
  if (args.failed()) return args.error();

  const auto hash = ctx.find_to_read_as<Hash>(key);
  if (!hash) return error_reply(hash.error());
  if (*hash == nullptr) return picks.counted ? Reply::empty_array() : Reply::null();
  const uint64_t seed = ctx.keyspace(key).next_random();
  if (!picks.counted) {
    Reply single = Reply::null();
    (*hash)->draw(1, ctx.now_ms(), seed,
                  [&single](const PackedElement& field, const PackedElement&) {
                    single = element_reply(field);
                    return true;
                  });
    return single;
  }
  const bool flat = ctx.session().resp == protocol::RespVersion::v2;
  FieldLayout layout = FieldLayout::names;
  if (picks.in_pairs) layout = flat ? FieldLayout::flat : FieldLayout::pairs;
  return picks.count < 0 ? draw(ctx, **hash, static_cast<size_t>(-picks.count), layout, seed)
                         : sample(ctx, **hash, static_cast<size_t>(picks.count), layout, seed);
}

constexpr Command kHrandfield{
    .name = "hrandfield",
    .summary = "Returns fields of a hash, picked at random.",
    .since = "6.2.0",
    .complexity = "O(N) in the count",
    .group = Group::hash,
    .arity = at_least(2),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key [options:(count:integer [WITHVALUES])]",
    .tips = {"nondeterministic_output"},
    .run = hrandfield,
};

Reply hscan(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  ScanArgs read{.cursor = read_scan_cursor(args)};
  if (args.failed()) return args.error();
  const auto hash = ctx.find_to_read_as<Hash>(key);
  if (!hash) return error_reply(hash.error());
  ElementsReply found(ctx.session().resp, Gathering::array);
  if (*hash == nullptr) return part_scan_reply(0, std::move(found));
  read_scan_options(args, ScanWords::with_novalues, read);
  if (args.failed()) return args.error();

  const uint64_t next = (*hash)->scan(bound_of(read.cursor), read.count, ctx.now_ms(),
                                      [&](const PackedElement& field, const PackedElement& value) {
                                        IntegerText scratch;
                                        if (!read.matches(field.text(scratch))) return;
                                        found.add(field);
                                        if (!read.without_values) found.add(value);
                                      });
  return part_scan_reply(next, std::move(found));
}

constexpr Command kHscan{
    .name = "hscan",
    .summary = "Iterates over the fields and values of a hash.",
    .since = "2.8.0",
    .complexity = "O(1) for a call, O(N) for all of the hash",
    .group = Group::hash,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [NOVALUES]",
    .tips = {"nondeterministic_output"},
    .run = hscan,
};

Reply hvals(Context& ctx, ArgReader& args) {
  return whole_hash(ctx, args, Gathering::array, add_value);
}

constexpr Command kHvals{
    .name = "hvals",
    .summary = "Returns all values of a hash.",
    .since = "2.0.0",
    .complexity = "O(N) in the fields of the hash",
    .group = Group::hash,
    .arity = exactly(2),
    .flags = Flag::readonly,
    .keys = {key_at(1, Access::read)},
    .syntax = "key:key",
    .tips = {"nondeterministic_output_order"},
    .run = hvals,
};

constexpr Command kCommands[] = {kHgetall, kHkeys, kHrandfield, kHscan, kHvals};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> hash_whole_commands() { return kCommands; }

}  // namespace tidemark::server
