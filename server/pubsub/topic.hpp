#pragma once

#include <cstddef>
#include <cstdint>

namespace tidemark::server {

// What a client may subscribe to. Channels and shard channels are different ones where they have
// the same name.
enum class Topic : uint8_t { channel, pattern, shard_channel };

inline constexpr size_t kTopics = 3;

constexpr size_t index_of(Topic topic) { return static_cast<size_t>(topic); }

}  // namespace tidemark::server
