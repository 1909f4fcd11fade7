#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "protocol/output.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

struct CommandEntry;

// Parsed requests of one client in the order sent, as views into bytes that somebody else keeps.
//
// A pipeline is parsed some requests ahead so that the memory its keys lie in is on its way to the
// cache before the first of them runs; and requests for another core travel together.
class RequestBatch {
 public:
  struct Request {
    int32_t owner = -1;  // the core that owns the one key, where that was asked already
    const CommandEntry* entry = nullptr;  // null: unknown
    uint32_t first_arg = 0;
    uint32_t arg_count = 0;
    size_t bytes = 0;       // what it took of the client's stream
    uint64_t key_hash = 0;  // of the first key, where the command has one at a fixed place
    bool begun = false;     // it is counted and shown to monitors
  };

  bool empty() const { return next_ == requests_.size(); }
  size_t size() const { return requests_.size() - next_; }
  Request& front() { return requests_[next_]; }
  Request& at(size_t ahead) { return requests_[next_ + ahead]; }
  const Request& at(size_t ahead) const { return requests_[next_ + ahead]; }
  std::span<const Bytes> args(const Request& request) const {
    return {args_.data() + request.first_arg, request.arg_count};
  }

  // `args` are copied (the views, not the bytes).
  void push_back(const Request& request, std::span<const Bytes> args);
  // The same with a copy of the bytes, which lives as long as the batch has requests. Returns its
  // size.
  size_t push_back_owned(const Request& request, std::span<const Bytes> args);
  void pop_front() {
    if (++next_ == requests_.size()) clear();
  }
  void clear();
  // Gives back the memory kept for the next requests. REQUIRES: empty().
  void release_spare() { *this = RequestBatch(); }
  // What the requests took of the client's stream.
  size_t stream_bytes() const;
  // In copies of arguments.
  size_t owned_bytes() const { return owned_bytes_; }
  size_t memory_bytes() const {
    return requests_.capacity() * sizeof(Request) + args_.capacity() * sizeof(Bytes) + owned_bytes_;
  }
  // The bytes that views point into have moved from `from` to `to`.
  void rebase(Bytes from, const char* to);
  // Appends the bytes of the last request's arguments to `bytes`, where the views then point.
  // REQUIRES: room for them, so that the bytes do not move.
  void rebase_last(protocol::Output& bytes);

 private:
  std::vector<Request> requests_;
  std::vector<Bytes> args_;
  std::vector<std::unique_ptr<char[]>> owned_;
  size_t owned_bytes_ = 0;
  size_t next_ = 0;
};

}  // namespace tidemark::server
