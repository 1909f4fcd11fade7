// Random calls of every command that has keys, on several cores: none may touch a key where it does
// not lie.

#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <random>
#include <string>
#include <vector>

#include "server/core/core.hpp"
#include "server/core/exclusive.hpp"
#include "server/server.hpp"
#include "tests/server/command/random_calls.hpp"
#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::Bytes;
using tidemark::CoreId;
using tidemark::DbIndex;
using tidemark::test::Connection;
using tidemark::test::TestServer;
using namespace tidemark::server;

namespace {

constexpr int kCalls = 8000;
constexpr int kBatch = 100;
constexpr uint16_t kDatabases = 16;

bool contains(Bytes text, Bytes part) { return text.find(part) != Bytes::npos; }

bool has_tip(const Command& command, Bytes tip) {
  const auto tips = command.tips.all();
  return std::find(tips.begin(), tips.end(), tip) != tips.end();
}

// Commands of keys that answer at once and leave the server and the connection as they are.
bool can_be_tried(const CommandEntry& entry) {
  const Command& command = *entry.command;
  constexpr Flag kOthers = Flag::blocking | Flag::admin | Flag::pubsub | Flag::no_multi;
  return entry.subcommands.empty() && !command.keys.empty() && !has(command.flags, kOthers) &&
         entry.full_name != "migrate" && entry.full_name != "watch";
}

// Whose reply and effect are the same wherever and whenever it is called.
bool is_certain(const CommandEntry& entry) {
  const Command& command = *entry.command;
  const bool by_chance = has_tip(command, "nondeterministic_output");
  const bool by_time = contains(entry.full_name, "expire") || entry.full_name.ends_with("setex") ||
                       contains(entry.full_name, "ttl");
  return !by_chance && !by_time && command.group != Group::read_state &&
         command.group != Group::scripting;
}

class Calls {
 public:
  Calls(const CommandTable& table, uint32_t seed) : calls_(seed) {
    for (const CommandEntry& entry : table.all()) {
      if (can_be_tried(entry)) entries_.push_back(&entry);
    }
  }
  const CommandEntry& pick_entry() { return *entries_[calls_.below(entries_.size())]; }
  std::vector<std::string> call_of(const CommandEntry& entry) { return calls_.call_of(entry); }

 private:
  RandomCalls calls_;
  std::vector<const CommandEntry*> entries_;
};

// Whether every key of every database lies with its owner.
bool keys_are_in_place(Server& server) {
  std::promise<bool> found;
  const auto look = [&found](OnCore& here) {
    bool in_place = true;
    for (const CoreId core : here.server().router().every_core()) {
      for (uint16_t db = 0; db < kDatabases; ++db) {
        const auto& database = here.server().core(core).data().keyspace.database(DbIndex(db));
        uint64_t cursor = 0;
        do {
          cursor = database.scan(cursor, 1, [&](const tidemark::storage::Entry& entry) {
            in_place = in_place && here.server().router().owner(entry.key()) == core;
          });
        } while (cursor != 0);
      }
    }
    found.set_value(in_place);
  };
  const auto cores = server.router().every_core();
  server.exclusives().run(cores, look);
  return found.get_future().get();
}

// What is in no order of its own, in one.
std::string canonical(const CommandEntry& entry, std::string reply) {
  if (has_tip(*entry.command, "nondeterministic_output_order")) {
    std::sort(reply.begin(), reply.end());
  }
  return reply;
}

std::string line_of(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += word + " ";
  return line;
}

bool has_lifetime(const std::vector<std::string>& words) {
  constexpr Bytes kLifetimes[] = {"EX", "PX", "EXAT", "PXAT"};
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(std::begin(kLifetimes), std::end(kLifetimes), word) != std::end(kLifetimes);
  });
}

}  // namespace

TEST_CASE("whatever is called, every key stays with its owner") {
  TestServer server({.cores = 4});
  Connection client(server.port());
  const uint32_t seed = std::random_device()();
  CAPTURE(seed);
  Calls calls(server.server().commands(), seed);
  for (int i = 0; i < kCalls / kBatch; ++i) {
    std::string batch;
    for (int j = 0; j < kBatch; ++j) {
      const auto words = calls.call_of(calls.pick_entry());
      batch += line_of(words) + "\n";
      client.send(words);
    }
    for (int j = 0; j < kBatch; ++j) client.receive();
    const bool in_place = keys_are_in_place(server.server());
    CAPTURE(batch);
    REQUIRE(in_place);
  }
}

TEST_CASE("one core and four answer alike") {
  TestServer one({.cores = 1});
  TestServer four({.cores = 4});
  Connection to_one(one.port());
  Connection to_four(four.port());
  const uint32_t seed = std::random_device()();
  CAPTURE(seed);
  Calls calls(one.server().commands(), seed);
  for (int i = 0; i < kCalls; ++i) {
    const CommandEntry& entry = calls.pick_entry();
    if (!is_certain(entry)) continue;
    const auto words = calls.call_of(entry);
    if (has_lifetime(words)) continue;
    const std::string line = line_of(words);
    CAPTURE(line);
    REQUIRE(canonical(entry, to_four.run(words)) == canonical(entry, to_one.run(words)));
  }
}
