#include "server/config/options/custom.hpp"
#include "server/config/options/topics.hpp"

namespace tidemark::server {
namespace {

constexpr EnumWord kStores[] = {word("rocksdb", StoreKind::rocksdb),
                                word("postgres", StoreKind::postgres),
                                word("none", StoreKind::none)};

constexpr EnumWord kDurabilities[] = {word("write-behind", Durability::write_behind),
                                      word("everysec", Durability::everysec),
                                      word("always", Durability::always)};

Complaint check_durability(int value) {
  return value == static_cast<int>(Durability::write_behind)
             ? nullptr
             : "durability everysec and always are not available yet, only write-behind";
}

constexpr Option kOptions[] = {
    {.name = "store",
     .type = enum_type<&Settings::store>(kStores),
     .change = Change::startup_of_ours,
     .doc = "Where read states are kept: `rocksdb` in files under store-path, `postgres` in the "
            "database of store-url, `none` in memory only."},
    {.name = "store-path",
     .type = StringType{&Settings::store_path},
     .change = Change::startup_of_ours,
     .doc = "The directory of the rocksdb store; made where it is missing."},
    {.name = "store-url",
     .type = StringType{&Settings::store_url},
     .change = Change::startup_of_ours,
     .privacy = Privacy::secret,
     .doc = "The database of the postgres store, as postgres://user:password@host/database."},
    {.name = "store-threads",
     .type = IntegerType{.member = &Settings::store_threads, .min = 1, .max = 256},
     .change = Change::startup_of_ours,
     .doc = "How many threads load from and commit to the store."},
    {.name = "store-queue-limit",
     .type = IntegerType{.member = &Settings::store_queue_limit, .min = 1, .max = 1 << 20},
     .change = Change::startup_of_ours,
     .doc = "How many jobs, loads or commits of many users each, may wait for one of the store's "
            "threads. What comes beyond that waits where it is, asked for or dirty, and is offered "
            "again ten times a second."},
    {.name = "store-cache-bytes",
     .type = MemoryType{.member = &Settings::store_cache_bytes},
     .change = Change::startup_of_ours,
     .doc = "What the rocksdb store may keep in memory of its files, beside maxmemory."},
    {.name = "store-memtable-bytes",
     .type =
         MemoryType{
             .member = &Settings::store_memtable_bytes, .min = 1 << 20, .max = uint64_t{1} << 40},
     .change = Change::startup_of_ours,
     .doc = "What the rocksdb store may keep in memory of commits that are in its log, beside "
            "maxmemory; above it they are written to table files. The log is at most four times as "
            "long, and is read at start."},
    {.name = "load-queue-limit",
     .type = IntegerType{.member = &Settings::load_queue_limit, .min = 1, .max = 1 << 24},
     .doc = "How many commands may wait, on each core, for users who are being loaded; further "
            "ones fail with STOREDOWN. Users in memory are served all the same."},
    {.name = "commit-delay",
     .type =
         IntegerType{.member = &Settings::commit_delay, .max = 3600000, .unit = Unit::milliseconds},
     .doc = "How long after a user's first uncommitted change the user is committed. Further "
            "changes within that time cost the store nothing."},
    {.name = "dirty-limit",
     .type = MemoryType{.member = &Settings::dirty_limit, .min = 1 << 20},
     .doc = "What users with uncommitted changes may take in memory. Above it writes fail with "
            "STOREDOWN; nothing is dropped."},
    {.name = "durability",
     .type = enum_type<&Settings::durability>(kDurabilities, check_durability),
     .change = Change::startup_of_ours,
     .doc = "What a reply to a write of a read state means: `write-behind`, that it is in memory "
            "and will be committed within commit-delay; `everysec`, that it survives the death of "
            "the process; `always`, that it is on disk."},
    {.name = "readstate-max-channels",
     .type = IntegerType{.member = &Settings::readstate_max_channels, .min = 1, .max = 1 << 24},
     .doc = "How many read states one user may have."},
    {.name = "readstate-notify",
     .type = CustomType{.read = read_readstate_notify,
                        .show = show_readstate_notify,
                        .lines = readstate_notify_lines,
                        .syntax = "[ack] [set] [del] [incr]"},
     .doc = "Which changes of read states are published on __readstate__:<user key>; \"\" for "
            "none."},
};

}  // namespace

std::span<const Option> readstate_options() { return kOptions; }

}  // namespace tidemark::server
