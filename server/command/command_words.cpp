#include "server/command/command_words.hpp"

namespace tidemark::server {

std::span<const CategoryName> category_names() {
  static constexpr CategoryName kNames[] = {
      {Category::keyspace, "keyspace"},
      {Category::read, "read"},
      {Category::write, "write"},
      {Category::set, "set"},
      {Category::sorted_set, "sortedset"},
      {Category::list, "list"},
      {Category::hash, "hash"},
      {Category::string, "string"},
      {Category::bitmap, "bitmap"},
      {Category::hyperloglog, "hyperloglog"},
      {Category::geo, "geo"},
      {Category::stream, "stream"},
      {Category::pubsub, "pubsub"},
      {Category::admin, "admin"},
      {Category::fast, "fast"},
      {Category::slow, "slow"},
      {Category::blocking, "blocking"},
      {Category::dangerous, "dangerous"},
      {Category::connection, "connection"},
      {Category::transaction, "transaction"},
      {Category::scripting, "scripting"},
      {Category::read_state, "readstate"},
  };
  return kNames;
}

std::span<const FlagName> flag_names() {
  static constexpr FlagName kNames[] = {
      {Flag::write, "write"},
      {Flag::readonly, "readonly"},
      {Flag::deny_oom, "denyoom"},
      {Flag::admin, "admin"},
      {Flag::pubsub, "pubsub"},
      {Flag::no_script, "noscript"},
      {Flag::blocking, "blocking"},
      {Flag::loading, "loading"},
      {Flag::stale, "stale"},
      {Flag::skip_monitor, "skip_monitor"},
      {Flag::skip_slowlog, "skip_slowlog"},
      {Flag::asking, "asking"},
      {Flag::fast, "fast"},
      {Flag::no_auth, "no_auth"},
      {Flag::no_async_loading, "no_async_loading"},
      {Flag::no_multi, "no_multi"},
      {Flag::no_mandatory_keys, "no_mandatory_keys"},
      {Flag::allow_busy, "allow_busy"},
  };
  return kNames;
}

Bytes name_of(Group group) {
  switch (group) {
    case Group::generic:
      return "generic";
    case Group::string:
      return "string";
    case Group::list:
      return "list";
    case Group::set:
      return "set";
    case Group::sorted_set:
      return "sorted-set";
    case Group::hash:
      return "hash";
    case Group::pubsub:
      return "pubsub";
    case Group::transactions:
      return "transactions";
    case Group::connection:
      return "connection";
    case Group::server:
      return "server";
    case Group::scripting:
      return "scripting";
    case Group::hyperloglog:
      return "hyperloglog";
    case Group::cluster:
      return "cluster";
    case Group::sentinel:
      return "sentinel";
    case Group::geo:
      return "geo";
    case Group::stream:
      return "stream";
    case Group::bitmap:
      return "bitmap";
    case Group::read_state:
      return "readstate";
  }
  return {};
}

}  // namespace tidemark::server
