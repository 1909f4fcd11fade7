#include <doctest/doctest.h>

#include <string>

#include "storage/rdb/format.hpp"
#include "storage/rdb/listpack.hpp"
#include "storage/value/packed.hpp"
#include "tests/storage/rdb/fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;
using tidemark::storage::rdb::Type;
using tidemark::test::length_of;
using tidemark::test::string_of;

namespace {

std::string id_of(uint64_t ms, uint64_t seq) {
  std::string raw;
  for (const uint64_t number : {ms, seq}) {
    for (unsigned bits = 64; bits > 0; bits -= 8) {
      raw += static_cast<char>(number >> (bits - 8));
    }
  }
  return raw;
}

// "1 0 f 0 2 ..." as a listpack of those elements.
std::string listpack(Bytes elements) {
  Packed packed;
  while (!elements.empty()) {
    const size_t end = std::min(elements.find(' '), elements.size());
    if (end > 0) packed.push_back(elements.substr(0, end));
    elements.remove_prefix(std::min(end + 1, elements.size()));
  }
  const Bytes raw = packed.raw();
  return rdb::make_listpack({&raw, 1}, packed.size());
}

std::string node(uint64_t ms, uint64_t seq, Bytes elements) {
  return string_of(id_of(ms, seq)) + string_of(listpack(elements));
}

// Two entries, 1-1 and 1-3, with a field "f".
constexpr Bytes kTwo = "2 0 1 f 0  2 0 0 v 4  2 0 2 w 4";
constexpr Bytes kTwoRead = "stream stream: 1-1 f:v 1-3 f:w";

std::string nodes(const std::string& all, unsigned count = 1) { return length_of(count) + all; }

std::string two_entries() { return nodes(node(1, 1, kTwo)); }

// Length, last id; of later types also the first and the greatest erased id, and entries added.
std::string facts(uint64_t length, uint64_t last_ms, uint64_t last_seq) {
  return length_of(length) + length_of(last_ms) + length_of(last_seq);
}
std::string later_facts(uint64_t added) {
  return length_of(1) + length_of(1) + length_of(0) + length_of(0) + length_of(added);
}

std::string time_of(uint64_t ms) {
  std::string raw;
  for (unsigned i = 0; i < 8; ++i) raw += static_cast<char>(ms >> (8 * i));
  return raw;
}

std::string pending(uint64_t ms, uint64_t seq) {
  return id_of(ms, seq) + time_of(1000) + length_of(2);
}

// A group "g" that has read up to 1-1.
std::string group(const std::string& rest) {
  return string_of("g") + length_of(1) + length_of(1) + length_of(1) + rest;
}

std::string consumer(Bytes name, const std::string& pending_ids) {
  return string_of(name) + time_of(5) + time_of(6) + pending_ids;
}

std::string read(Type type, const std::string& rest) {
  const auto entry = test::restore_body(std::string(1, static_cast<char>(type)) + rest);
  if (entry && *entry != nullptr) test::check(**entry);
  return test::render(entry);
}

std::string read_node(Bytes elements, uint64_t length = 2) {
  return read(Type::stream_listpacks,
              nodes(node(1, 1, elements)) + facts(length, 9, 9) + length_of(0));
}

std::string read_group(const std::string& rest) {
  return read(Type::stream_listpacks_3,
              two_entries() + facts(2, 1, 3) + later_facts(2) + length_of(1) + group(rest));
}

}  // namespace

TEST_CASE("streams of all three types are read") {
  const std::string read_up = string_of("g") + length_of(1) + length_of(1);
  CHECK(read(Type::stream_listpacks, two_entries() + facts(2, 5, 0) + length_of(0)) ==
        std::string(kTwoRead) + "\n last 5-0 erased 0-0 added 2");
  CHECK(read(Type::stream_listpacks_2,
             two_entries() + facts(2, 5, 0) + later_facts(7) + length_of(0)) ==
        std::string(kTwoRead) + "\n last 5-0 erased 0-0 added 7");
  // What the first did not know of its groups: how much they had read, and who was active when.
  CHECK(read(Type::stream_listpacks, two_entries() + facts(2, 1, 3) + length_of(1) + read_up +
                                         length_of(1) + pending(1, 1) + length_of(1) +
                                         string_of("c") + time_of(5) + length_of(1) +
                                         id_of(1, 1)) ==
        std::string(kTwoRead) +
            "\n last 1-3 erased 0-0 added 2\n group g 1-1 read 1\n  c 5 5 1-1*2@1000");
  CHECK(read_group(length_of(1) + pending(1, 1) + length_of(1) +
                   consumer("c", length_of(1) + id_of(1, 1))) ==
        std::string(kTwoRead) +
            "\n last 1-3 erased 0-0 added 2\n group g 1-1 read 1\n  c 5 6 1-1*2@1000");
  CHECK(read(Type::stream_listpacks, length_of(0) + facts(0, 0, 0) + length_of(0)) ==
        "stream stream:\n last 0-0 erased 0-0 added 0");
}

TEST_CASE("entries that are marked as erased are left out") {
  CHECK(read_node("1 2 1 f 0  3 0 0 v 4  2 0 2 w 4  1 0 3 2 a b c d 8", 1) ==
        "stream stream: 1-3 f:w\n last 9-9 erased 0-0 added 1");
  CHECK(read_node("2 0 1 f 0  2 0 0 v 4  0 3 -1 2 a b c d 8") ==
        "stream stream: 1-1 f:v 4-0 a:b c:d\n last 9-9 erased 0-0 added 2");
}

TEST_CASE("a node that is not what it says is refused") {
  CHECK(read_node(kTwo) == std::string(kTwoRead) + "\n last 9-9 erased 0-0 added 2");
  CHECK(read_node(kTwo, 3) == "corrupt");
  for (const Bytes wrong : {
           "",
           "2 0",
           "2 0 x",
           "2 0 1 f 1  2 0 0 v 4  2 0 2 w 4",                        // no end of the fields
           "2 0 -1 f 0  2 0 0 v 4  2 0 2 w 4",                       // fields below zero
           "2 0 1000000 f 0  2 0 0 v 4  2 0 2 w 4",                  // too many
           "3 0 1 f 0  2 0 0 v 4  2 0 2 w 4",                        // fewer than it says
           "1 0 1 f 0  2 0 0 v 4  2 0 2 w 4",                        // more
           "2 1 1 f 0  2 0 0 v 4  2 0 2 w 4",                        // erased ones that are not
           "2 0 1 f 0  4 0 0 v 4  2 0 2 w 4",                        // unknown flags
           "2 0 1 f 0  x 0 0 v 4  2 0 2 w 4",                        // none
           "2 0 1 f 0  2 0 2 v 4  2 0 2 w 4",                        // the same id
           "2 0 1 f 0  2 0 2 v 4  2 0 1 w 4",                        // out of order
           "2 0 1 f 0  2 0 -1 v 4  2 0 2 w 4",                       // before the first
           "2 0 1 f 0  2 x 0 v 4  2 0 2 w 4",                        // no id
           "2 0 1 f 0  2 0 0 v 5  2 0 2 w 4",                        // a wrong count
           "2 0 1 f 0  2 0 0 v 4  2 0 2 w",                          // none
           "2 0 1 f 0  2 0 0 v 4  2 0 2 w 4 2",                      // something more
           "2 0 1 f 0  2 0 0 v 4  0 0 2 9223372036854775807 a b 6",  // too many fields
           "2 0 1 f 0  2 0 0 v 4  0 0 2 0 4",                        // no fields
           "0 0 1 f 0",                                              // no entries
           "0 2 1 f 0  3 0 0 v 4  3 0 2 w 4",                        // all erased
       }) {
    CAPTURE(wrong);
    CHECK(read_node(wrong) == "corrupt");
    CHECK(read_node(wrong, 0) == "corrupt");
  }
}

TEST_CASE("nodes follow one another, and the last id is not below theirs") {
  const std::string first = node(1, 1, kTwo);
  const std::string second = node(1, 4, kTwo);
  CHECK(read(Type::stream_listpacks, nodes(first + second, 2) + facts(4, 1, 6) + length_of(0)) ==
        "stream stream: 1-1 f:v 1-3 f:w 1-4 f:v 1-6 f:w\n last 1-6 erased 0-0 added 4");
  CHECK(read(Type::stream_listpacks, nodes(second + first, 2) + facts(4, 1, 6) + length_of(0)) ==
        "corrupt");
  CHECK(read(Type::stream_listpacks, nodes(first + first, 2) + facts(4, 1, 6) + length_of(0)) ==
        "corrupt");
  CHECK(read(Type::stream_listpacks, two_entries() + facts(2, 1, 2) + length_of(0)) == "corrupt");
  CHECK(read(Type::stream_listpacks, nodes(string_of("short") + string_of(listpack(kTwo))) +
                                         facts(2, 1, 3) + length_of(0)) == "corrupt");
}

TEST_CASE("what is pending is pending once, for one consumer") {
  const std::string both = length_of(2) + pending(1, 1) + pending(1, 3);
  const std::string a = consumer("a", length_of(1) + id_of(1, 1));
  const std::string b = consumer("b", length_of(1) + id_of(1, 3));
  const std::string shared = consumer("b", length_of(1) + id_of(1, 1));
  CHECK(read_group(both + length_of(2) + a + b).find("\n  b 5 6 1-3*2@1000") != std::string::npos);
  CHECK(read_group(length_of(2) + pending(1, 3) + pending(1, 1) + length_of(2) + a + b)
            .find("\n  b 5 6 1-3*2@1000") != std::string::npos);
  CHECK(read_group(both + length_of(2) + a + a) == "corrupt");       // a consumer twice
  CHECK(read_group(both + length_of(2) + a + shared) == "corrupt");  // for two consumers
  CHECK(read_group(both + length_of(1) + a) == "corrupt");           // for none
  CHECK(read_group(length_of(0) + length_of(1) + a) == "corrupt");   // not in the group
  CHECK(read_group(length_of(2) + pending(1, 1) + pending(1, 1) + length_of(1) + a) == "corrupt");
  CHECK(read_group(length_of(1000) + pending(1, 1)) == "corrupt");
  CHECK(read_group(both + length_of(1'000'000) + a) == "corrupt");
}

TEST_CASE("a group is there once") {
  const std::string empty = group(length_of(0) + length_of(0));
  const std::string before = two_entries() + facts(2, 1, 3) + later_facts(2);
  CHECK(read(Type::stream_listpacks_3, before + length_of(1) + empty) ==
        std::string(kTwoRead) + "\n last 1-3 erased 0-0 added 2\n group g 1-1 read 1");
  CHECK(read(Type::stream_listpacks_3, before + length_of(2) + empty + empty) == "corrupt");
  CHECK(read(Type::stream_listpacks_3, before + length_of(2) + empty) == "corrupt");
}

TEST_CASE("times that no clock shows are taken as the nearest that one may") {
  const std::string late = id_of(1, 1) + std::string(8, '\x7f') + length_of(2);
  const std::string never = id_of(1, 1) + std::string(8, '\xff') + length_of(2);
  const std::string consumers = length_of(1) + consumer("a", length_of(1) + id_of(1, 1));
  CHECK(read_group(length_of(1) + late + consumers).find("@281474976710655") != std::string::npos);
  CHECK(read_group(length_of(1) + never + consumers).find("1-1*2@0") != std::string::npos);
}

TEST_CASE("a huge field that all entries share does not grow without bound") {
  const std::string field(100'000, 'f');
  std::string elements = "20000 0 1 " + field + " 0";
  for (int i = 0; i < 20000; ++i) elements += " 2 0 " + std::to_string(i) + " v 4";
  CHECK(read_node(elements, 20000) == "corrupt");
}
