#pragma once

#include <cstdint>
#include <utility>
#include <variant>

#include "storage/base/ensure.hpp"

namespace tidemark {

// Failures that are expected in operation. The text a client sees is attached once, in
// server/errors.cpp.
enum class Errc : uint8_t {
  wrong_type,         // the key holds another kind of value
  not_an_integer,     // a value that should be a 64-bit integer is not
  not_a_float,        // a value that should be a float is not
  overflow,           // an increment would overflow
  nan_or_infinity,    // an increment would produce NaN or infinity
  string_too_long,    // a string would exceed proto-max-bulk-len
  out_of_range,       // an offset or index lies outside
  too_many_channels,  // a user would exceed readstate-max-channels
  store_down,         // the read state store is unavailable
  out_of_memory,      // used memory is above maxmemory and nothing may be evicted
  corrupt,            // persisted data fails verification
  io,                 // the operating system failed an operation on a file
};

// A T, or why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}  // NOLINT: implicit by design
  Result(Errc error) : state_(error) {}          // NOLINT: implicit by design

  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  Errc error() const { return std::get<Errc>(state_); }
  T& operator*() & { return std::get<T>(state_); }
  const T& operator*() const& { return std::get<T>(state_); }
  T&& operator*() && { return std::get<T>(std::move(state_)); }
  T* operator->() { return &std::get<T>(state_); }
  const T* operator->() const { return &std::get<T>(state_); }

 private:
  std::variant<T, Errc> state_;
};

// Success, or why not.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Errc error) : error_(error), ok_(false) {}  // NOLINT: implicit by design

  explicit operator bool() const { return ok_; }
  Errc error() const {
    ENSURE(!ok_);
    return error_;
  }

 private:
  Errc error_{};
  bool ok_ = true;
};

}  // namespace tidemark
