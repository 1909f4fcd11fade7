#pragma once

#include <cstddef>

#include "storage/base/bytes.hpp"
#include "storage/base/heap.hpp"
#include "storage/base/pages.hpp"

namespace tidemark::storage {

// The bytes of a string too long to lie in its entry, in a block of their own with room to grow.
//
// From kMappedFrom on the block is made of pages (storage/base/pages.hpp): it grows without a copy,
// zeros in it cost nothing until they are written, and it is freed in slices. So neither APPEND to
// hundreds of megabytes nor SETRANGE far beyond the end, nor the end of such a string, holds the
// loop up.
//
// The object lies at the start of its block and moves when it grows, as with realloc.
class TextBuffer {
 public:
  static constexpr size_t kMappedFrom = size_t{2} << 20;
  // Growth never reserves more.
  static constexpr size_t kLengthMax = size_t{512} << 20;

  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;

  // `text`, with room for `capacity` bytes or more.
  static TextBuffer* make(Bytes text, size_t capacity);
  static void destroy(TextBuffer* buffer);
  // Kept up to the shorter length, zeros beyond. Growth is amortized.
  [[nodiscard]] static TextBuffer* resize(TextBuffer* buffer, size_t length);

  Bytes text() const { return {reinterpret_cast<const char*>(this + 1), length_}; }
  char* bytes() { return reinterpret_cast<char*>(this + 1); }
  // What it has allocated; of pages also those that were never written.
  size_t memory_bytes() const { return sizeof(TextBuffer) + capacity_; }

  // Whether to free it takes long: then free_some(), until that returns false, before destroy().
  // Gives back so many grains of pages; nothing but memory_bytes() may be asked from then on.
  bool frees_slowly() const { return memory_bytes() > kMappedFrom; }
  [[nodiscard]] bool free_some(size_t grains);

 private:
  TextBuffer(size_t length, size_t block)
      : length_(length), capacity_(block - sizeof(TextBuffer)) {}

  static size_t block_bytes(size_t capacity) {
    const size_t block = heap::block_bytes(sizeof(TextBuffer) + capacity);
    return block < kMappedFrom ? block : pages::rounded(sizeof(TextBuffer) + capacity);
  }
  bool is_mapped() const { return memory_bytes() >= kMappedFrom; }
  static TextBuffer* grow(TextBuffer* buffer, size_t length);

  size_t length_;
  size_t capacity_;  // of pages, all that lies beyond the length is zero
};

}  // namespace tidemark::storage
