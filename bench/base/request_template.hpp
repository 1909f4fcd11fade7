#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::bench {

// What stands for the placeholders. Everything has a fixed width, so that a request is encoded once
// and issuing it is a copy and a few digits written over it.
struct PlaceholderFormat {
  std::string key_prefix = "key:";
  size_t key_bytes = 16;    // the prefix and zero-padded digits; at least 10 digits are kept
  size_t value_bytes = 64;  // of __data__
  uint64_t value_seed = 1;  // __data__ is incompressible, and the same for the same seed
};

// The varying parts of one request.
struct PlaceholderValues {
  uint64_t key = 0;      // __key__
  uint64_t channel = 0;  // __channel__: its number among the channels, from 0
  uint64_t message = 0;  // __id__: how many messages came before it
  uint64_t random = 0;   // __rand__
};

// The ids that __channel__ and __id__ stand for: 19 digits as snowflakes of 2016 to 2026 have them,
// channels spread over the years, messages after every channel and growing with their number.
uint64_t channel_id(uint64_t channel);
uint64_t message_id(uint64_t message);

// A command line such as "SET __key__ __data__", encoded as a RESP array with holes.
class RequestTemplate {
 public:
  // Words are separated by spaces; a placeholder may be part of a word. Throws BenchError where the
  // line is empty.
  RequestTemplate(std::string_view line, const PlaceholderFormat& format);

  size_t bytes() const { return encoded_.size(); }
  const std::string& name() const { return name_; }

  // Writes bytes() bytes at `out`.
  void write(char* out, const PlaceholderValues& values) const;

 private:
  enum class Kind : uint8_t { key, channel, message, random };
  struct Hole {
    Kind kind;
    size_t offset;
    size_t digits;
  };

  void append_word(std::string_view word, const PlaceholderFormat& format);

  std::string name_;
  std::string encoded_;
  std::vector<Hole> holes_;
};

}  // namespace tidemark::bench
