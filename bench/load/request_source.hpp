#pragma once

#include <cstdint>
#include <vector>

#include "bench/base/distribution.hpp"
#include "bench/base/random.hpp"
#include "bench/base/request_template.hpp"

namespace tidemark::bench {

// The requests of one thread, one after the other. A mix draws a command by weight, a key by the
// distribution and a channel uniformly, and never ends; a fill runs one command for each key of the
// thread's share and then begins again with the next channel, as read states come to be in life.
class RequestSource {
 public:
  struct Share {
    uint32_t index = 0;
    uint32_t of = 1;
  };
  struct Mix {
    std::vector<RequestTemplate> commands;
    std::vector<uint32_t> weights;
    KeyDistribution distribution;
    uint64_t keys = 1;
    uint64_t channels = 1;
    uint64_t seed = 1;
    Share share;
  };
  struct Fill {
    RequestTemplate command;
    uint64_t keys = 1;
    uint64_t channels = 1;
    Share share;
  };
  explicit RequestSource(Mix mix);
  explicit RequestSource(const Fill& fill);

  // Room for the longest request.
  size_t bytes_max() const { return bytes_max_; }
  size_t command_count() const { return commands_.size(); }
  bool exhausted() const { return left_ == 0; }

  struct Written {
    size_t bytes;
    uint8_t command;
  };
  // REQUIRES: not exhausted(), and bytes_max() bytes at `out`.
  Written write_next(char* out);

 private:
  std::vector<RequestTemplate> commands_;
  std::vector<uint8_t> by_weight_;  // command indexes, each as often as its weight says
  KeyPicker keys_;
  Random random_;
  uint64_t channels_;
  uint64_t message_;
  uint64_t message_stride_;
  size_t bytes_max_ = 0;
  // A fill's own state.
  bool filling_ = false;
  uint64_t first_key_ = 0;
  uint64_t key_count_ = 0;
  uint64_t key_ = 0;
  uint64_t channel_ = 0;
  uint64_t left_ = UINT64_MAX;
};

}  // namespace tidemark::bench
