// XREAD and XREADGROUP.

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/key_finder.hpp"
#include "server/commands/families.hpp"
#include "server/commands/stream_args.hpp"
#include "server/commands/stream_reply.hpp"
#include "server/errors.hpp"
#include "storage/base/letter_case.hpp"
#include "storage/base/number.hpp"
#include "storage/keyspace/edit.hpp"

namespace tidemark::server {

namespace {

using protocol::RespVersion;
using storage::IfAbsent;
using storage::StreamConsumer;
using storage::StreamCursor;
using storage::StreamGroup;
using storage::StreamId;

enum class Reader : uint8_t { anybody, group };

// What a call says before its streams.
struct ReadOptions {
  Reader reader = Reader::anybody;
  Bytes group;
  Bytes consumer;
  bool no_ack = false;
  size_t count = std::numeric_limits<size_t>::max();
  std::optional<int64_t> block_ms;
  std::span<const Bytes> keys;
  std::span<const Bytes> ids;
};

// What is wanted of one stream.
struct Wanted {
  Bytes key;
  bool fresh = false;  // what the group has not read yet; else what comes behind an id
  StreamId after;
};

// "STREAMS" is behind: as many ids follow as keys.
void read_streams(ArgReader& args, ReadOptions& options) {
  const auto rest = args.rest();
  if (rest.size() % 2 != 0) {
    args.fail(
        "ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be "
        "specified.");
    return;
  }
  options.keys = rest.first(rest.size() / 2);
  options.ids = rest.subspan(rest.size() / 2);
}

int64_t read_block_ms(ArgReader& args) {
  constexpr int64_t kLow = std::numeric_limits<int64_t>::min();
  constexpr int64_t kHigh = std::numeric_limits<int64_t>::max();
  const int64_t block_ms =
      args.next_integer(kLow, kHigh, "ERR timeout is not an integer or out of range");
  if (block_ms < 0) args.fail("ERR timeout is negative");
  return block_ms;
}

// For those words that only XREADGROUP has.
void require_group(ArgReader& args, Reader reader, Bytes error) {
  if (reader != Reader::group) args.fail(error);
}

ReadOptions read_options(ArgReader& args, Reader reader) {
  ReadOptions options{.reader = reader};
  bool named = false;
  while (!args.failed() && options.keys.empty()) {
    if (args.accept_with("streams", 1)) {
      read_streams(args, options);
    } else if (args.accept_with("block", 1)) {
      options.block_ms = read_block_ms(args);
    } else if (args.accept_with("count", 1)) {
      const int64_t count = args.next_integer();
      options.count = count > 0 ? static_cast<size_t>(count) : std::numeric_limits<size_t>::max();
    } else if (args.accept_with("group", 2)) {
      require_group(args, reader,
                    "ERR The GROUP option is only supported by XREADGROUP. You called XREAD "
                    "instead.");
      options.group = args.next();
      options.consumer = args.next();
      named = true;
    } else if (args.accept("noack")) {
      require_group(args, reader,
                    "ERR The NOACK option is only supported by XREADGROUP. You called XREAD "
                    "instead.");
      options.no_ack = true;
    } else {
      args.fail_syntax();
    }
  }
  if (reader == Reader::group && !named) args.fail("ERR Missing GROUP option for XREADGROUP");
  return options;
}

Reply no_group_to_read(Bytes key, Bytes group) {
  return Reply::error("NOGROUP No such key '" + std::string(key) + "' or consumer group '" +
                      std::string(group) + "' in XREADGROUP with GROUP option");
}

// What XREAD wants: "$" is what comes from now on, "+" the last entry there is.
Wanted wanted_by_anybody(ArgReader& args, Bytes key, Bytes id, const storage::Stream* stream) {
  Wanted wanted{.key = key};
  if (id == "$" || id == "+") {
    if (stream == nullptr) return wanted;
    wanted.after = stream->last_id();
    if (id == "+" && stream->length() > 0) wanted.after = *stream->last().id().previous();
  } else if (id == ">") {
    args.fail(
        "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
        "<consumer> option.");
  } else {
    const auto after = storage::parse_stream_id(id, 0);
    if (!after) args.fail(kInvalidStreamId);
    wanted.after = after.value_or(StreamId());
  }
  return wanted;
}

Wanted wanted_by_group(ArgReader& args, Bytes key, Bytes id) {
  Wanted wanted{.key = key};
  if (id == "$") {
    args.fail(
        "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of "
        "this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID "
        "would just return an empty result set.");
    return wanted;
  }
  const auto after = id == ">" ? StreamId::max() : storage::parse_stream_id(id, 0);
  if (!after) args.fail(kInvalidStreamId);
  wanted.after = after.value_or(StreamId());
  // To Redis the greatest id and ">" are the same.
  wanted.fresh = wanted.after == StreamId::max();
  return wanted;
}

// Looks at every stream before anything is read of the first. Fails `args`, or sets `error` to what
// has no constant text.
std::vector<Wanted> find_wanted(const Context& ctx, ArgReader& args, const ReadOptions& options,
                                Reply& error) {
  std::vector<Wanted> all;
  for (size_t i = 0; i < options.keys.size() && !args.failed(); ++i) {
    const Bytes key = options.keys[i];
    const auto stream = ctx.find_to_read_as<storage::Stream>(key);
    if (!stream) {
      error = error_reply(stream.error());
      return {};
    }
    if (options.reader == Reader::anybody) {
      all.push_back(wanted_by_anybody(args, key, options.ids[i], *stream));
      continue;
    }
    if (*stream == nullptr || (*stream)->find_group(options.group) == nullptr) {
      error = no_group_to_read(key, options.group);
      return {};
    }
    all.push_back(wanted_by_group(args, key, options.ids[i]));
  }
  return all;
}

// The entries behind an id. None where there are none.
Reply read_for_anybody(const Context& ctx, const ReadOptions& options, const Wanted& wanted) {
  const auto stream = ctx.database(wanted.key).find_as<storage::Stream>(ctx.hashed(wanted.key));
  const auto from = wanted.after.next();
  if (!stream || *stream == nullptr || !from) return Reply::none();
  OpenReply entries;
  size_t count = 0;
  StreamCursor cursor = (*stream)->at_or_after(*from);
  for (; cursor && count < options.count; cursor.next(), ++count)
    write_entry(entries.out(), cursor);
  return count == 0 ? Reply::none() : entries.close_array(count);
}

// What the group has not read yet, which becomes this consumer's.
Reply read_fresh(const Context& ctx, const ReadOptions& options, const storage::Stream& stream,
                 StreamGroup& group, StreamConsumer& consumer) {
  const auto from = group.last_id.next();
  if (!from) return Reply::none();
  OpenReply entries;
  size_t count = 0;
  StreamCursor cursor = stream.at_or_after(*from);
  for (; cursor && count < options.count; cursor.next(), ++count) {
    write_entry(entries.out(), cursor);
    stream.advance(group, cursor.id());
    if (!options.no_ack) {
      group.deliver(cursor.id(), consumer, ctx.now_ms());
      consumer.active_ms = ctx.now_ms();
    }
  }
  return count == 0 ? Reply::none() : entries.close_array(count);
}

// What is pending for the consumer, which is delivered once more. What has been erased from the
// stream since is answered without its fields.
Reply read_history(const Context& ctx, const ReadOptions& options, const storage::Stream& stream,
                   StreamGroup& group, const StreamConsumer& consumer, StreamId after) {
  OpenReply entries;
  size_t count = 0;
  auto at = consumer.pending().at_or_after(*after.next());
  for (; at && count < options.count; at = at.next(), ++count) {
    const StreamCursor cursor = stream.find(at->id());
    if (!cursor) {
      protocol::write_array_header(entries.out(), 2);
      write_id(entries.out(), at->id());
      protocol::write_null_array(entries.out(), ctx.session().resp);
      continue;
    }
    write_entry(entries.out(), cursor);
    group.set_delivery(*at, ctx.now_ms(), at->deliveries() + 1);
  }
  return entries.close_array(count);
}

Reply read_for_group(Context& ctx, const ReadOptions& options, const Wanted& wanted) {
  auto edit =
      ctx.database(wanted.key).edit<storage::Stream>(ctx.hashed(wanted.key), IfAbsent::leave);
  StreamGroup& group = *(*edit)->find_group(options.group);
  const bool known = group.find_consumer(options.consumer) != nullptr;
  ctx.name_changes(wanted.key, known ? Bytes() : kConsumerCreated);
  StreamConsumer& consumer = group.see_consumer(options.consumer, ctx.now_ms());
  Reply entries = wanted.fresh ? read_fresh(ctx, options, **edit, group, consumer)
                               : read_history(ctx, options, **edit, group, consumer, wanted.after);
  if (known && entries.is_none()) edit->nothing_changed();
  return entries;
}

// None where nothing is to be had.
Reply read_all(Context& ctx, const ReadOptions& options, const std::vector<Wanted>& all) {
  const bool as_map = ctx.session().resp == RespVersion::v3;
  std::vector<Reply> found;
  for (const Wanted& wanted : all) {
    Reply entries = options.reader == Reader::group ? read_for_group(ctx, options, wanted)
                                                    : read_for_anybody(ctx, options, wanted);
    if (entries.is_none()) continue;
    std::vector<Reply> pair;
    std::vector<Reply>& to = as_map ? found : pair;
    to.push_back(Reply::bulk(wanted.key));
    to.push_back(std::move(entries));
    if (!as_map) found.push_back(Reply::array(std::move(pair)));
  }
  if (found.empty()) return Reply::none();
  return as_map ? Reply::map(std::move(found)) : Reply::array(std::move(found));
}

// A call that found nothing and waits, in memory of its own. Each of the streams is asked for
// alone, when something is written to it.
class ReadLater {
 public:
  ReadLater(const ReadOptions& now, const std::vector<Wanted>& all);
  ReadLater(const ReadLater&) = delete;
  ReadLater& operator=(const ReadLater&) = delete;

  bool is_ready(Bytes key, const storage::Entry* entry) const;
  Reply serve(Context& ctx, Bytes key) const;

 private:
  std::vector<Wanted> of(Bytes key) const;
  bool is_ready_for_group(const storage::Stream* stream) const;

  const std::string group_;
  const std::string consumer_;
  ReadOptions options_;
  // By key; the same more than once where it was named so.
  std::multimap<std::string, StreamId, std::less<>> streams_;
};

ReadLater::ReadLater(const ReadOptions& now, const std::vector<Wanted>& all)
    : group_(now.group), consumer_(now.consumer), options_(now) {
  options_.group = group_;
  options_.consumer = consumer_;
  options_.keys = options_.ids = {};
  for (const Wanted& wanted : all) streams_.emplace(wanted.key, wanted.after);
}

std::vector<Wanted> ReadLater::of(Bytes key) const {
  std::vector<Wanted> found;
  const auto [begin, end] = streams_.equal_range(key);
  for (auto at = begin; at != end; ++at) {
    // Only for what is fresh does a group wait.
    found.push_back({.key = key, .fresh = options_.reader == Reader::group, .after = at->second});
  }
  return found;
}

const storage::Stream* stream_in(const storage::Entry* entry) {
  if (entry == nullptr || entry->type() != storage::Stream::kType) return nullptr;
  return static_cast<const storage::Stream*>(entry->object());
}

// Also where it will never be: then the answer is an error.
bool ReadLater::is_ready_for_group(const storage::Stream* stream) const {
  if (stream == nullptr) return true;
  const StreamGroup* const group = stream->find_group(options_.group);
  return group == nullptr || stream->has_any_after(group->last_id);
}

bool ReadLater::is_ready(Bytes key, const storage::Entry* entry) const {
  const storage::Stream* const stream = stream_in(entry);
  if (options_.reader == Reader::group) return is_ready_for_group(stream);
  if (stream == nullptr) return false;
  const auto [begin, end] = streams_.equal_range(key);
  return std::any_of(begin, end,
                     [stream](const auto& wanted) { return stream->has_any_after(wanted.second); });
}

Reply ReadLater::serve(Context& ctx, Bytes key) const {
  if (options_.reader == Reader::group) {
    const auto stream = ctx.database(key).find_as<storage::Stream>(ctx.hashed(key));
    if (!stream || *stream == nullptr) {
      return Reply::error("UNBLOCKED the stream key no longer exists");
    }
    if ((*stream)->find_group(options_.group) == nullptr) {
      return Reply::error("NOGROUP the consumer group this client was blocked on no longer exists");
    }
  }
  return read_all(ctx, options_, of(key));
}

Reply read(Context& ctx, ArgReader& args, Reader reader) {
  const ReadOptions options = read_options(args, reader);
  if (options.block_ms && ctx.session().in_script && !args.failed()) {
    return Reply::error(fmt::format("ERR {} command is not allowed with BLOCK option from scripts",
                                    args.all().front()));
  }
  Reply error;
  std::vector<Wanted> all;
  if (!args.failed()) all = find_wanted(ctx, args, options, error);
  if (!error.is_none()) return error;
  if (args.failed()) return args.error();

  Reply reply = read_all(ctx, options, all);
  if (!reply.is_none()) return reply;
  if (!options.block_ms) return Reply::null_array();
  const auto later = std::make_shared<const ReadLater>(options, all);
  return ctx.wait_for_keys(
      {.keys = options.keys,
       .timeout_ms = *options.block_ms,
       .type = storage::Stream::kType,
       .is_ready = [later](Bytes key,
                           const storage::Entry* entry) { return later->is_ready(key, entry); },
       .serve = [later](Context& on, Bytes key) { return later->serve(on, key); },
       .on_timeout = Reply::null_array,
       .needs_keys = reader == Reader::group});
}

// As the specification says it: behind the first word STREAMS, which may be anything.
constexpr KeySpec streams_from(int16_t position) {
  return {.start = StartAfter{"STREAMS", position},
          .walk = Walk{.last = -1, .step = 1, .limit = 2},
          .access = Access::read};
}

// Where the streams begin, for those options that the command will accept; else none.
std::optional<size_t> start_of_streams(std::span<const Bytes> args, Reader reader) {
  for (size_t at = 1; at + 1 < args.size();) {
    const Bytes word = args[at];
    if (equals_nocase(word, "streams")) return at + 1;
    if (equals_nocase(word, "block") || equals_nocase(word, "count")) {
      if (!parse_int64(args[at + 1])) return std::nullopt;
      at += 2;
    } else if (reader == Reader::group && equals_nocase(word, "group")) {
      at += 3;
    } else if (reader == Reader::group && equals_nocase(word, "noack")) {
      ++at;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

bool find_streams(std::span<const Bytes> args, Reader reader, const KeySpec& spec,
                  FoundKeys& found) {
  const auto start = start_of_streams(args, reader);
  if (!start) return find_spec_keys(spec, args, found);
  const size_t count = (args.size() - *start) / 2;
  for (size_t i = 0; i < count; ++i) found.add(*start + i, spec.access);
  return count > 0;
}

bool keys_of_xread(std::span<const Bytes> args, FoundKeys& found) {
  return find_streams(args, Reader::anybody, streams_from(1), found);
}

bool keys_of_xreadgroup(std::span<const Bytes> args, FoundKeys& found) {
  return find_streams(args, Reader::group, streams_from(4), found);
}

Reply xread(Context& ctx, ArgReader& args) { return read(ctx, args, Reader::anybody); }

constexpr Command kXread{
    .name = "xread",
    .summary = "Returns what streams have behind an id, and may wait for it.",
    .since = "5.0.0",
    .complexity = "O(log N) for each stream and O(M) in the entries returned",
    .group = Group::stream,
    .arity = at_least(4),
    .flags = Flag::readonly | Flag::blocking,
    .keys = {streams_from(1)},
    .find_keys = keys_of_xread,
    .syntax =
        "[COUNT count:integer] [BLOCK milliseconds:integer] STREAMS streams:(key:key... id...)",
    .run = xread,
};

Reply xreadgroup(Context& ctx, ArgReader& args) { return read(ctx, args, Reader::group); }

constexpr Command kXreadgroup{
    .name = "xreadgroup",
    .summary = "Returns entries that a group has not read, or what is pending for a consumer.",
    .since = "5.0.0",
    .complexity = "O(log N) for each entry returned",
    .group = Group::stream,
    .arity = at_least(7),
    .flags = Flag::write | Flag::blocking,
    .keys = {streams_from(4)},
    .find_keys = keys_of_xreadgroup,
    .syntax =
        "GROUP group-block:(group consumer) [COUNT count:integer] [BLOCK milliseconds:integer] "
        "[NOACK] STREAMS streams:(key:key... id...)",
    .run = xreadgroup,
};

constexpr Command kCommands[] = {kXread, kXreadgroup};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> stream_read_commands() { return kCommands; }

}  // namespace tidemark::server
