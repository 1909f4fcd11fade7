// LCS: what two strings have in common.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/server.hpp"
#include "storage/value/string.hpp"

namespace tidemark::server {

namespace {

using storage::CommonRun;
using storage::CommonSubsequence;
using storage::Entry;
using storage::LcsWant;
using storage::ValueType;

enum class RunLengths : uint8_t { hidden, shown };

struct LcsOptions {
  LcsWant want = LcsWant::text;
  size_t run_length_min = 0;
  RunLengths lengths = RunLengths::hidden;
};

LcsOptions read_options(ArgReader& args) {
  LcsOptions options;
  bool length = false;
  bool runs = false;
  while (!args.empty() && !args.failed()) {
    if (args.accept("idx")) {
      runs = true;
    } else if (args.accept("len")) {
      length = true;
    } else if (args.accept("withmatchlen")) {
      options.lengths = RunLengths::shown;
    } else if (args.accept_with("minmatchlen", 1)) {
      const int64_t least = args.next_integer();
      options.run_length_min = least > 0 ? static_cast<size_t>(least) : 0;
    } else {
      args.fail_syntax();
    }
  }
  if (length && runs) {
    args.fail("ERR If you want both the length and indexes, please just use IDX.");
  }
  if (length) options.want = LcsWant::length;
  if (runs) options.want = LcsWant::runs;
  return options;
}

Reply range(size_t start, size_t end) {
  std::vector<Reply> ends;
  ends.push_back(Reply::integer(static_cast<int64_t>(start)));
  ends.push_back(Reply::integer(static_cast<int64_t>(end)));
  return Reply::array(std::move(ends));
}

Reply runs_reply(const CommonSubsequence& common, RunLengths lengths) {
  std::vector<Reply> matches;
  for (const CommonRun& run : common.runs) {
    std::vector<Reply> match;
    match.push_back(range(run.a_start, run.a_end));
    match.push_back(range(run.b_start, run.b_end));
    if (lengths == RunLengths::shown) {
      match.push_back(Reply::integer(static_cast<int64_t>(run.length())));
    }
    matches.push_back(Reply::array(std::move(match)));
  }
  std::vector<Reply> fields;
  fields.push_back(Reply::bulk("matches"));
  fields.push_back(Reply::array(std::move(matches)));
  fields.push_back(Reply::bulk("len"));
  fields.push_back(Reply::integer(static_cast<int64_t>(common.length)));
  return Reply::map(std::move(fields));
}

bool is_string(const Entry* entry) {
  return entry == nullptr || entry->type() == ValueType::string;
}

// Whether the comparison needs more than a string may be long: the time it takes grows with that,
// so it counts also where only the length is wanted, which takes little memory.
bool too_much(Bytes a, Bytes b, size_t bytes_max) {
  const size_t cells_max = bytes_max / sizeof(uint32_t);
  return b.size() >= cells_max || a.size() >= cells_max / (b.size() + 1);
}

Reply lcs(Context& ctx, ArgReader& args) {
  const Bytes first = args.next();
  const Bytes second = args.next();
  if (args.failed()) return args.error();
  // Redis looks at the keys before the options.
  if (!is_string(ctx.find_to_read(first)) || !is_string(ctx.find_to_read(second))) {
    return Reply::error("ERR The specified keys must contain string values");
  }
  const LcsOptions options = read_options(args);
  if (args.failed()) return args.error();

  // Looked up again, without any change: either lookup above may have moved what the other found.
  const Entry* entry_a = ctx.database(first).peek(ctx.hashed(first));
  const Entry* entry_b = ctx.database(second).peek(ctx.hashed(second));
  IntegerText scratch_a;
  IntegerText scratch_b;
  const Bytes a = entry_a != nullptr ? entry_a->text(scratch_a) : Bytes();
  const Bytes b = entry_b != nullptr ? entry_b->text(scratch_b) : Bytes();
  const auto bytes_max = static_cast<size_t>(ctx.settings().proto_max_bulk_len);
  auto common = too_much(a, b, bytes_max)
                    ? Result<CommonSubsequence>(Errc::out_of_memory)
                    : storage::lcs(a, b, options.want, options.run_length_min, bytes_max);
  if (!common) {
    return Reply::error(
        "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
  }

  switch (options.want) {
    case LcsWant::length:
      return Reply::integer(static_cast<int64_t>(common->length));
    case LcsWant::runs:
      return runs_reply(*common, options.lengths);
    case LcsWant::text:
      break;
  }
  return Reply::bulk_copy(std::move(common->text));
}

constexpr Command kLcs{
    .name = "lcs",
    .summary = "Finds the longest common subsequence of two strings.",
    .since = "7.0.0",
    .complexity = "O(N*M) in the lengths",
    .group = Group::string,
    .arity = at_least(3),
    .flags = Flag::readonly,
    .keys = {two_keys_at(1, Access::read)},
    .syntax = "key1:key key2:key [LEN] [IDX] [MINMATCHLEN min-match-len:integer] [WITHMATCHLEN]",
    .run = lcs,
};

constexpr Command kCommands[] = {kLcs};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> lcs_commands() { return kCommands; }

}  // namespace tidemark::server
