#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "protocol/encode.hpp"
#include "server/client/run.hpp"
#include "server/command/command_table.hpp"
#include "server/command/execute.hpp"
#include "server/command/key_finder.hpp"
#include "server/command/route.hpp"
#include "server/core/core.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

// One command that is split over the owners of its keys, from the first message to the reply. Lives
// at home.
//
// Whatever could refuse the command is asked before any part leaves, so that a command that fails
// has changed nothing: its arguments by admit(), then the owners, of whom each knows its memory and
// what its share of the store's buffer holds. What a core accepts between its answer and its part
// may carry it past a limit by as much, as the command itself may.
class Scatter : public std::enable_shared_from_this<Scatter> {
 public:
  Scatter(const Session& session, const CommandEntry& entry, OnScattered done)
      : session_(session), entry_(entry), done_(std::move(done)) {
    // The sum is put together from RESP2; the client's version makes no difference to an integer or
    // an error.
    session_.resp = protocol::RespVersion::v2;
  }

  void add(CoreId core, std::unique_ptr<Run> run) { parts_.push_back({core, std::move(run)}); }
  const Command& command() const { return *entry_.command; }

  // Asks each owner, and then sends the parts or none.
  void ask(const OnCore& home);
  // Sends each owner its part.
  void send(const OnCore& home) {
    missing_ = parts_.size();
    for (Part& part : parts_) {
      part.run->start(home.id(), session_,
                      [self = shared_from_this()](OnCore& here, const Run::Replies& replies) {
                        self->came_back(here, replies.all);
                      });
      part.run->set_part();
      home.post(part.core, std::move(part.run));
    }
  }

  void answered(OnCore& home, const std::optional<Reply>& refusal) {
    if (refusal && reply_.empty()) {
      count_refusal(home, &entry_, *refusal);
      protocol::Output out;
      protocol::encode(*refusal, protocol::RespVersion::v2, out);
      reply_ = std::string(out.view());
    }
    if (--missing_ > 0) return;
    if (reply_.empty()) return send(home);
    for (Part& part : parts_) home.data().runs.give_back(std::move(part.run));
    done_(home, reply_);
  }

 private:
  struct Part {
    CoreId core;
    std::unique_ptr<Run> run;  // until it leaves
  };

  // `reply` is one integer or one error, in the form of RESP2.
  void came_back(OnCore& home, Bytes reply) {
    if (!reply.empty() && reply.front() == ':') {
      total_ += parse_int64(reply.substr(1, reply.size() - 3)).value_or(0);
    } else if (reply_.empty()) {
      reply_ = reply;
    }
    if (--missing_ > 0) return;
    if (reply_.empty()) {
      protocol::Output out;
      protocol::write_integer(out, total_);
      reply_ = std::string(out.view());
    }
    done_(home, reply_);
  }

  Session session_;
  const CommandEntry& entry_;
  const OnScattered done_;
  std::vector<Part> parts_;
  size_t missing_ = 0;  // answers, or parts, that are away
  int64_t total_ = 0;
  std::string reply_;  // the first error; in the end, the reply
};

// Asks one owner, and brings the answer home.
class Question final : public Message {
 public:
  Question(CoreId home, std::shared_ptr<Scatter> scatter)
      : home_(home), command_(scatter->command()), scatter_(std::move(scatter)) {}

  void arrive(OnCore& here, std::unique_ptr<Message> self) override {
    if (homeward_) return scatter_->answered(here, refusal_);
    refusal_ = refuse_for_state(here, command_.flags);
    homeward_ = true;
    here.post(home_, std::move(self));
  }

 private:
  const CoreId home_;
  const Command& command_;
  const std::shared_ptr<Scatter> scatter_;  // home's, whoever holds the question
  std::optional<Reply> refusal_;
  bool homeward_ = false;
};

void Scatter::ask(const OnCore& home) {
  missing_ = parts_.size();
  for (const Part& part : parts_) {
    home.post(part.core, std::make_unique<Question>(home.id(), shared_from_this()));
  }
}

bool may_be_refused(const Command& command) {
  return has(command.flags, Flag::deny_oom) || has(command.flags, Flag::writes_user);
}

// The same call with the keys of one core alone.
std::vector<Bytes> part_for(CoreId core, const Router& router, const Command& command,
                            std::span<const Bytes> args, const FoundKeys& keys,
                            std::string& count_text) {
  std::vector<bool> left_out(args.size(), false);
  int64_t count = 0;
  for (const FoundKey& key : keys.all()) {
    const bool owned = router.owner(args[key.position]) == core;
    left_out[key.position] = !owned;
    count += owned ? 1 : 0;
  }
  std::vector<Bytes> part;
  for (size_t i = 0; i < args.size(); ++i) {
    if (!left_out[i]) part.push_back(args[i]);
  }
  // Where the keys are counted, the count is what stands before the first of them.
  const KeySpec& spec = command.keys.all().front();
  if (std::holds_alternative<WalkCounted>(spec.walk) && !keys.empty()) {
    count_text = std::to_string(count);
    part[keys.all().front().position - 1] = count_text;
  }
  return part;
}

}  // namespace

void scatter(const OnCore& here, const Session& session, const CommandEntry& entry,
             std::span<const Bytes> args, const std::vector<CoreId>& cores, OnScattered done) {
  const Router& router = here.server().router();
  FoundKeys keys;
  (void)find_keys(*entry.command, args, keys);  // it could, or there were no parts
  const auto scattered = std::make_shared<Scatter>(session, entry, std::move(done));
  for (const CoreId core : cores) {
    std::string count_text;
    const auto part = part_for(core, router, *entry.command, args, keys, count_text);
    auto run = here.data().runs.take();
    run->add(&entry, part, 0);
    scattered->add(core, std::move(run));
  }
  if (may_be_refused(*entry.command)) {
    scattered->ask(here);
  } else {
    scattered->send(here);
  }
}

}  // namespace tidemark::server
