#include <memory>
#include <string>
#include <utility>

#include "protocol/encode.hpp"
#include "server/client/client.hpp"
#include "server/client/run.hpp"
#include "server/command/command_table.hpp"
#include "server/command/key_finder.hpp"
#include "server/command/route.hpp"
#include "server/core/core.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

// The parts of one command that are still away, and what came back so far. Lives at home.
class Sum {
 public:
  Sum(Client& client, size_t parts) : client_(client), missing_(parts) {}

  // `reply` is one integer or one error, in the form of RESP2.
  void add(OnCore& home, Bytes reply) {
    if (!reply.empty() && reply.front() == ':') {
      total_ += parse_int64(reply.substr(1, reply.size() - 3)).value_or(0);
    } else if (error_.empty()) {
      error_ = reply;
    }
    if (--missing_ > 0) return;
    if (error_.empty()) {
      protocol::Output out;
      protocol::write_integer(out, total_);
      error_ = std::string(out.view());
    }
    client_.on_run_back(home, error_);
  }

 private:
  Client& client_;
  size_t missing_;
  int64_t total_ = 0;
  std::string error_;  // the first error; in the end, the reply
};

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

void scatter(OnCore& here, Client& client, const CommandEntry& entry, std::span<const Bytes> args,
             const std::vector<CoreId>& cores) {
  const Router& router = here.server().router();
  FoundKeys keys;
  (void)find_keys(*entry.command, args, keys);  // it could, or there were no parts
  const auto sum = std::make_shared<Sum>(client, cores.size());
  // The sum is put together from RESP2; the client's version makes no difference to an integer or
  // an error.
  Session session = client.session();
  session.resp = protocol::RespVersion::v2;
  for (const CoreId core : cores) {
    std::string count_text;
    const auto part = part_for(core, router, *entry.command, args, keys, count_text);
    auto run = here.data().runs.take();
    run->start(here.id(), session,
               [sum](OnCore& home, const Run::Replies& replies) { sum->add(home, replies.all); });
    run->add(&entry, part, 0);
    here.post(core, std::move(run));
  }
}

}  // namespace tidemark::server
