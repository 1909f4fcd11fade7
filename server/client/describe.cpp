#include "server/client/describe.hpp"

#include <fmt/format.h>
#include <algorithm>

#include "server/client/client.hpp"
#include "server/client/client_limits.hpp"
#include "server/command/command_table.hpp"
#include "server/pubsub/subscriptions.hpp"
#include "server/transaction/transaction.hpp"

namespace tidemark::server {

namespace {

// The letters of what is special about a client, N where nothing is.
std::string flags_of(const Client& client) {
  const ClientFacts& facts = client.facts();
  std::string flags;
  const auto add = [&flags](bool set, char letter) {
    if (set) flags += letter;
  };
  add(facts.monitor, 'O');
  add(client.is_subscriber(), 'P');
  const Transaction* const transaction = client.transaction();
  add(transaction != nullptr && transaction->open(), 'x');
  add(client.held_by_pause() || client.blocked(), 'b');
  add(transaction != nullptr && transaction->broken(), 'd');
  add(client.closes_after_reply(), 'c');
  add(client.closed(), 'A');
  add(client.kind() == Stream::Kind::unix_socket, 'U');
  const Tracking* const tracking = client.tracking();
  add(tracking != nullptr, 't');
  add(tracking != nullptr && tracking->broken(), 'R');
  add(tracking != nullptr && tracking->options().broadcast, 'B');
  add(facts.no_evict, 'e');
  add(client.session().no_touch, 'T');
  return flags.empty() ? "N" : flags;
}

std::string events_of(const Client& client) {
  std::string events;
  if (client.reading()) events += 'r';
  if (client.writing()) events += 'w';
  return events;
}

}  // namespace

int64_t redirect_of(const Client& client) {
  if (client.tracking() == nullptr) return -1;
  const auto& redirect = client.tracking()->options().redirect;
  return redirect ? static_cast<int64_t>(redirect->client_id) : 0;
}

std::string describe(const Client& client, int64_t now_ms) {
  const ClientFacts& facts = client.facts();
  const Session& session = client.session();
  const ClientMemory memory = client.memory();
  // Where Redis would keep the replies that wait: in the client's buffer, what it has no room for
  // in a list of blocks of the same size.
  const size_t waiting = memory.reply_bytes + memory.flying;
  const size_t buffered = std::min(waiting, kUnlimitedOutputBytes);
  const size_t listed = waiting - buffered;
  const size_t blocks = (listed + kUnlimitedOutputBytes - 1) / kUnlimitedOutputBytes;
  const Transaction* const transaction = client.transaction();
  const bool in_transaction = transaction != nullptr && transaction->open();
  const Subscriptions* const subscribed = client.subscriptions();
  const auto count = [subscribed](Topic topic) {
    return subscribed == nullptr ? 0 : subscribed->count(topic);
  };
  return fmt::format(
      "id={} addr={} laddr={} fd={} name={} age={} idle={} flags={} db={} sub={} psub={} ssub={} "
      "multi={} qbuf={} qbuf-free={} argv-mem={} multi-mem={} rbs={} rbp={} obl={} oll={} omem={} "
      "tot-mem={} events={} cmd={} user=default redir={} resp={} lib-name={} lib-ver={}",
      session.client_id, facts.peer, facts.local, client.fd(), facts.name,
      (now_ms - facts.connected_ms) / 1000, (now_ms - facts.last_interaction_ms) / 1000,
      flags_of(client), session.db.value(), count(Topic::channel), count(Topic::pattern),
      count(Topic::shard_channel),
      in_transaction ? static_cast<int64_t>(transaction->commands()) : -1, memory.query_bytes,
      memory.query_free, memory.arguments, memory.transaction, memory.reply_buffer,
      memory.reply_peak, buffered, blocks, listed, memory.total, events_of(client),
      facts.last_command == nullptr ? "NULL" : facts.last_command->full_name, redirect_of(client),
      static_cast<int>(session.resp), facts.library_name, facts.library_version);
}

bool fits_a_list(Bytes text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

}  // namespace tidemark::server
