#include "server/commands/stream_args.hpp"

#include <cctype>
#include <limits>
#include <string>

#include "server/server.hpp"

namespace tidemark::server {

namespace {

using storage::StreamId;
using storage::StreamTrim;

constexpr uint64_t kLastSeq = std::numeric_limits<uint64_t>::max();

// How many entries a trim that may be approximate takes away at most, unless told: so many nodes'
// worth, within bounds.
constexpr int64_t kTrimmedNodes = 100;
constexpr int64_t kTrimmedByDefault = 10'000;
constexpr int64_t kTrimmedAtMost = 1'000'000;

int64_t default_limit(const Context& ctx) {
  const int64_t per_node = ctx.settings().stream_node_max_entries;
  if (per_node == 0) return kTrimmedByDefault;
  return per_node > kTrimmedAtMost / kTrimmedNodes ? kTrimmedAtMost : kTrimmedNodes * per_node;
}

int64_t read_count(ArgReader& args, Bytes negative_error) {
  const int64_t count = args.next_integer();
  if (count < 0) args.fail(negative_error);
  return count;
}

enum class RangeEnd : uint8_t { start, end };

StreamId range_end(ArgReader& args, Bytes text, RangeEnd which) {
  if (text == "-") return StreamId::min();
  if (text == "+") return StreamId::max();
  const bool exclusive = text.starts_with('(');
  if (exclusive) text.remove_prefix(1);
  auto id = storage::parse_stream_id(text, which == RangeEnd::start ? 0 : kLastSeq);
  if (!id) {
    args.fail(kInvalidStreamId);
  } else if (exclusive) {
    id = which == RangeEnd::start ? id->next() : id->previous();
    if (!id) {
      args.fail(which == RangeEnd::start ? "ERR invalid start ID for the interval"
                                         : "ERR invalid end ID for the interval");
    }
  }
  return id.value_or(StreamId());
}

}  // namespace

StreamId read_stream_id(ArgReader& args, uint64_t seq) {
  const Bytes text = args.next();
  const auto id = storage::parse_stream_id(text, seq);
  if (!id) args.fail(kInvalidStreamId);
  return id.value_or(StreamId());
}

std::vector<StreamId> read_stream_ids(ArgReader& args) {
  std::vector<StreamId> ids;
  ids.reserve(args.remaining());
  while (!args.empty() && !args.failed()) ids.push_back(read_stream_id(args, 0));
  return ids;
}

IdRange read_id_range(ArgReader& args, Bytes start, Bytes end) {
  const StreamId from = range_end(args, start, RangeEnd::start);
  return {.start = from, .end = range_end(args, end, RangeEnd::end)};
}

StreamId read_range_start(ArgReader& args) { return range_end(args, args.next(), RangeEnd::start); }

bool accept_trim(ArgReader& args, TrimOption& option) {
  if (args.accept_with("limit", 1)) {
    option.limit = read_count(args, "ERR The LIMIT argument must be >= 0.");
    return true;
  }
  const bool by_length = args.accept_with("maxlen", 1);
  if (!by_length && !args.accept_with("minid", 1)) return false;
  if (option.trim) {
    args.fail("ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
    return true;
  }
  StreamTrim& trim = option.trim.emplace();
  if (args.remaining() >= 2) {
    trim.whole_nodes = args.accept("~");
    if (!trim.whole_nodes) args.accept("=");
  }
  if (by_length) {
    trim.until = StreamTrim::Until::length;
    trim.length = static_cast<uint64_t>(read_count(args, "ERR The MAXLEN argument must be >= 0."));
  } else {
    trim.until = StreamTrim::Until::id;
    trim.id = read_stream_id(args, 0);
  }
  return true;
}

std::optional<StreamTrim> finish_trim(const Context& ctx, ArgReader& args,
                                      const TrimOption& option) {
  if (!option.trim) {
    if (option.limit) {
      args.fail("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    }
    return std::nullopt;
  }
  StreamTrim trim = *option.trim;
  if (trim.whole_nodes) {
    trim.limit = static_cast<uint64_t>(option.limit.value_or(default_limit(ctx)));
  } else if (option.limit) {
    args.fail("ERR syntax error, LIMIT cannot be used without the special ~ option");
  }
  return trim;
}

size_t trim_stream(storage::Edit<storage::Stream>& edit, const StreamTrim& trim) {
  if (!edit->leaves_little(trim)) return edit->trim(trim);
  auto* const cut_off = storage::make_object<storage::Stream>();
  const size_t gone = edit->cut(trim, *cut_off);
  edit.dispose(cut_off);
  return gone;
}

storage::StreamNodeLimits node_limits(const Context& ctx) {
  return {.bytes_max = ctx.settings().stream_node_max_bytes,
          .entries_max = static_cast<uint64_t>(ctx.settings().stream_node_max_entries)};
}

Reply no_such_group(Bytes key, Bytes group) {
  return Reply::error("NOGROUP No such key '" + std::string(key) + "' or consumer group '" +
                      std::string(group) + "'");
}

Reply no_group_of_key(Bytes key, Bytes group) {
  return Reply::error("NOGROUP No such consumer group '" + std::string(group) + "' for key name '" +
                      std::string(key) + "'");
}

Reply wrong_subcommand(const ArgReader& args) {
  constexpr size_t kQuotedMax = 128;
  std::string container(args.all()[0]);
  for (char& c : container) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return Reply::error("ERR unknown subcommand or wrong number of arguments for '" +
                      std::string(args.all()[1].substr(0, kQuotedMax)) + "'. Try " + container +
                      " HELP.");
}

}  // namespace tidemark::server
