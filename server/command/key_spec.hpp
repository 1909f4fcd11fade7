#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <variant>

#include "storage/base/bytes.hpp"

namespace tidemark::server {

// Where a command's keys stand among its arguments, said in the two steps of Redis's key
// specifications (https://redis.io/docs/latest/develop/reference/key-specs/): where to start, and
// how to walk from there. Positions count the command's name as 0.

// What a command does to a key, in the words of COMMAND INFO.
enum class Access : uint8_t {
  inspect,           // RO: looks at the key, not at its value
  read,              // RO ACCESS: uses or returns the value
  insert,            // RW INSERT
  update,            // RW UPDATE
  erase,             // RW DELETE: takes parts of the value away unseen
  access_write,      // RW ACCESS
  access_insert,     // RW ACCESS INSERT
  access_update,     // RW ACCESS UPDATE
  access_delete,     // RW ACCESS DELETE
  overwrite,         // OW UPDATE
  overwrite_insert,  // OW INSERT
  remove,            // RM DELETE
  channel,           // NOT_KEY: a name that is placed as keys are, but is none
};

// The words, in the order of COMMAND INFO. They live as long as the program.
std::span<const Bytes> words_of(Access access);

constexpr bool reads(Access access) {
  return access == Access::read ||
         (access >= Access::access_write && access <= Access::access_delete);
}
constexpr bool writes(Access access) {
  return access >= Access::insert && access != Access::channel;
}

struct StartAt {
  int16_t position;
};
// After the first `keyword`, searched from `from`, or backwards where that is negative.
struct StartAfter {
  Bytes keyword;
  int16_t from;
};
// Anywhere, or nowhere among the arguments: SORT. Only Command::find_keys finds them, if anything.
struct StartUnknown {};

// From the start to `last`, counted from the start, or from the end of the arguments where
// negative; every `step`; of what is left only 1/limit where limit > 1.
struct Walk {
  int16_t last = 0;
  int16_t step = 1;
  int16_t limit = 0;
};
// As many as the number at `count` says, from `first`; both counted from the start.
struct WalkCounted {
  int16_t count = 0;
  int16_t first = 1;
  int16_t step = 1;
};

enum class KeyExtra : uint8_t {
  none,
  incomplete,      // there are keys that the specification misses
  variable_flags,  // what is done to the key depends on other arguments
};

struct KeySpec {
  std::variant<StartAt, StartAfter, StartUnknown> start = StartAt{1};
  std::variant<Walk, WalkCounted> walk = Walk{};
  Access access = Access::read;
  KeyExtra extra = KeyExtra::none;
};

// The one key at `position`.
constexpr KeySpec key_at(int16_t position, Access access) {
  return {.start = StartAt{position}, .walk = Walk{}, .access = access};
}
// Every argument from `position` to the end, every `step`.
constexpr KeySpec keys_from(int16_t position, Access access, int16_t step = 1) {
  return {.start = StartAt{position}, .walk = Walk{.last = -1, .step = step}, .access = access};
}
// The two keys from `position` on.
constexpr KeySpec two_keys_at(int16_t position, Access access) {
  return {.start = StartAt{position}, .walk = Walk{.last = 1}, .access = access};
}
// A count at `position`, then that many keys.
constexpr KeySpec counted_keys_at(int16_t position, Access access) {
  return {.start = StartAt{position}, .walk = WalkCounted{}, .access = access};
}

constexpr KeySpec unknown_keys(Access access) {
  return {.start = StartUnknown{}, .access = access};
}

// A command's key specifications, kept inside the declaration.
class KeySpecs {
 public:
  constexpr KeySpecs() = default;
  constexpr KeySpecs(std::initializer_list<KeySpec> specs) : size_(specs.size()) {
    size_t i = 0;
    for (const KeySpec& spec : specs) specs_[i++] = spec;
  }
  constexpr std::span<const KeySpec> all() const { return {specs_.data(), size_}; }
  constexpr bool empty() const { return size_ == 0; }
  // True where the command has one key at most, at a fixed position: what the hot path asks.
  constexpr bool single() const {
    return size_ == 1 && std::holds_alternative<StartAt>(specs_[0].start) &&
           std::holds_alternative<Walk>(specs_[0].walk) && std::get<Walk>(specs_[0].walk).last == 0;
  }
  constexpr int16_t single_position() const { return std::get<StartAt>(specs_[0].start).position; }

 private:
  static constexpr size_t kSpecsMax = 3;
  std::array<KeySpec, kSpecsMax> specs_{};
  size_t size_ = 0;
};

}  // namespace tidemark::server
