#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/value/stream.hpp"

namespace tidemark::server {

// What the families of stream commands read alike.

inline constexpr Bytes kInvalidStreamId =
    "ERR Invalid stream ID specified as stream command argument";

// "ms-seq" or "ms", then with this for its seq.
storage::StreamId read_stream_id(ArgReader& args, uint64_t seq);

// The rest of the arguments as ids.
std::vector<storage::StreamId> read_stream_ids(ArgReader& args);

// A range of ids, its ends included. Each end may be "-" or "+" for the end of all, or "(id" for
// what comes next to an id.
struct IdRange {
  storage::StreamId start;
  storage::StreamId end;
};
// An error in the start is told before one in the end.
IdRange read_id_range(ArgReader& args, Bytes start, Bytes end);
// The start alone.
storage::StreamId read_range_start(ArgReader& args);

// MAXLEN or MINID with what belongs to it. `limit` is LIMIT's, where it was given.
struct TrimOption {
  std::optional<storage::StreamTrim> trim;
  std::optional<int64_t> limit;
};
// Steps over MAXLEN, MINID or LIMIT with its values and returns whether there was one.
bool accept_trim(ArgReader& args, TrimOption& option);
// The whole of it, once all is read; fails where the parts do not belong together.
std::optional<storage::StreamTrim> finish_trim(const Context& ctx, ArgReader& args,
                                               const TrimOption& option);

// Trims a stream, and returns how many entries are gone. Most of a long one is freed in slices.
size_t trim_stream(storage::Edit<storage::Stream>& edit, const storage::StreamTrim& trim);

storage::StreamNodeLimits node_limits(const Context& ctx);

// For commands that answer alike whether the key or its group is missing.
Reply no_such_group(Bytes key, Bytes group);
// For those whose key is there.
Reply no_group_of_key(Bytes key, Bytes group);
// For subcommands that are given what they do not know.
Reply wrong_subcommand(const ArgReader& args);

}  // namespace tidemark::server
