#include "bench/load/request_source.hpp"

#include <algorithm>
#include <utility>

#include "storage/base/ensure.hpp"

namespace tidemark::bench {

namespace {

// Acknowledgements of a measurement lie above those of the fill, which numbers by channel.
constexpr uint64_t kMixMessagesFrom = 1'000'000;

uint64_t share_start(uint64_t count, RequestSource::Share share) {
  return count / share.of * share.index + std::min<uint64_t>(count % share.of, share.index);
}

}  // namespace

RequestSource::RequestSource(Mix mix)
    : commands_(std::move(mix.commands)),
      keys_({.distribution = mix.distribution,
             .count = mix.keys,
             .first = share_start(mix.keys, mix.share)}),
      random_(mix.seed + mix64(mix.share.index + 1)),
      channels_(mix.channels),
      message_(kMixMessagesFrom + mix.share.index),
      message_stride_(mix.share.of) {
  ENSURE(!commands_.empty() && commands_.size() <= 256 && commands_.size() == mix.weights.size());
  for (size_t i = 0; i < commands_.size(); ++i) {
    by_weight_.insert(by_weight_.end(), mix.weights[i], static_cast<uint8_t>(i));
    bytes_max_ = std::max(bytes_max_, commands_[i].bytes());
  }
  ENSURE(!by_weight_.empty());
}

RequestSource::RequestSource(const Fill& fill)
    : commands_{fill.command},
      keys_({.count = 1}),
      random_(1),
      channels_(fill.channels),
      message_(0),
      message_stride_(0),
      bytes_max_(fill.command.bytes()),
      filling_(true),
      first_key_(share_start(fill.keys, fill.share)),
      key_count_(share_start(fill.keys, {fill.share.index + 1, fill.share.of}) - first_key_),
      left_(key_count_ * fill.channels) {}

RequestSource::Written RequestSource::write_next(char* out) {
  if (filling_) {
    const RequestTemplate& command = commands_.front();
    command.write(out, {.key = first_key_ + key_, .channel = channel_, .message = channel_});
    if (++key_ == key_count_) {
      key_ = 0;
      ++channel_;
    }
    --left_;
    return {command.bytes(), 0};
  }
  const uint8_t which = by_weight_.size() == 1 ? 0 : by_weight_[random_.below(by_weight_.size())];
  const RequestTemplate& command = commands_[which];
  PlaceholderValues values{.key = keys_.pick(random_), .message = message_};
  message_ += message_stride_;
  if (channels_ > 1) values.channel = random_.below(channels_);
  values.random = random_.next();
  command.write(out, values);
  return {command.bytes(), which};
}

}  // namespace tidemark::bench
