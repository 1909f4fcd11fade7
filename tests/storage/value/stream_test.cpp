#include "storage/value/stream.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/storage/value/stream_fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

// With entries 1-0, 2-0 ... of one field.
void fill(Stream& stream, uint64_t first, uint64_t last, const StreamNodeLimits& limits) {
  for (uint64_t i = first; i <= last; ++i) {
    append(stream, {.ms = i}, {{"f", std::to_string(i)}}, limits);
  }
}

std::string spelled(StreamId id) {
  char text[kStreamIdCharsMax];
  return std::string(text, format_stream_id(text, id));
}

}  // namespace

TEST_CASE("an id is spelled as milliseconds and number, and read more generously") {
  CHECK(spelled({.ms = 1526919030474, .seq = 55}) == "1526919030474-55");
  CHECK(spelled(StreamId::max()) == "18446744073709551615-18446744073709551615");
  CHECK(parse_stream_id("5-3", 0) == StreamId{.ms = 5, .seq = 3});
  CHECK(parse_stream_id("5", 7) == StreamId{.ms = 5, .seq = 7});
  CHECK(parse_stream_id("18446744073709551615-18446744073709551615", 0) == StreamId::max());
  for (const Bytes text : {"05-3", "+5-3", " 5-+3", "\t5-\r 03", "5-0000000003"}) {
    CAPTURE(text);
    CHECK(parse_stream_id(text, 0) == StreamId{.ms = 5, .seq = 3});
  }
  for (const Bytes text : {"", "-", "-5", "5-", "5--3", "5-3-1", "5 -3", "5-3 ", "x", "5-x", "5.0",
                           "18446744073709551616", "5-18446744073709551616", "0x5", "*", "5-*"}) {
    CAPTURE(text);
    CHECK(parse_stream_id(text, 0) == std::nullopt);
  }
  CHECK(parse_stream_id(std::string(120, '0') + "5-3", 0) == StreamId{.ms = 5, .seq = 3});
  CHECK(parse_stream_id(std::string(130, '0') + "5-3", 0) == std::nullopt);
}

TEST_CASE("the neighbours of an id lie across the end of a millisecond, and end with the ids") {
  CHECK(StreamId{.ms = 1, .seq = kMax}.next() == StreamId{.ms = 2});
  CHECK(StreamId{.ms = 2}.previous() == StreamId{.ms = 1, .seq = kMax});
  CHECK(StreamId{.ms = 2, .seq = 1}.next() == StreamId{.ms = 2, .seq = 2});
  CHECK(StreamId::max().next() == std::nullopt);
  CHECK(StreamId::min().previous() == std::nullopt);
}

TEST_CASE("an entry is read as it was added, whatever its fields look like") {
  Stream stream;
  const Entries entries{{{.ms = 1, .seq = 5}, {{"a", "1"}, {"b", ""}}},
                        {{.ms = 1, .seq = kMax}, {{"a", "-70000"}, {"b", std::string(5000, 'x')}}},
                        {{.ms = 2}, {{"b", "1"}, {"a", "1"}}},
                        {{.ms = 3}, {{"", ""}}},
                        {{.ms = 3, .seq = 1}, {{"a", "1"}, {"b", "2"}, {"a", "3"}}},
                        {{.ms = 1526919030474}, {{"12", "007"}, {std::string("\0\xff", 2), "1e3"}}},
                        {StreamId::max(), {{"a", "9223372036854775807"}, {"b", "+1"}}}};
  for (const auto& [id, pairs] : entries) {
    append(stream, id, pairs);
    stream.check();
  }
  CHECK(stream.length() == entries.size());
  CHECK((forwards(stream.first()) == entries));
  CHECK((backwards(stream.last()) == Entries(entries.rbegin(), entries.rend())));
  CHECK(stream.first_id() == StreamId{.ms = 1, .seq = 5});
  CHECK(stream.last_id() == StreamId::max());
  for (const auto& entry : entries) CHECK((entry_at(stream.find(entry.first)) == entry));
  CHECK_FALSE(stream.find({.ms = 1, .seq = 6}));
  CHECK_FALSE(stream.find({.ms = 4}));
}

TEST_CASE("a node is full by the limits, erased entries included") {
  Stream stream;
  fill(stream, 1, 4, {.entries_max = 5});
  CHECK(stream.erase({.ms = 2}));
  CHECK(stream.erase({.ms = 3}));
  fill(stream, 5, 5, {.entries_max = 5});
  CHECK(stream.nodes().size() == 1);
  fill(stream, 6, 6, {.entries_max = 5});
  CHECK(stream.nodes().size() == 2);

  // 38 bytes with the frame of a listpack, as Redis counts them, and 162 to come.
  for (const size_t length : {160, 161}) {
    Stream other;
    const StreamNodeLimits limits{.bytes_max = 200};
    append(other, {.ms = 1}, {{"f", std::string(10, 'x')}}, limits);
    append(other, {.ms = 2}, {{"f", std::string(length, 'y')}}, limits);
    CHECK(other.nodes().size() == (length == 161 ? 2 : 1));
  }
  // What was erased takes up its room until the node ends.
  for (const size_t length : {13, 14}) {
    Stream other;
    const StreamNodeLimits limits{.bytes_max = 200};
    append(other, {.ms = 1}, {{"f", std::string(100, 'x')}}, limits);
    append(other, {.ms = 2}, {{"f", std::string(46, 'x')}}, limits);
    CHECK(other.erase({.ms = 2}));
    append(other, {.ms = 3}, {{"f", std::string(length, 'y')}}, limits);
    CHECK(other.nodes().size() == (length == 14 ? 2 : 1));
  }
}

TEST_CASE("without limits a node still ends where a search in it would take long") {
  Stream stream;
  for (uint64_t i = 1; i <= 2000; ++i)
    append(stream, {.ms = i}, {{"f", std::string(100, 'x')}}, {});
  CHECK(stream.nodes().size() > 2);
  CHECK(stream.nodes().size() < 6);
  stream.check();
}

TEST_CASE("an erased entry gives its memory back at once, and its id is not given again") {
  Stream stream;
  append(stream, {.ms = 1}, {{"f", "1"}});
  const size_t before = stream.memory_bytes();
  append(stream, {.ms = 2}, {{"f", std::string(3000, 'x')}});
  CHECK(stream.erase({.ms = 2}));
  CHECK_FALSE(stream.erase({.ms = 2}));
  CHECK(stream.memory_bytes() == before);
  CHECK(stream.last_id() == StreamId{.ms = 2});
  CHECK(stream.max_deleted_id() == StreamId{.ms = 2});
  CHECK(stream.erase({.ms = 1}));
  CHECK(stream.length() == 0);
  CHECK(stream.memory_bytes() == 0);
  CHECK(stream.size() > 0);
  CHECK(stream.first_id() == StreamId());
  CHECK(stream.max_deleted_id() == StreamId{.ms = 2});
  stream.check();
}

TEST_CASE("a stream is trimmed to a length or to an id, exactly or by whole nodes") {
  const StreamNodeLimits limits{.entries_max = 10};
  using Until = StreamTrim::Until;
  const auto left_after = [&](const StreamTrim& trim) {
    Stream stream;
    fill(stream, 1, 100, limits);
    const size_t gone = stream.trim(trim);
    stream.check();
    CHECK(stream.length() + gone == 100);
    CHECK(stream.max_deleted_id() == StreamId());
    if (stream.length() > 0) CHECK(stream.first_id() == StreamId{.ms = gone + 1});
    return stream.length();
  };
  CHECK(left_after({.until = Until::length, .length = 55}) == 55);
  CHECK(left_after({.until = Until::length, .length = 0}) == 0);
  CHECK(left_after({.until = Until::length, .length = 100}) == 100);
  CHECK(left_after({.until = Until::length, .length = kMax}) == 100);
  CHECK(left_after({.until = Until::length, .length = 55, .whole_nodes = true}) == 60);
  CHECK(left_after({.until = Until::length, .length = 50, .whole_nodes = true}) == 50);
  CHECK(left_after({.until = Until::length, .length = 0, .whole_nodes = true, .limit = 35}) == 70);
  CHECK(left_after({.until = Until::length, .length = 0, .whole_nodes = true, .limit = 9}) == 100);
  CHECK(left_after({.until = Until::id, .id = {.ms = 46}}) == 55);
  CHECK(left_after({.until = Until::id, .id = {.ms = 46, .seq = 1}}) == 54);
  CHECK(left_after({.until = Until::id, .id = StreamId::max()}) == 0);
  CHECK(left_after({.until = Until::id, .id = {}}) == 100);
  CHECK(left_after({.until = Until::id, .id = {.ms = 46}, .whole_nodes = true}) == 60);
  CHECK(left_after({.until = Until::id, .id = {.ms = 41}, .whole_nodes = true}) == 60);
  CHECK(left_after({.until = Until::id, .id = {.ms = 40}, .whole_nodes = true}) == 70);
}

TEST_CASE("a place in a stream is found from either side of any id") {
  Stream stream;
  for (uint64_t i = 1; i <= 500; ++i) {
    append(stream, {.ms = i * 10, .seq = i}, {{"f", "v"}}, {.entries_max = 7});
  }
  for (uint64_t ms = 0; ms <= 5020; ++ms) {
    const StreamCursor after = stream.at_or_after({.ms = ms});
    const StreamCursor before = stream.at_or_before({.ms = ms});
    CHECK(static_cast<bool>(after) == (ms <= 5000));
    CHECK(static_cast<bool>(before) == (ms > 10));
    if (after) CHECK(after.id().ms == (ms < 10 ? 10 : (ms + 9) / 10 * 10));
    if (before) CHECK(before.id().ms == (ms > 5000 ? 5000 : (ms - 1) / 10 * 10));
  }
}

TEST_CASE("entries of the same fields cost little besides their values") {
  Stream stream;
  constexpr uint64_t kEntries = 10'000;
  for (uint64_t i = 0; i < kEntries; ++i) {
    append(stream, {.ms = 1'700'000'000'000 + i * 3},
           {{"sensor", std::to_string(i % 100)}, {"temperature", "21.5"}});
  }
  // 2 + 6 bytes of values, with their lengths; and 12 for flags, id and count.
  CHECK(stream.memory_bytes() / kEntries <= 24);
}

TEST_CASE("a stream of millions is freed in slices") {
  Stream stream;
  fill(stream, 1, 20'000, {.entries_max = 2});
  StreamGroup* group = stream.add_group("g", {}, std::nullopt);
  StreamConsumer* consumer = group->add_consumer("c", 0);
  for (uint64_t i = 1; i <= 5000; ++i) group->deliver({.ms = i}, *consumer, 0);
  size_t before = stream.size();
  CHECK(before > 15'000);
  int slices = 1;
  while (stream.free_some(1000)) {
    // Of a node only its own block is counted, of what hangs on a tree also the tree's.
    CHECK(before - stream.size() <= 1100);
    before = stream.size();
    ++slices;
  }
  CHECK(slices >= 15);
  CHECK(slices <= 17);
  CHECK(stream.memory_bytes() == 0);
}
