#include "server/config/options/custom.hpp"
#include "server/config/options/topics.hpp"

namespace tidemark::server {
namespace {

Complaint check_appendfilename(std::string_view value) {
  return value.empty() ? "appendfilename can't be empty"
                       : plain_file_name(value, "appendfilename can't be a path, just a filename");
}

Complaint check_appenddirname(std::string_view value) {
  return value.empty() ? "appenddirname can't be empty"
                       : plain_file_name(value, "appenddirname can't be a path, just a dirname");
}

constexpr EnumWord kFsync[] = {word("everysec", AppendFsync::everysec),
                               word("always", AppendFsync::always), word("no", AppendFsync::no)};

constexpr Option kOptions[] = {
    {.name = "appendonly",
     .type = BoolType{&Settings::appendonly},
     .while_loading = WhileLoading::refused,
     .effect = Effect::accepted,
     .doc = "Log every write of the cache to a file."},
    {.name = "appendfilename",
     .type = StringType{&Settings::appendfilename, check_appendfilename},
     .change = Change::startup,
     .effect = Effect::accepted,
     .doc = "How the names of the append only files begin."},
    {.name = "appenddirname",
     .type = StringType{&Settings::appenddirname, check_appenddirname},
     .change = Change::startup,
     .effect = Effect::accepted,
     .doc = "The directory of the append only files, in `dir`."},
    {.name = "appendfsync",
     .type = enum_type<&Settings::appendfsync>(kFsync),
     .effect = Effect::accepted,
     .doc = "When to sync the append only file."},
    {.name = "no-appendfsync-on-rewrite",
     .type = BoolType{&Settings::no_appendfsync_on_rewrite},
     .effect = Effect::accepted,
     .doc = "Do not sync while a rewrite or a snapshot runs."},
    {.name = "auto-aof-rewrite-percentage",
     .type = IntegerType{.member = &Settings::auto_aof_rewrite_percentage, .unit = Unit::percent},
     .effect = Effect::accepted,
     .doc = "The growth after which to rewrite the append only file."},
    {.name = "auto-aof-rewrite-min-size",
     .type = MemoryType{.member = &Settings::auto_aof_rewrite_min_size},
     .effect = Effect::accepted,
     .doc = "The size below which not to rewrite it."},
    {.name = "aof-load-truncated",
     .type = BoolType{&Settings::aof_load_truncated},
     .effect = Effect::accepted,
     .doc = "Load an append only file that breaks off."},
    {.name = "aof-use-rdb-preamble",
     .type = BoolType{&Settings::aof_use_rdb_preamble},
     .effect = Effect::accepted,
     .doc = "Begin a rewritten file with a snapshot."},
    {.name = "aof-timestamp-enabled",
     .type = BoolType{&Settings::aof_timestamp_enabled},
     .effect = Effect::accepted,
     .doc = "Record times in the append only file."},
    {.name = "aof-rewrite-incremental-fsync",
     .type = BoolType{&Settings::aof_rewrite_incremental_fsync},
     .effect = Effect::accepted,
     .doc = "Sync a rewritten file bit by bit while it is written."},
    {.name = "aof-disable-auto-gc",
     .type = BoolType{&Settings::aof_disable_auto_gc},
     .effect = Effect::accepted,
     .doc = "Keep the files that a rewrite made obsolete."},
};

}  // namespace

std::span<const Option> append_only_options() { return kOptions; }

}  // namespace tidemark::server
