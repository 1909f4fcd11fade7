#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "server/pubsub/topic.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

// A name got its first subscriber on some core, or lost its last one there.
struct DirectoryChange {
  Topic topic;
  std::string name;
  bool subscribed;
};

// Which channels and patterns have subscribers anywhere, each name at the core that owns it as it
// would own a key: so that PUBSUB and INFO count every name once, without comparing what the cores
// have.
//
// Its core's thread, or exclusive work.
class Directory {
 public:
  void apply(const DirectoryChange& change) {
    auto& names = names_[index_of(change.topic)];
    if (change.subscribed) {
      ++names[change.name];
      return;
    }
    const auto found = names.find(change.name);
    if (found != names.end() && --found->second == 0) names.erase(found);
  }
  size_t size(Topic topic) const { return names_[index_of(topic)].size(); }
  // By name, on how many cores it has subscribers.
  const std::map<std::string, uint32_t>& names(Topic topic) const {
    return names_[index_of(topic)];
  }

 private:
  std::array<std::map<std::string, uint32_t>, kTopics> names_;
};

}  // namespace tidemark::server
