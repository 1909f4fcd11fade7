#include "server/config/options/custom.hpp"
#include "server/config/options/topics.hpp"

namespace tidemark::server {
namespace {

constexpr EnumWord kPipelineOrders[] = {word("strict", PipelineOrder::strict),
                                        word("relaxed", PipelineOrder::relaxed)};

constexpr Option kOptions[] = {
    {.name = "maxclients",
     .type = IntegerType{.member = &Settings::maxclients, .min = 1, .max = 4294967295},
     .doc = "How many clients may be connected; further ones are told so and disconnected."},
    {.name = "maxmemory-clients",
     .type = MemoryOrPercentType{&Settings::maxmemory_clients},
     .doc = "What all clients' buffers may take together, in bytes or percent of maxmemory; above "
            "it, the largest clients are disconnected. 0 for no limit."},
    {.name = "client-query-buffer-limit",
     .type = MemoryType{.member = &Settings::client_query_buffer_limit, .min = 1 << 20},
     .doc = "What a client may have sent without it making a complete command."},
    {.name = "client-output-buffer-limit",
     .type = CustomType{.read = read_output_limits,
                        .show = show_output_limits,
                        .lines = output_limit_lines,
                        .syntax = "class hard soft soft-seconds [class ...]"},
     .doc = "What a client may have waiting to be sent to it, for the classes normal, replica and "
            "pubsub: it is disconnected above the hard limit at once, and above the soft limit "
            "after so many seconds. 0 for no limit."},
    {.name = "client-output-buffer-pause",
     .type = MemoryType{.member = &Settings::client_output_buffer_pause},
     .doc = "While a client has more than this waiting to be sent to it, its commands wait and no "
            "more are read. 0 for no limit."},
    {.name = "proto-max-bulk-len",
     .type = MemoryType{.member = &Settings::proto_max_bulk_len, .min = 1 << 20},
     .doc = "The longest single argument of a command, and so the longest string value."},
    {.name = "tracking-table-max-keys",
     .type = IntegerType{.member = &Settings::tracking_table_max_keys, .max = kAnyInt64},
     .doc = "How many keys CLIENT TRACKING remembers; above it, some are invalidated early. 0 for "
            "no limit."},
    {.name = "notify-keyspace-events",
     .type = CustomType{.read = read_keyspace_events,
                        .show = show_keyspace_events,
                        .words = Words::one,
                        .syntax = "letters of KEg$lshzxetdmnA"},
     .doc =
         "Which changes of keys to publish: K or E say where (by key, by event), the rest which "
         "(g generic, $ strings, l lists, s sets, h hashes, z sorted sets, x expired, e evicted, "
         "t streams, d modules, m misses, n new keys, A for all of g$lshzxetd). Empty for none."},
    {.name = "pipeline-order",
     .type = enum_type<&Settings::pipeline_order>(kPipelineOrders),
     .doc = "Whether the commands of one connection take effect strictly in the order sent. With "
            "`relaxed`, those whose keys live on different cores may overlap; replies keep their "
            "order."},
    {.name = "mailbox-messages-max",
     .type = IntegerType{.member = &Settings::mailbox_messages_max, .min = 64, .max = 1 << 24},
     .change = Change::startup_of_ours,
     .doc = "How many messages one core may have waiting for another; above it, the sender reads "
            "no more from its clients until there is room."},
};

}  // namespace

std::span<const Option> client_options() { return kOptions; }

}  // namespace tidemark::server
