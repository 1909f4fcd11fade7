#include "storage/keyspace/text_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "storage/base/ensure.hpp"

namespace tidemark::storage {

namespace {

// How much more than is needed a text gets when it grows: as much again while it is small, then a
// quarter; of pages, whose growth is cheap, an eighth.
size_t spare(size_t length) {
  constexpr size_t kDoubleBelow = size_t{1} << 20;
  if (length < kDoubleBelow) return length;
  return length < TextBuffer::kMappedFrom ? length / 4 : length / 8;
}

}  // namespace

TextBuffer* TextBuffer::make(Bytes text, size_t capacity) {
  ENSURE(text.size() <= capacity);
  const size_t block = block_bytes(capacity);
  void* const memory = block < kMappedFrom ? heap::allocate(block) : pages::map(block);
  auto* const made = new (memory) TextBuffer(text.size(), block);
  if (!text.empty()) std::memcpy(made->bytes(), text.data(), text.size());
  return made;
}

void TextBuffer::destroy(TextBuffer* buffer) {
  if (buffer->is_mapped()) {
    pages::unmap(buffer, buffer->memory_bytes());
  } else {
    heap::deallocate(buffer, buffer->memory_bytes());
  }
}

TextBuffer* TextBuffer::resize(TextBuffer* buffer, size_t length) {
  const size_t old_length = buffer->length_;
  if (length > buffer->capacity_) buffer = grow(buffer, length);
  if (length < old_length) {
    if (buffer->is_mapped()) std::memset(buffer->bytes() + length, 0, old_length - length);
  } else if (!buffer->is_mapped()) {
    std::memset(buffer->bytes() + old_length, 0, length - old_length);
  }
  buffer->length_ = length;
  return buffer;
}

TextBuffer* TextBuffer::grow(TextBuffer* buffer, size_t length) {
  ENSURE(length <= kLengthMax);
  const size_t block = block_bytes(std::min(length + spare(length), kLengthMax));
  if (!buffer->is_mapped() && block >= kMappedFrom) {
    TextBuffer* const made = make(buffer->text(), block - sizeof(TextBuffer));
    destroy(buffer);
    return made;
  }
  void* const memory = buffer->is_mapped() ? pages::remap(buffer, buffer->memory_bytes(), block)
                                           : heap::reallocate(buffer, block);
  auto* const grown = static_cast<TextBuffer*>(memory);
  grown->capacity_ = block - sizeof(TextBuffer);
  return grown;
}

bool TextBuffer::free_some(size_t grains) {
  // What is left at the end has to look like pages to destroy().
  const size_t spare_grains = (memory_bytes() - kMappedFrom) / pages::kGrain;
  const size_t freed = std::min(grains, spare_grains) * pages::kGrain;
  capacity_ -= freed;
  if (freed > 0) pages::unmap(reinterpret_cast<char*>(this) + memory_bytes(), freed);
  return frees_slowly();
}

}  // namespace tidemark::storage
