// What belongs to Redis Cluster, of which a server on its own is no part.

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/command/introspection.hpp"
#include "server/commands/families.hpp"

namespace tidemark::server {

namespace {

Reply refuse(Context&, ArgReader&) {
  return Reply::error("ERR This instance has cluster support disabled");
}

Reply cluster_help(Context& ctx, ArgReader& args) { return container_help(ctx.commands(), args); }

constexpr Command kAsking{
    .name = "asking",
    .summary = "Lets the next command touch a slot that is being imported.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(1),
    .flags = Flag::fast,
    .categories = Category::connection,
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterAddslots{
    .name = "addslots",
    .summary = "Assigns slots to this node.",
    .since = "3.0.0",
    .complexity = "O(N) in the slots given",
    .group = Group::cluster,
    .arity = at_least(3),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .syntax = "slot:integer...",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterAddslotsrange{
    .name = "addslotsrange",
    .summary = "Assigns ranges of slots to this node.",
    .since = "7.0.0",
    .complexity = "O(N) in the slots given",
    .group = Group::cluster,
    .arity = at_least(4),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .syntax = "range:(start-slot:integer end-slot:integer)...",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterBumpepoch{
    .name = "bumpepoch",
    .summary = "Raises the configuration epoch of this node.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(2),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterCountFailureReports{
    .name = "count-failure-reports",
    .summary = "Counts the nodes that report a node as failing.",
    .since = "3.0.0",
    .complexity = "O(N) in the reports",
    .group = Group::cluster,
    .arity = exactly(3),
    .flags = Flag::admin | Flag::stale,
    .syntax = "node-id",
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterCountkeysinslot{
    .name = "countkeysinslot",
    .summary = "Counts the keys of a slot.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(3),
    .flags = Flag::stale,
    .syntax = "slot:integer",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterDelslots{
    .name = "delslots",
    .summary = "Makes this node forget who serves the slots.",
    .since = "3.0.0",
    .complexity = "O(N) in the slots given",
    .group = Group::cluster,
    .arity = at_least(3),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .syntax = "slot:integer...",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterDelslotsrange{
    .name = "delslotsrange",
    .summary = "Makes this node forget who serves ranges of slots.",
    .since = "7.0.0",
    .complexity = "O(N) in the slots given",
    .group = Group::cluster,
    .arity = at_least(4),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .syntax = "range:(start-slot:integer end-slot:integer)...",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterFailover{
    .name = "failover",
    .summary = "Makes a replica take over from its master.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = at_least(2),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .syntax = "[options:{FORCE|TAKEOVER}]",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterFlushslots{
    .name = "flushslots",
    .summary = "Takes all slots away from this node.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(2),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterForget{
    .name = "forget",
    .summary = "Removes a node from the table of nodes.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(3),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .syntax = "node-id",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterGetkeysinslot{
    .name = "getkeysinslot",
    .summary = "Names keys of a slot.",
    .since = "3.0.0",
    .complexity = "O(N) in the keys asked for",
    .group = Group::cluster,
    .arity = exactly(4),
    .flags = Flag::stale,
    .syntax = "slot:integer count:integer",
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterHelp{
    .name = "help",
    .summary = "Lists the subcommands.",
    .since = "5.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(2),
    .flags = Flag::loading | Flag::stale,
    .scope = Scope::home,
    .run = cluster_help,
};

constexpr Command kClusterInfo{
    .name = "info",
    .summary = "Tells the state of the cluster as this node sees it.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(2),
    .flags = Flag::stale,
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterKeyslot{
    .name = "keyslot",
    .summary = "Tells the slot that a key belongs to.",
    .since = "3.0.0",
    .complexity = "O(N) in the bytes of the key",
    .group = Group::cluster,
    .arity = exactly(3),
    .flags = Flag::stale,
    .syntax = "key",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterLinks{
    .name = "links",
    .summary = "Lists the connections to the other nodes.",
    .since = "7.0.0",
    .complexity = "O(N) in the nodes",
    .group = Group::cluster,
    .arity = exactly(2),
    .flags = Flag::stale,
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterMeet{
    .name = "meet",
    .summary = "Makes this node join the cluster of another.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = at_least(4),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .syntax = "ip port:integer [cluster-bus-port:integer]",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterMyid{
    .name = "myid",
    .summary = "Tells the id of this node.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(2),
    .flags = Flag::stale,
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterMyshardid{
    .name = "myshardid",
    .summary = "Tells the id of the shard of this node.",
    .since = "7.2.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(2),
    .flags = Flag::stale,
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterNodes{
    .name = "nodes",
    .summary = "Lists the nodes in the format of the configuration file.",
    .since = "3.0.0",
    .complexity = "O(N) in the nodes",
    .group = Group::cluster,
    .arity = exactly(2),
    .flags = Flag::stale,
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterReplicas{
    .name = "replicas",
    .summary = "Lists the replicas of a master.",
    .since = "5.0.0",
    .complexity = "O(N) in the replicas",
    .group = Group::cluster,
    .arity = exactly(3),
    .flags = Flag::admin | Flag::stale,
    .syntax = "node-id",
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterReplicate{
    .name = "replicate",
    .summary = "Makes this node a replica of a master.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(3),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .syntax = "node-id",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterReset{
    .name = "reset",
    .summary = "Makes this node forget the cluster.",
    .since = "3.0.0",
    .complexity = "O(N) in the nodes, and FLUSHALL",
    .group = Group::cluster,
    .arity = at_least(2),
    .flags = Flag::admin | Flag::no_script | Flag::stale,
    .syntax = "[reset-type:{HARD|SOFT}]",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterSaveconfig{
    .name = "saveconfig",
    .summary = "Writes the configuration of the node to disk.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(2),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterSetConfigEpoch{
    .name = "set-config-epoch",
    .summary = "Sets the configuration epoch of a new node.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(3),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .syntax = "config-epoch:integer",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterSetslot{
    .name = "setslot",
    .summary = "Binds a slot to a node, or says that it moves.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = at_least(4),
    .flags = Flag::admin | Flag::stale | Flag::no_async_loading,
    .syntax =
        "slot:integer subcommand:{IMPORTING importing<node-id>|MIGRATING migrating<node-id>|NODE "
        "node<node-id>|STABLE}",
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterShards{
    .name = "shards",
    .summary = "Lists the shards with their slots and nodes.",
    .since = "7.0.0",
    .complexity = "O(N) in the nodes",
    .group = Group::cluster,
    .arity = exactly(2),
    .flags = Flag::stale,
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterSlaves{
    .name = "slaves",
    .summary = "Lists the replicas of a master.",
    .since = "3.0.0",
    .complexity = "O(N) in the replicas",
    .deprecated = {.since = "5.0.0", .instead = "`CLUSTER REPLICAS`"},
    .group = Group::cluster,
    .arity = exactly(3),
    .flags = Flag::admin | Flag::stale,
    .syntax = "node-id",
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterSlots{
    .name = "slots",
    .summary = "Lists ranges of slots with the nodes that serve them.",
    .since = "3.0.0",
    .complexity = "O(N) in the nodes",
    .group = Group::cluster,
    .arity = exactly(2),
    .flags = Flag::stale,
    .tips = {"nondeterministic_output"},
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kClusterCommands[] = {kClusterAddslots,
                                        kClusterAddslotsrange,
                                        kClusterBumpepoch,
                                        kClusterCountFailureReports,
                                        kClusterCountkeysinslot,
                                        kClusterDelslots,
                                        kClusterDelslotsrange,
                                        kClusterFailover,
                                        kClusterFlushslots,
                                        kClusterForget,
                                        kClusterGetkeysinslot,
                                        kClusterHelp,
                                        kClusterInfo,
                                        kClusterKeyslot,
                                        kClusterLinks,
                                        kClusterMeet,
                                        kClusterMyid,
                                        kClusterMyshardid,
                                        kClusterNodes,
                                        kClusterReplicas,
                                        kClusterReplicate,
                                        kClusterReset,
                                        kClusterSaveconfig,
                                        kClusterSetConfigEpoch,
                                        kClusterSetslot,
                                        kClusterShards,
                                        kClusterSlaves,
                                        kClusterSlots};

constexpr Command kCluster{
    .name = "cluster",
    .summary = "A container for commands about the cluster.",
    .since = "3.0.0",
    .complexity = "Depends on the subcommand.",
    .group = Group::cluster,
    .arity = at_least(2),
    .subcommands = kClusterCommands,
};

constexpr Command kReadonly{
    .name = "readonly",
    .summary = "Lets this connection read from a replica.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(1),
    .flags = Flag::loading | Flag::stale | Flag::fast,
    .categories = Category::connection,
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kReadwrite{
    .name = "readwrite",
    .summary = "Ends what READONLY began.",
    .since = "3.0.0",
    .complexity = "O(1)",
    .group = Group::cluster,
    .arity = exactly(1),
    .flags = Flag::loading | Flag::stale | Flag::fast,
    .categories = Category::connection,
    .scope = Scope::home,
    .run = refuse,
};

constexpr Command kCommands[] = {kAsking, kCluster, kReadonly, kReadwrite};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> cluster_commands() { return kCommands; }

}  // namespace tidemark::server
