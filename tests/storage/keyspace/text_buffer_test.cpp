#include "storage/keyspace/text_buffer.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <random>
#include <string>

#include "storage/keyspace/disposal.hpp"

namespace tidemark::storage {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

std::string some_text(size_t length) {
  std::string text(length, '\0');
  for (size_t i = 0; i < length; ++i) text[i] = static_cast<char>('a' + i % 23);
  return text;
}

// Pages that this process has been given so far.
long page_faults() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

}  // namespace

TEST_CASE("a text keeps its bytes through every size, with zeros where it grew") {
  const unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::string expected = some_text(3000);
  TextBuffer* buffer = TextBuffer::make(expected, expected.size());
  for (int step = 0; step < 300; ++step) {
    // Around the sizes at which the block becomes one of pages, and far from them.
    const size_t limits[] = {5000, kMiB, 2 * kMiB + 100'000, 4 * kMiB};
    const size_t length = random() % limits[random() % 4];
    const size_t kept = std::min(length, expected.size());
    expected.resize(length);
    buffer = TextBuffer::resize(buffer, length);
    REQUIRE(buffer->text() == expected);
    for (size_t i = kept; i < length; i += 1 + length / 50) {
      expected[i] = buffer->bytes()[i] = static_cast<char>(random());
    }
  }
  CHECK(buffer->text() == expected);
  TextBuffer::destroy(buffer);
}

TEST_CASE("zeros far beyond the end take no memory until they are written") {
  TextBuffer* buffer = TextBuffer::make(some_text(1000), 1000);
  const long before = page_faults();
  buffer = TextBuffer::resize(buffer, 500 * kMiB);
  buffer->bytes()[500 * kMiB - 1] = 'x';
  CHECK(page_faults() - before < 200);
  CHECK(buffer->text().substr(0, 1000) == some_text(1000));
  CHECK(buffer->memory_bytes() >= 500 * kMiB);
  TextBuffer::destroy(buffer);
}

TEST_CASE("a huge text grows without being touched") {
  constexpr size_t kLength = 64 * kMiB;
  TextBuffer* buffer = TextBuffer::make({}, kLength);
  buffer = TextBuffer::resize(buffer, kLength);
  for (size_t i = 0; i < kLength; i += 4096) buffer->bytes()[i] = 'x';
  const long before = page_faults();
  for (size_t length = kLength; length < 400 * kMiB; length += 10 * kMiB) {
    buffer = TextBuffer::resize(buffer, length);
  }
  CHECK(page_faults() - before < 200);
  bool kept = true;
  for (size_t i = 0; i < kLength; i += 4096) kept = kept && buffer->bytes()[i] == 'x';
  CHECK(kept);
  TextBuffer::destroy(buffer);
}

TEST_CASE("a huge text is given back bit by bit") {
  TextBuffer* buffer = TextBuffer::make({}, 10 * kMiB);
  CHECK(buffer->frees_slowly());
  size_t bytes = buffer->memory_bytes();
  int slices = 0;
  for (bool more = true; more; ++slices) {
    more = buffer->free_some(16);
    CHECK(bytes - buffer->memory_bytes() <= kMiB);
    bytes = buffer->memory_bytes();
  }
  CHECK(slices >= 8);
  CHECK_FALSE(buffer->frees_slowly());
  TextBuffer::destroy(buffer);

  TextBuffer* const small = TextBuffer::make(some_text(100'000), 100'000);
  CHECK_FALSE(small->frees_slowly());
  TextBuffer::destroy(small);
}

TEST_CASE("the disposal frees a huge text in slices, and counts what is left of it") {
  Disposal disposal;
  const std::string text = some_text(20 * kMiB);
  disposal.add(Entry::make_string("key", text));
  CHECK(disposal.pending_objects() == 1);
  size_t pending = disposal.pending_bytes();
  CHECK(pending >= text.size());
  int slices = 1;
  for (; disposal.slice(1000); ++slices) {
    CHECK(disposal.pending_bytes() < pending);
    pending = disposal.pending_bytes();
  }
  CHECK(slices >= 10);
  CHECK(disposal.pending_bytes() == 0);
  CHECK(disposal.empty());
  CHECK(disposal.freed_objects() == 1);

  disposal.add(Entry::make_string("key", some_text(20 * kMiB)));  // freed by the destructor
}

}  // namespace tidemark::storage
