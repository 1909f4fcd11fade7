#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>

#include "storage/base/bytes.hpp"

namespace tidemark::server::crash {

// A line of text that is put together in place, as a signal handler may: without an allocation, a
// locale or a lock. What does not fit is left out.
class SafeText {
 public:
  SafeText& add(Bytes text) {
    const size_t taken = std::min(text.size(), buffer_.size() - size_);
    if (taken > 0) std::memcpy(buffer_.data() + size_, text.data(), taken);
    size_ += taken;
    return *this;
  }
  SafeText& add(char c) { return add(Bytes(&c, 1)); }

  SafeText& number(std::integral auto value) {
    auto rest = static_cast<uint64_t>(value);
    if constexpr (std::signed_integral<decltype(value)>) {
      if (value < 0) {
        add('-');
        rest = 0 - rest;
      }
    }
    return digits(rest, 10, 1);
  }
  // With leading zeros up to the width.
  SafeText& padded(uint64_t value, size_t width) { return digits(value, 10, width); }
  SafeText& hex(uint64_t value, size_t width = 1) { return digits(value, 16, width); }

  Bytes view() const { return {buffer_.data(), size_}; }
  void clear() { size_ = 0; }

 private:
  SafeText& digits(uint64_t value, uint64_t base, size_t width) {
    constexpr size_t kDigitsMax = 20;
    std::array<char, kDigitsMax> text{};
    size_t first = text.size();
    do {
      text[--first] = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    while (text.size() - first < std::min(width, text.size())) text[--first] = '0';
    return add({text.data() + first, text.size() - first});
  }

  static constexpr size_t kBytes = 4096;
  std::array<char, kBytes> buffer_;
  size_t size_ = 0;
};

}  // namespace tidemark::server::crash
