#include "server/command/serve.hpp"

#include <algorithm>
#include <memory>
#include <unordered_set>
#include <utility>

#include "protocol/encode.hpp"
#include "server/command/aftermath.hpp"
#include "server/command/command_table.hpp"
#include "server/command/context.hpp"
#include "server/command/key_finder.hpp"
#include "server/command/key_wait.hpp"
#include "server/core/cycle_clock.hpp"
#include "server/core/exclusive.hpp"
#include "server/server.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

namespace {

using storage::Entry;

// Whom serve() works for: somebody who waits at home, and is answered by message.
class Served final : public Caller {
 public:
  explicit Served(const Session& session) : session_(session) {}
  const Session& session() const override { return session_; }
  void select(DbIndex) override { ENSURE(false); }
  void resume(OnCore&, Reply) override { ENSURE(false); }
  void retry(OnCore&) override { ENSURE(false); }
  void await(const OnCore&, std::shared_ptr<KeyWait>) override { ENSURE(false); }

 private:
  const Session& session_;
};

// Brings home what a command waited for.
class ServedMessage final : public Message {
 public:
  ServedMessage(std::shared_ptr<KeyWait> wait, protocol::Output reply)
      : wait_(std::move(wait)), reply_(std::move(reply)) {}
  void arrive(OnCore& here, std::unique_ptr<Message>) override {
    here.data().timed_waits.answer(here, *wait_, Reply::encoded(std::move(reply_)));
  }

 private:
  std::shared_ptr<KeyWait> wait_;
  protocol::Output reply_;
};

bool at_hand(const OnCore& here, Reach reach, CoreId core) {
  if (core == here.id()) return true;
  const auto cores = reach.cores();
  return std::find(cores.begin(), cores.end(), core) != cores.end();
}

std::vector<CoreId> cores_at_hand(const OnCore& here, Reach reach) {
  if (reach.cores().empty()) return {here.id()};
  return {reach.cores().begin(), reach.cores().end()};
}

void add(std::vector<CoreId>& cores, CoreId core) {
  if (std::find(cores.begin(), cores.end(), core) == cores.end()) cores.push_back(core);
}

// Takes it out of its lines; where that may not be done here, by message.
void take_out(const OnCore& here, Reach reach, const std::shared_ptr<KeyWait>& wait) {
  const auto cores = wait->cores();
  for (const CoreId core : cores) {
    if (at_hand(here, reach, core)) here.server().core(core).data().waiting_keys.remove(*wait);
  }
  const auto others = [&](CoreId core) { return !at_hand(here, reach, core); };
  if (std::any_of(cores.begin(), cores.end(), others)) leave_lines(here, wait);
}

// REQUIRES: the claim was taken.
void serve(const OnCore& here, Reach reach, const std::shared_ptr<KeyWait>& wait, Bytes key) {
  Served caller(wait->session());
  Context context({.here = here, .caller = caller, .client = nullptr, .reach = reach, .hint = {}});
  protocol::Output out;
  const uint64_t start = CycleClock::now();
  // Encoded at once: it may borrow from the data.
  protocol::encode(wait->serve(context, key), wait->session().resp, out);
  wait->cycles += CycleClock::now() - start;
  for (const CoreId core : cores_at_hand(here, reach)) {
    here.server().core(core).data().notifier.begin({});
  }
  tell_of_changes(here, reach, &wait->session());
  if (wait->session().hears_behind) tell_writer(here, reach, wait->session(), out);
  // Also where the home is here: whoever is answered goes on with what it sent next, which has to
  // come behind all that is served now.
  here.post(wait->session().home, std::make_unique<ServedMessage>(wait, std::move(out)));
  take_out(here, reach, wait);
}

// Somebody's other key is out of reach: a write came from where no declaration told of it. It is
// made up for a moment later.
void serve_later(const OnCore& here, Reach reach, const WaitingKeys::Line& line, CoreId missing) {
  std::vector<CoreId> cores = cores_at_hand(here, reach);
  add(cores, missing);
  here.server().exclusives().run(
      cores, [cores, db = line.db(), key = std::string(line.key())](OnCore& on) {
        on.server().core(on.server().router().owner(key)).data().waiting_keys.note(db, key);
        serve_ready(on, Reach(cores));
      });
}

void serve_line(const OnCore& here, Reach reach, CoreData& owner, WaitingKeys::Line& line) {
  storage::Database& database = owner.keyspace.database(line.db());
  const storage::HashedKey key = storage::hash_key(line.key());
  for (auto next = line.waits().begin(); next != line.waits().end();) {
    const std::shared_ptr<KeyWait> wait = *next++;
    const Entry* const entry = database.find(key, storage::Touch::no);
    if (!line.has_use_for(entry)) return;
    if (!wait->claim.taken()) {
      if (!wait->is_ready(line.key(), entry)) continue;
      if (wait->destination()) {
        const CoreId other = here.server().router().owner(*wait->destination());
        if (!at_hand(here, reach, other)) return serve_later(here, reach, line, other);
      }
    }
    if (wait->claim.take()) {
      serve(here, reach, wait, line.key());
    } else {
      // It has ended otherwise, and will be taken out; the sooner the better.
      owner.waiting_keys.remove(*wait);
    }
  }
}

// Returns whether there was anything to do.
bool serve_core(const OnCore& here, Reach reach, CoreData& core) {
  bool any = false;
  while (WaitingKeys::Line* const line = core.waiting_keys.take_ready()) {
    any = true;
    serve_line(here, reach, core, *line);
    core.waiting_keys.done_with(*line);
  }
  return any;
}

}  // namespace

void serve_ready(const OnCore& here, Reach reach) {
  if (reach.cores().empty()) {
    if (here.data().waiting_keys.any_ready()) serve_core(here, reach, here.data());
    return;
  }
  for (bool any = true; any;) {
    any = false;
    for (const CoreId core : reach.cores()) {
      any = serve_core(here, reach, here.server().core(core).data()) || any;
    }
  }
}

std::vector<CoreId> find_cores_to_stop(const OnCore& here, const CommandEntry& entry,
                                       std::span<const Bytes> args, Reach reach) {
  // Of what a script writes, only what it declares is known.
  if (!has(entry.command->flags, Flag::write | Flag::may_write)) return {};
  std::vector<CoreId> cores = cores_at_hand(here, reach);
  const auto has_far = [&here](CoreId core) {
    return here.server().core(core).data().waiting_keys.far() > 0;
  };
  if (std::none_of(cores.begin(), cores.end(), has_far)) return {};
  FoundKeys found;
  if (!find_keys(*entry.command, args, found)) return {};

  // What the command writes, what those who wait for that write, and so on.
  std::vector<Bytes> written;
  for (const FoundKey& key : found.all()) {
    if (writes(key.access)) written.push_back(args[key.position]);
  }
  std::unordered_set<Bytes> seen(written.begin(), written.end());
  const size_t before = cores.size();
  const Router& router = here.server().router();
  for (size_t i = 0; i < written.size(); ++i) {
    const CoreId owner = router.owner(written[i]);
    if (!at_hand(here, reach, owner)) {
      // Who waits there cannot be seen from here; it is asked again with that core stopped, too.
      add(cores, owner);
      continue;
    }
    const WaitingKeys& waiting = here.server().core(owner).data().waiting_keys;
    waiting.destinations(written[i], [&](Bytes destination) {
      if (seen.insert(destination).second) written.push_back(destination);
    });
  }
  return cores.size() > before ? cores : std::vector<CoreId>();
}

}  // namespace tidemark::server
