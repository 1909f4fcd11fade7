#include "storage/value/packed.hpp"

#include <array>
#include <cstring>

#include "storage/base/ensure.hpp"
#include "storage/base/heap.hpp"

namespace tidemark::storage {

namespace {

// First bytes.
constexpr uint8_t kShortText = 0x80;
constexpr uint8_t kShortInteger = 0xc0;
constexpr uint8_t kMiddleText = 0xe0;
constexpr uint8_t kLongText = 0xf0;
constexpr uint8_t kInteger16 = 0xf1;
constexpr uint8_t kInteger24 = 0xf2;
constexpr uint8_t kInteger32 = 0xf3;
constexpr uint8_t kInteger64 = 0xf4;

constexpr size_t kShortTextMax = 63;
constexpr size_t kMiddleTextMax = 4095;
constexpr size_t kLongTextHead = 5;
constexpr size_t kBackLengthMax = 5;

uint8_t byte_at(const char* from, size_t index) { return static_cast<uint8_t>(from[index]); }

// `bytes` bytes, little endian, the top bit being the sign.
int64_t load_signed(const char* from, size_t bytes) {
  uint64_t value = 0;
  std::memcpy(&value, from, bytes);
  const unsigned unused = 64 - 8 * static_cast<unsigned>(bytes);
  return static_cast<int64_t>(value << unused) >> unused;
}

// How many bytes of an integer follow its first byte; 0 where that is not of such a kind.
size_t integer_tail(uint8_t first) {
  switch (first) {
    case kInteger16:
      return 2;
    case kInteger24:
      return 3;
    case kInteger32:
      return 4;
    case kInteger64:
      return 8;
    default:
      return 0;
  }
}

// A text's place behind its first bytes.
struct TextSpan {
  size_t head;
  size_t length;
};

// REQUIRES: the first byte says that it is a text.
TextSpan text_span(const char* at) {
  const uint8_t first = byte_at(at, 0);
  if (first < kShortInteger) return {.head = 1, .length = first & 0x3fU};
  if (first < kLongText) {
    return {.head = 2, .length = (static_cast<size_t>(first & 0x0fU) << 8) | byte_at(at, 1)};
  }
  uint32_t length = 0;
  std::memcpy(&length, at + 1, sizeof length);
  return {.head = kLongTextHead, .length = length};
}

bool is_text(uint8_t first) {
  return (first & 0xc0U) == kShortText || (first & 0xf0U) == kMiddleText || first == kLongText;
}

// Without the length behind it.
size_t encoded_bytes(const char* at) {
  const uint8_t first = byte_at(at, 0);
  if (first < kShortText) return 1;
  if (is_text(first)) {
    const TextSpan span = text_span(at);
    return span.head + span.length;
  }
  if (first < kMiddleText) return 2;
  const size_t tail = integer_tail(first);
  ENSURE_DEBUG(tail != 0);
  return 1 + tail;
}

// The limits are listpack's own, one below what the bits could hold from the second on.
size_t back_length_bytes(size_t encoded) {
  if (encoded <= 127) return 1;
  if (encoded < 16383) return 2;
  if (encoded < 2097151) return 3;
  if (encoded < 268435455) return 4;
  return kBackLengthMax;
}

void write_back_length(char* to, size_t encoded) {
  for (size_t i = back_length_bytes(encoded); i-- > 0; encoded >>= 7) {
    to[i] = static_cast<char>((encoded & 127U) | (i > 0 ? 128U : 0U));
  }
}

// The length that ends right before `end`.
size_t read_back_length(const char* end) {
  size_t encoded = 0;
  for (unsigned shift = 0;; shift += 7) {
    const uint8_t byte = byte_at(--end, 0);
    encoded |= static_cast<size_t>(byte & 127U) << shift;
    if ((byte & 128U) == 0) return encoded;
    ENSURE(shift < 7 * kBackLengthMax);
  }
}

}  // namespace

// The first bytes, and for a text its bytes where they are.
struct Packed::Image {
  std::array<char, 9> head{};
  size_t head_bytes = 0;
  Bytes text;

  size_t encoded() const { return head_bytes + text.size(); }
  size_t whole() const { return encoded() + back_length_bytes(encoded()); }
};

Packed::Image Packed::image_of(int64_t integer) {
  Image image;
  const auto bits = static_cast<uint64_t>(integer);
  if (integer >= 0 && integer <= 127) {
    image.head[0] = static_cast<char>(integer);
    image.head_bytes = 1;
  } else if (integer >= -4096 && integer <= 4095) {
    image.head[0] = static_cast<char>(kShortInteger | ((bits >> 8) & 0x1fU));
    image.head[1] = static_cast<char>(bits & 0xffU);
    image.head_bytes = 2;
  } else {
    size_t tail = 8;
    uint8_t first = kInteger64;
    if (integer >= INT16_MIN && integer <= INT16_MAX) {
      tail = 2;
      first = kInteger16;
    } else if (integer >= -(1 << 23) && integer < (1 << 23)) {
      tail = 3;
      first = kInteger24;
    } else if (integer >= INT32_MIN && integer <= INT32_MAX) {
      tail = 4;
      first = kInteger32;
    }
    image.head[0] = static_cast<char>(first);
    std::memcpy(image.head.data() + 1, &bits, tail);
    image.head_bytes = 1 + tail;
  }
  return image;
}

Packed::Image Packed::image_of(Bytes text) {
  if (text.size() <= kInt64CharsMax) {
    if (const auto integer = parse_int64(text)) return image_of(*integer);
  }
  Image image{.text = text};
  const size_t length = text.size();
  if (length <= kShortTextMax) {
    image.head[0] = static_cast<char>(kShortText | length);
    image.head_bytes = 1;
  } else if (length <= kMiddleTextMax) {
    image.head[0] = static_cast<char>(kMiddleText | (length >> 8));
    image.head[1] = static_cast<char>(length & 0xffU);
    image.head_bytes = 2;
  } else {
    ENSURE(length <= kBytesMax);
    const auto length32 = static_cast<uint32_t>(length);
    image.head[0] = static_cast<char>(kLongText);
    std::memcpy(image.head.data() + 1, &length32, sizeof length32);
    image.head_bytes = kLongTextHead;
  }
  return image;
}

Packed::Packed(const Packed& other) : bytes_(other.bytes_), size_(other.size_) {
  if (other.block_ == nullptr) return;
  block_ = static_cast<char*>(heap::allocate(bytes_));
  std::memcpy(block_, other.block_, bytes_);
}

size_t Packed::memory_bytes() const { return block_ == nullptr ? 0 : heap::block_bytes(bytes_); }
size_t Packed::element_bytes(Bytes text) { return image_of(text).whole(); }
size_t Packed::element_bytes(int64_t integer) { return image_of(integer).whole(); }

size_t Packed::whole_bytes(Position at) const {
  const size_t encoded = encoded_bytes(block_ + at.offset_);
  return encoded + back_length_bytes(encoded);
}

Packed::Position Packed::next(Position at) const {
  ENSURE_DEBUG(at.offset_ < bytes_);
  return Position(at.offset_ + whole_bytes(at));
}

Packed::Position Packed::previous(Position at) const {
  ENSURE_DEBUG(at.offset_ > 0);
  const size_t encoded = read_back_length(block_ + at.offset_);
  return Position(at.offset_ - encoded - back_length_bytes(encoded));
}

Packed::Position Packed::skip(Position at, size_t steps) const {
  for (; steps > 0; --steps) at = next(at);
  return at;
}

Packed::Position Packed::at(size_t index) const {
  ENSURE_DEBUG(index < size_);
  if (index <= size_ / 2) return skip(begin(), index);
  Position at = end();
  for (size_t steps = size_ - index; steps > 0; --steps) at = previous(at);
  return at;
}

std::vector<Packed::Position> Packed::positions(size_t stride) const {
  std::vector<Position> places;
  places.reserve(size_ / stride);
  for (Position at = begin(); at != end(); at = skip(at, stride)) places.push_back(at);
  return places;
}

PackedElement Packed::get(Position at) const {
  ENSURE_DEBUG(at.offset_ < bytes_);
  const char* from = block_ + at.offset_;
  const uint8_t first = byte_at(from, 0);
  if (first < kShortText) return PackedElement(int64_t{first});
  if (is_text(first)) {
    const TextSpan span = text_span(from);
    return PackedElement(Bytes(from + span.head, span.length));
  }
  if (first < kMiddleText) {
    const uint64_t bits = (static_cast<uint64_t>(first & 0x1fU) << 8) | byte_at(from, 1);
    return PackedElement(static_cast<int64_t>(bits << 51) >> 51);
  }
  return PackedElement(load_signed(from + 1, integer_tail(first)));
}

bool Packed::equals(Position at, Bytes text) const {
  const PackedElement element = get(at);
  IntegerText scratch;
  return element.text(scratch) == text;
}

// An element is equal where its first bytes and its text are: the encoding of a text is unique. So
// the search compares bytes and decodes nothing but lengths.
Packed::Position Packed::find(Bytes text, Position from, size_t stride) const {
  const Image wanted = image_of(text);
  const size_t encoded = wanted.encoded();
  for (Position at = from; at != end(); at = skip(at, stride)) {
    const char* candidate = block_ + at.offset_;
    if (candidate[0] != wanted.head[0] || bytes_ - at.offset_ < encoded) continue;
    if (std::memcmp(candidate, wanted.head.data(), wanted.head_bytes) != 0) continue;
    if (Bytes(candidate + wanted.head_bytes, wanted.text.size()) == wanted.text) return at;
  }
  return end();
}

size_t Packed::count(Bytes text) const {
  size_t found = 0;
  for (Position at = find(text, begin()); at != end(); at = find(text, next(at))) ++found;
  return found;
}

char* Packed::make_room(size_t offset, size_t old_bytes, size_t new_bytes) {
  const size_t total = bytes_ - old_bytes + new_bytes;
  ENSURE(total <= kBytesMax);
  const size_t tail = bytes_ - offset - old_bytes;
  if (new_bytes < old_bytes) {
    std::memmove(block_ + offset + new_bytes, block_ + offset + old_bytes, tail);
  }
  if (total == 0) {
    clear();
    return nullptr;
  }
  if (block_ == nullptr) {
    block_ = static_cast<char*>(heap::allocate(total));
  } else if (heap::block_bytes(total) != heap::block_bytes(bytes_)) {
    block_ = static_cast<char*>(heap::reallocate(block_, total));
  }
  if (new_bytes > old_bytes) {
    std::memmove(block_ + offset + new_bytes, block_ + offset + old_bytes, tail);
  }
  bytes_ = static_cast<uint32_t>(total);
  return block_ + offset;
}

Packed::Position Packed::put(Position at, size_t old_bytes, const Image& image) {
  char* to = make_room(at.offset_, old_bytes, image.whole());
  std::memcpy(to, image.head.data(), image.head_bytes);
  to += image.head_bytes;
  if (!image.text.empty()) std::memcpy(to, image.text.data(), image.text.size());
  write_back_length(to + image.text.size(), image.encoded());
  return at;
}

Packed::Position Packed::insert(Position before, Bytes text) {
  ++size_;
  return put(before, 0, image_of(text));
}

Packed::Position Packed::insert(Position before, int64_t integer) {
  ++size_;
  return put(before, 0, image_of(integer));
}

Packed::Position Packed::replace(Position at, Bytes text) {
  return put(at, whole_bytes(at), image_of(text));
}

Packed::Position Packed::replace(Position at, int64_t integer) {
  return put(at, whole_bytes(at), image_of(integer));
}

Packed::Position Packed::erase(Position first, size_t count) {
  if (count == 0) return first;
  ENSURE_DEBUG(count <= size_);
  const Position last = skip(first, count);
  size_ = size_ - static_cast<uint32_t>(count);
  make_room(first.offset_, last.offset_ - first.offset_, 0);
  return first;
}

// What is kept moves up over what goes, each byte once.
void Packed::erase_equal(Bytes text, size_t spared, size_t count) {
  Position at = find(text, begin());
  for (; spared > 0; --spared) at = find(text, next(at));
  if (count == 0) return;
  size_ -= static_cast<uint32_t>(count);
  size_t kept = at.offset_;
  for (; count > 1; --count) {
    const Position behind = next(at);
    at = find(text, behind);
    std::memmove(block_ + kept, block_ + behind.offset_, at.offset_ - behind.offset_);
    kept += at.offset_ - behind.offset_;
  }
  make_room(kept, next(at).offset_ - kept, 0);
}

Packed Packed::split(Position first) {
  Packed tail;
  const size_t tail_bytes = bytes_ - first.offset_;
  if (tail_bytes == 0) return tail;
  if (first.offset_ == 0) return std::exchange(*this, Packed());
  for (Position at = first; at != end(); at = next(at)) ++tail.size_;
  tail.make_room(0, 0, tail_bytes);
  std::memcpy(tail.block_, block_ + first.offset_, tail_bytes);
  size_ -= tail.size_;
  make_room(first.offset_, tail_bytes, 0);
  return tail;
}

void Packed::append(const Packed& other) {
  ENSURE_DEBUG(this != &other);
  if (other.empty()) return;
  const size_t offset = bytes_;
  std::memcpy(make_room(offset, 0, other.bytes_), other.block_, other.bytes_);
  size_ += other.size_;
}

void Packed::clear() {
  if (block_ != nullptr) heap::deallocate(block_, bytes_);
  block_ = nullptr;
  bytes_ = 0;
  size_ = 0;
}

void Packed::check() const {
  ENSURE((block_ == nullptr) == (bytes_ == 0));
  size_t seen = 0;
  for (size_t offset = 0; offset < bytes_; ++seen) {
    const size_t encoded = encoded_bytes(block_ + offset);
    const size_t whole = encoded + back_length_bytes(encoded);
    ENSURE(whole <= bytes_ - offset);
    ENSURE(read_back_length(block_ + offset + whole) == encoded);
    // What spells an integer is one, or equal elements would differ.
    const PackedElement element = get(Position(offset));
    IntegerText scratch;
    ENSURE(element.is_integer() || !parse_int64(element.text(scratch)).has_value());
    ENSURE(element_bytes(element.text(scratch)) == whole);
    offset += whole;
  }
  ENSURE(seen == size_);
}

}  // namespace tidemark::storage
