#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "protocol/reply.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

// Reads a command's arguments in order. The first thing that is wrong is kept, everything after it
// reads as empty or zero, so that a handler checks once:
//
//   const Bytes key = args.next();
//   const int64_t count = args.next_integer();
//   if (args.failed()) return args.error();
//
// Debug builds end the process when a reader that failed is dropped without having been asked.
class ArgReader {
 public:
  // `args` with the command's name, of which `skip` words (1, or 2 with a subcommand) are behind.
  explicit ArgReader(std::span<const Bytes> args, size_t skip = 1) : args_(args), next_(skip) {}
  ~ArgReader();
  ArgReader(const ArgReader&) = delete;
  ArgReader& operator=(const ArgReader&) = delete;

  size_t remaining() const { return args_.size() - next_; }
  bool empty() const { return remaining() == 0; }
  // The argument that next() returns; empty at the end.
  Bytes peek() const { return empty() ? Bytes() : args_[next_]; }

  // A syntax error where none is left.
  Bytes next();
  // "value is not an integer or out of range" where it is not one.
  int64_t next_integer();
  // `error` (a text with its code, of static life) where it is not an integer from low to high.
  int64_t next_integer(int64_t low, int64_t high, Bytes error);
  double next_double();
  // All that is left.
  std::span<const Bytes> rest();
  // The next `count` arguments; a syntax error where fewer are left.
  std::span<const Bytes> take(size_t count);

  // Whether the next argument is `word`, in any case; steps over it if so.
  bool accept(Bytes word);
  // As accept(), where at least `values` arguments follow the word.
  bool accept_with(Bytes word, size_t values);
  // A syntax error where anything is left.
  void finish();

  // Keeps the first error; `text` starts with its code and has static life.
  void fail(Bytes text);
  void fail_syntax();
  bool failed() const {
    asked_ = true;
    return !error_.empty();
  }
  protocol::Reply error() const;

  // The arguments with the command's name, for what needs positions.
  std::span<const Bytes> all() const { return args_; }

 private:
  std::span<const Bytes> args_;
  size_t next_;
  Bytes error_;
  mutable bool asked_ = false;
};

}  // namespace tidemark::server
