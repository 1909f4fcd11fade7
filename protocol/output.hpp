#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "storage/base/bytes.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::protocol {

// Bytes on their way to a peer: appended at the back, sent from the front, in one allocation that
// doubles. It is its own class and not a std::string because a string writes zeros over room that
// the encoder fills a moment later, and cannot drop its front without moving the rest.
//
// One owner at a time, no thread safety. Pointers and views into it die with the next append.
class Output {
 public:
  Output() = default;
  ~Output() { std::free(data_); }
  Output(Output&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        begin_(std::exchange(other.begin_, 0)),
        end_(std::exchange(other.end_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Output& operator=(Output&& other) noexcept {
    Output moved(std::move(other));
    swap(moved);
    return *this;
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Room for at least `bytes` behind what is here. Write there, then commit what was written.
  char* reserve(size_t bytes) {
    if (capacity_ - end_ < bytes) [[unlikely]] {
      make_room(bytes);
    }
    return data_ + end_;
  }
  void commit(size_t bytes) { end_ += bytes; }
  // The same for a writer that knows where it stopped.
  void commit_to(const char* written_end) { end_ = static_cast<size_t>(written_end - data_); }

  void append(Bytes bytes) {
    // An empty view may have no address, which memcpy must not be given.
    if (bytes.empty()) return;
    std::memcpy(reserve(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
  }

  Bytes view() const { return {data_ + begin_, end_ - begin_}; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }

  // Forgets the first `bytes`, which have been sent. REQUIRES: that many are here.
  void consume_front(size_t bytes) {
    ENSURE_DEBUG(bytes <= size());
    begin_ += bytes;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  // Keeps the allocation for what comes next.
  void clear() { begin_ = end_ = 0; }
  // Frees the allocation as well.
  void release() { *this = Output(); }
  // Everything, leaving this one empty and without an allocation: for a write that outlives the
  // callback which started it.
  Output take() { return std::move(*this); }

  size_t memory_bytes() const { return capacity_; }

  void swap(Output& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  // Slides what is unsent to the front when that makes room enough, else grows. Throws
  // std::bad_alloc when there is no memory.
  void make_room(size_t bytes);

  char* data_ = nullptr;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t capacity_ = 0;
};

}  // namespace tidemark::protocol
