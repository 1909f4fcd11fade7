// HyperLogLogs: strings that estimate how many different elements they were given.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "protocol/encode.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/key_finder.hpp"
#include "server/commands/families.hpp"
#include "server/errors.hpp"
#include "server/server.hpp"
#include "storage/base/letter_case.hpp"
#include "storage/base/number.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/keyspace/string_edit.hpp"
#include "storage/value/hyperloglog.hpp"

namespace tidemark::server {

namespace {

namespace hll = storage::hyperloglog;
using storage::Edit;
using storage::Entry;
using storage::IfAbsent;
using storage::Origin;
using storage::String;
using storage::ValueType;

Reply not_a_hyperloglog() {
  return Reply::error("WRONGTYPE Key is not a valid HyperLogLog string value.");
}

Reply corrupt_hyperloglog() { return Reply::error("INVALIDOBJ Corrupted HLL object detected"); }

size_t sparse_bytes_max(const Context& ctx) {
  return static_cast<size_t>(ctx.settings().hll_sparse_max_bytes);
}

// A HyperLogLog in a key.
class KeyText : public hll::Text {
 public:
  explicit KeyText(String& string) : string_(string) {
    if (string.origin() == Origin::created) {
      const Bytes empty = hll::empty();
      std::memcpy(string.resize(empty.size()), empty.data(), empty.size());
    } else {
      // What is changed in place is kept as bytes from now on.
      string.resize(string.length());
    }
  }
  Bytes bytes() const override { return string_.text(scratch_); }
  char* resize(size_t length) override {
    // A dense one does not grow any more, and so has no room to do so.
    if (length == hll::kDenseBytes && string_.length() < length) {
      std::string whole(bytes());
      whole.resize(length);
      string_.assign(whole);
    }
    return string_.resize(length);
  }

 private:
  String& string_;
  mutable IntegerText scratch_;
};

// Whether there is something at a key, and it is a HyperLogLog as far as its header says.
enum class Kind : uint8_t { absent, other_type, other_string, hyperloglog };

struct Found {
  Kind kind = Kind::absent;
  Bytes text;  // of a HyperLogLog
};

// REQUIRES: what is found is used before the next key is looked for.
Found find(Context& ctx, Bytes key) {
  const Entry* entry = ctx.find_to_read(key);
  if (entry == nullptr) return {};
  if (entry->type() != ValueType::string) return {.kind = Kind::other_type};
  // No integer's text is one.
  IntegerText scratch;
  const Bytes text = entry->text(scratch);
  if (entry->is_integer() || !hll::encoding_of(text)) return {.kind = Kind::other_string};
  return {.kind = Kind::hyperloglog, .text = text};
}

// Why what was found is no HyperLogLog.
Reply refuse(Kind kind) {
  return kind == Kind::other_type ? error_reply(Errc::wrong_type) : not_a_hyperloglog();
}

bool is_refused(Kind kind) { return kind == Kind::other_type || kind == Kind::other_string; }

bool is_hyperloglog(const String& string) {
  IntegerText scratch;
  return string.origin() == Origin::created || hll::encoding_of(string.text(scratch)).has_value();
}

Reply pfadd(Context& ctx, ArgReader& args) {
  const Bytes key = args.next();
  const auto elements = args.rest();
  if (args.failed()) return args.error();

  auto string = ctx.database(key).edit<String>(ctx.hashed(key), IfAbsent::create);
  if (!string) return error_reply(string.error());
  if (!is_hyperloglog(**string)) return not_a_hyperloglog();
  const bool created = (*string)->origin() == Origin::created;
  KeyText text(**string);
  if (created) hll::forget_estimate(text.resize(text.bytes().size()));
  const auto changed = hll::add(text, elements, sparse_bytes_max(ctx));
  if (!changed) return corrupt_hyperloglog();
  if (created || *changed == hll::Changed::yes) return Reply::integer(1);
  (*string)->nothing_changed();
  return Reply::integer(0);
}

constexpr Command kPfadd{
    .name = "pfadd",
    .summary = "Adds elements to a HyperLogLog, creating it when the key is absent.",
    .since = "2.8.9",
    .complexity = "O(1) for each element",
    .group = Group::hyperloglog,
    .arity = at_least(2),
    .flags = Flag::write | Flag::deny_oom | Flag::fast,
    .event = "pfadd",
    .keys = {key_at(1, Access::insert)},
    .syntax = "key:key [element...]",
    .run = pfadd,
};

// One key: what was estimated is kept until the next change.
Reply count_one(Context& ctx, Bytes key) {
  const Found found = find(ctx, key);
  if (found.kind == Kind::absent) return Reply::integer(0);
  if (is_refused(found.kind)) return refuse(found.kind);
  if (const auto cached = hll::cached_estimate(found.text)) {
    return Reply::integer(static_cast<int64_t>(*cached));
  }
  const auto estimate = hll::estimate(found.text);
  if (!estimate) return corrupt_hyperloglog();
  auto string = ctx.database(key).edit<String>(ctx.hashed(key), IfAbsent::leave);
  if (string && *string) {
    hll::cache_estimate((*string)->resize((*string)->length()), *estimate);
  }
  return Reply::integer(static_cast<int64_t>(*estimate));
}

Reply pfcount(Context& ctx, ArgReader& args) {
  const auto keys = args.rest();
  if (args.failed()) return args.error();
  if (keys.size() == 1) return count_one(ctx, keys.front());

  hll::Registers registers{};
  for (const Bytes key : keys) {
    const Found found = find(ctx, key);
    if (found.kind == Kind::absent) continue;
    if (is_refused(found.kind)) return refuse(found.kind);
    if (!hll::raise_to(found.text, registers)) return corrupt_hyperloglog();
  }
  return Reply::integer(static_cast<int64_t>(hll::estimate(registers)));
}

constexpr Command kPfcount{
    .name = "pfcount",
    .summary = "Estimates how many different elements HyperLogLogs were given, all together.",
    .since = "2.8.9",
    .complexity = "O(1) for one key, O(N) for several, with a large constant",
    .group = Group::hyperloglog,
    .arity = at_least(2),
    .flags = Flag::readonly | Flag::may_replicate,
    .keys = {keys_from(1, Access::access_write)},
    .syntax = "key:key...",
    .run = pfcount,
};

Reply pfmerge(Context& ctx, ArgReader& args) {
  const auto keys = args.rest();
  if (args.failed()) return args.error();

  hll::Registers registers{};
  bool any_is_dense = false;
  for (const Bytes key : keys) {
    const Found found = find(ctx, key);
    if (found.kind == Kind::absent) continue;
    if (is_refused(found.kind)) return refuse(found.kind);
    if (!hll::raise_to(found.text, registers)) return corrupt_hyperloglog();
    any_is_dense = any_is_dense || hll::encoding_of(found.text) == hll::Encoding::dense;
  }
  const Bytes destination = keys.front();
  auto string = ctx.database(destination).edit<String>(ctx.hashed(destination), IfAbsent::create);
  if (!string) return error_reply(string.error());
  KeyText text(**string);
  if (any_is_dense && !hll::make_dense(text)) return corrupt_hyperloglog();
  if (!hll::raise(text, registers, sparse_bytes_max(ctx))) return corrupt_hyperloglog();
  hll::forget_estimate(text.resize(text.bytes().size()));
  return Reply::ok();
}

// The sources, of which there need not be any, would be no keys by their specification then.
bool keys_of_pfmerge(std::span<const Bytes> args, FoundKeys& found) {
  found.add(1, Access::access_insert);
  for (size_t i = 2; i < args.size(); ++i) found.add(i, Access::read);
  return true;
}

constexpr Command kPfmerge{
    .name = "pfmerge",
    .summary = "Merges HyperLogLogs into the first one, creating it when the key is absent.",
    .since = "2.8.9",
    .complexity = "O(N) in the keys given, with a large constant",
    .group = Group::hyperloglog,
    .arity = at_least(2),
    .flags = Flag::write | Flag::deny_oom,
    .event = "pfadd",
    .keys = {key_at(1, Access::access_insert), keys_from(2, Access::read)},
    .find_keys = keys_of_pfmerge,
    .syntax = "destkey:key [sourcekey:key1...]",
    .run = pfmerge,
};

// Makes what is being looked into dense; says whether it was sparse.
Result<hll::Changed> make_dense(Edit<String>& string) {
  KeyText text(*string);
  const auto changed = hll::make_dense(text);
  if (changed && *changed == hll::Changed::no) string->nothing_changed();
  return changed;
}

Reply debug_registers(Edit<String>& string) {
  if (!make_dense(string)) return corrupt_hyperloglog();
  hll::Registers registers{};
  IntegerText scratch;
  if (!hll::raise_to(string->text(scratch), registers)) return corrupt_hyperloglog();
  protocol::Output out;
  protocol::write_array_header(out, registers.size());
  for (const uint8_t value : registers) protocol::write_integer(out, value);
  return Reply::encoded(std::move(out));
}

Reply pfdebug(Context& ctx, ArgReader& args) {
  const Bytes subcommand = args.next();
  const Bytes key = args.next();
  if (args.failed()) return args.error();

  auto string = ctx.database(key).edit<String>(ctx.hashed(key), IfAbsent::leave);
  if (!string) return error_reply(string.error());
  if (!*string) return Reply::error("ERR The specified key does not exist");
  IntegerText scratch;
  const Bytes text = (*string)->text(scratch);
  const auto encoding = hll::encoding_of(text);
  if (!encoding) return not_a_hyperloglog();

  if (equals_nocase(subcommand, "getreg")) return debug_registers(*string);
  if (equals_nocase(subcommand, "decode")) {
    if (*encoding == hll::Encoding::sparse) return Reply::bulk_copy(hll::describe_runs(text));
    return Reply::error("ERR HLL encoding is not sparse");
  }
  if (equals_nocase(subcommand, "encoding")) {
    return Reply::simple(*encoding == hll::Encoding::dense ? "dense" : "sparse");
  }
  if (equals_nocase(subcommand, "todense")) {
    const auto changed = make_dense(*string);
    if (!changed) return corrupt_hyperloglog();
    return Reply::integer(*changed == hll::Changed::yes ? 1 : 0);
  }
  return Reply::error("ERR Unknown PFDEBUG subcommand '" + std::string(subcommand) + "'");
}

constexpr Command kPfdebug{
    .name = "pfdebug",
    .summary = "Looks into a HyperLogLog: GETREG, DECODE, ENCODING, TODENSE.",
    .since = "2.8.9",
    .complexity = "N/A",
    .group = Group::hyperloglog,
    .arity = exactly(3),
    .flags = Flag::write | Flag::deny_oom | Flag::admin | Flag::system,
    .keys = {key_at(2, Access::access_write)},
    .syntax = "subcommand key:key",
    .run = pfdebug,
};

// A sparse, a dense and an unpacked one are given the same elements: they must agree, and be about
// right. Small enough to be over within a millisecond or two.
bool agrees_with_itself() {
  constexpr int64_t kElements = 20000;
  constexpr size_t kNoLimit = size_t{1} << 20;
  // Six times the standard error of 0.81 %.
  constexpr double kErrorMax = 0.05;
  hll::OwnedText sparse;
  hll::OwnedText dense;
  hll::Registers registers{};
  if (!hll::make_dense(dense)) return false;
  for (int64_t i = 0; i < kElements; ++i) {
    const std::string digits = to_text(i);
    const Bytes element = digits;
    const hll::Register raised = hll::register_of(element);
    registers[raised.index] = std::max(registers[raised.index], raised.value);
    if (!hll::add(dense, {&element, 1}, 0)) return false;
    if (i < 1000 && !hll::add(sparse, {&element, 1}, kNoLimit)) return false;
    if (i == 999 && *hll::estimate(sparse.bytes()) != *hll::estimate(dense.bytes())) return false;
  }
  const auto estimate = static_cast<double>(*hll::estimate(dense.bytes()));
  return hll::estimate(registers) == static_cast<uint64_t>(estimate) &&
         std::abs(estimate - kElements) < kErrorMax * kElements;
}

Reply pfselftest(Context&, ArgReader&) {
  return agrees_with_itself() ? Reply::ok() : Reply::error("ERR TESTFAILED HyperLogLogs disagree");
}

constexpr Command kPfselftest{
    .name = "pfselftest",
    .summary = "Tests HyperLogLogs.",
    .since = "2.8.9",
    .complexity = "N/A",
    .group = Group::hyperloglog,
    .arity = exactly(1),
    .flags = Flag::admin | Flag::system,
    .run = pfselftest,
};

constexpr Command kCommands[] = {kPfadd, kPfcount, kPfdebug, kPfmerge, kPfselftest};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> hyperloglog_commands() { return kCommands; }

}  // namespace tidemark::server
