#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/core/core.hpp"
#include "storage/rdb/file_reader.hpp"
#include "storage/rdb/value_reader.hpp"

namespace tidemark::server {

// Reads a snapshot and puts its keys into the partitions that own them: into all of them while all
// cores are stopped; or, with `only`, into one's own, stepping over the others'. So every core
// reads the file by itself at the start, all at the same time, without a word to each other.
//
// A key whose time is up is left out, as are collections without elements.
class SnapshotLoader {
 public:
  // What becomes of a key that is there already.
  enum class Present : uint8_t { refuse, replace };
  struct Options {
    std::optional<CoreId> only;
    Present present = Present::refuse;
  };
  struct Counts {
    uint64_t loaded = 0;
    uint64_t expired = 0;
    uint64_t empty = 0;
  };
  enum class State : uint8_t { more, done, failed };

  // Null where there is no file, or it cannot be opened: errno says which.
  static std::unique_ptr<SnapshotLoader> open(Server& server, const Options& options);

  // Goes on until the time of day is `until_us`, or the file or its soundness ends.
  State step(int64_t until_us);
  // All of it.
  State finish();
  bool ended() const { return state_ != State::more; }

  const Counts& counts() const { return counts_; }
  const std::vector<std::string>& functions() const { return functions_; }
  uint64_t bytes_read() const { return reader_.offset(); }
  uint64_t bytes() const { return source_->size(); }
  // After State::failed: what is wrong, and where.
  std::string error() const;
  const std::string& what_is_wrong() const { return reader_.error(); }

 private:
  SnapshotLoader(Server& server, const Options& options,
                 std::unique_ptr<storage::rdb::FileSource> source);
  void step_once();
  void load_key();
  void put(storage::Keyspace& keyspace, storage::EntryOwner entry);

  Server& server_;
  Options options_;
  storage::rdb::ValueLimits limits_;
  std::unique_ptr<storage::rdb::FileSource> source_;
  storage::rdb::FileReader reader_;
  State state_ = State::more;
  int64_t next_key_us_ = 0;
  Counts counts_;
  std::vector<std::string> functions_;
};

}  // namespace tidemark::server
