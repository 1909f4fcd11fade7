#include "server/config/options/custom.hpp"
#include "server/config/options/topics.hpp"

namespace tidemark::server {
namespace {

constexpr EnumWord kEncodingNames[] = {word("7.0", EncodingNames::redis_7_0),
                                       word("7.2", EncodingNames::redis_7_2)};

constexpr Option kOptions[] = {
    {.name = "hash-max-listpack-entries",
     .alias = "hash-max-ziplist-entries",
     .type = IntegerType{.member = &Settings::hash_max_listpack_entries, .max = kAnyInt64},
     .doc = "A hash of up to so many fields is kept packed."},
    {.name = "hash-max-listpack-value",
     .alias = "hash-max-ziplist-value",
     .type = MemoryType{.member = &Settings::hash_max_listpack_value},
     .doc = "A hash is kept packed while no field or value is longer."},
    {.name = "list-max-listpack-size",
     .alias = "list-max-ziplist-size",
     .type = IntegerType{.member = &Settings::list_max_listpack_size,
                         .min = std::numeric_limits<int32_t>::min()},
     .doc = "The size of one packed piece of a list: -1 to -5 for 4, 8, 16, 32 or 64 KiB, a "
            "positive number for so many elements."},
    {.name = "list-compress-depth",
     .type = IntegerType{.member = &Settings::list_compress_depth},
     .doc = "How many pieces at each end of a list stay uncompressed; 0 compresses none."},
    {.name = "set-max-intset-entries",
     .type = IntegerType{.member = &Settings::set_max_intset_entries, .max = kAnyInt64},
     .doc = "A set of up to so many integers is kept as a sorted array."},
    {.name = "set-max-listpack-entries",
     .type = IntegerType{.member = &Settings::set_max_listpack_entries, .max = kAnyInt64},
     .doc = "A set of up to so many members is kept packed."},
    {.name = "set-max-listpack-value",
     .type = MemoryType{.member = &Settings::set_max_listpack_value},
     .doc = "A set is kept packed while no member is longer."},
    {.name = "zset-max-listpack-entries",
     .alias = "zset-max-ziplist-entries",
     .type = IntegerType{.member = &Settings::zset_max_listpack_entries, .max = kAnyInt64},
     .doc = "A sorted set of up to so many members is kept packed."},
    {.name = "zset-max-listpack-value",
     .alias = "zset-max-ziplist-value",
     .type = MemoryType{.member = &Settings::zset_max_listpack_value},
     .doc = "A sorted set is kept packed while no member is longer."},
    {.name = "hll-sparse-max-bytes",
     .type = MemoryType{.member = &Settings::hll_sparse_max_bytes},
     .doc = "The size up to which a HyperLogLog is kept sparse."},
    {.name = "stream-node-max-bytes",
     .type = MemoryType{.member = &Settings::stream_node_max_bytes},
     .doc = "The size of one packed piece of a stream; 0 for 64 KiB, which is the most."},
    {.name = "stream-node-max-entries",
     .type = IntegerType{.member = &Settings::stream_node_max_entries, .max = kAnyInt64},
     .doc = "The entries of one packed piece of a stream; 0 for no limit."},
    {.name = "encoding-names",
     .type = enum_type<&Settings::encoding_names>(kEncodingNames),
     .doc =
         "The version of Redis whose names OBJECT ENCODING gives: since 7.2 a short list or set is "
         "a listpack, where 7.0 has quicklist and hashtable. For programs and tests that ask."},
};

}  // namespace

std::span<const Option> encoding_options() { return kOptions; }

}  // namespace tidemark::server
