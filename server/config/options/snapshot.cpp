#include "server/config/options/custom.hpp"
#include "server/config/options/topics.hpp"

namespace tidemark::server {
namespace {

Complaint check_dbfilename(std::string_view value) {
  return plain_file_name(value, "dbfilename can't be a path, just a filename");
}

constexpr Option kOptions[] = {
    {.name = "save",
     .type = CustomType{.read = read_save,
                        .show = show_save,
                        .lines = save_lines,
                        .syntax = "seconds changes [seconds changes ...]"},
     .doc = "Save a snapshot after so many seconds with at least so many changed keys; any of the "
            "pairs suffices. \"\" for never."},
    {.name = "dbfilename",
     .type = StringType{&Settings::dbfilename, check_dbfilename},
     .guard = Guard::locked,
     .doc = "The name of the snapshot, in `dir`."},
    {.name = "rdbcompression",
     .type = BoolType{&Settings::rdbcompression},
     .doc = "Compress strings in snapshots."},
    {.name = "rdbchecksum",
     .type = BoolType{&Settings::rdbchecksum},
     .change = Change::startup,
     .doc = "End a snapshot with a checksum, and verify it when loading."},
    {.name = "rdb-del-sync-files",
     .type = BoolType{&Settings::rdb_del_sync_files},
     .effect = Effect::accepted,
     .doc = "Remove snapshots that were only needed for a replica."},
    {.name = "rdb-save-incremental-fsync",
     .type = BoolType{&Settings::rdb_save_incremental_fsync},
     .effect = Effect::accepted,
     .doc = "Sync a snapshot to disk bit by bit while it is written."},
    {.name = "stop-writes-on-bgsave-error",
     .type = BoolType{&Settings::stop_writes_on_bgsave_error},
     .doc = "Refuse writes while the last snapshot failed and `save` has points."},
    {.name = "snapshot-buffer-limit",
     .type = MemoryType{.member = &Settings::snapshot_buffer_limit, .min = uint64_t{1} << 20},
     .doc = "While a snapshot is written: how much of what is about to be overwritten may wait for "
            "the disk. Writes wait while it is more."},
    {.name = "rdb-key-save-delay",
     .type = IntegerType{.member = &Settings::rdb_key_save_delay,
                         .min = std::numeric_limits<int32_t>::min(),
                         .unit = Unit::microseconds},
     .visibility = Visibility::hidden},
    {.name = "key-load-delay",
     .type = IntegerType{.member = &Settings::key_load_delay,
                         .min = std::numeric_limits<int32_t>::min(),
                         .unit = Unit::microseconds},
     .visibility = Visibility::hidden},
    {.name = "loading-process-events-interval-bytes",
     .type = IntegerType{.member = &Settings::loading_process_events_interval_bytes, .min = 1024},
     .visibility = Visibility::hidden,
     .effect = Effect::accepted},
};

}  // namespace

std::span<const Option> snapshot_options() { return kOptions; }

}  // namespace tidemark::server
