#include "server/pubsub/publish.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/command/caller.hpp"
#include "server/command/context.hpp"
#include "server/core/core.hpp"
#include "server/server.hpp"

namespace tidemark::server {

namespace {

using protocol::Reply;

std::vector<CoreId> others_who_may_want(const OnCore& here, Topic topic, Bytes channel) {
  std::vector<CoreId> others;
  for (uint32_t i = 0; i < here.server().core_count(); ++i) {
    const CoreId core(static_cast<uint16_t>(i));
    if (core == here.id()) continue;
    if (here.server().core(core).data().subscribers.filter().may_want(topic, channel)) {
      others.push_back(core);
    }
  }
  return others;
}

Post post_of(Topic topic, Bytes channel, Bytes message) {
  return {.topic = topic, .channel = std::string(channel), .message = std::string(message)};
}

// Who waits for the receivers to be counted. Home's.
struct Tally {
  Caller& caller;
  size_t missing;
  size_t receivers;
};

// Takes a post to another core; where somebody counts, also the number of its receivers back.
class PostMessage final : public Message {
 public:
  PostMessage(std::shared_ptr<const Post> post, CoreId home, std::shared_ptr<Tally> tally)
      : post_(std::move(post)), home_(home), tally_(std::move(tally)) {}

  void arrive(OnCore& here, std::unique_ptr<Message> self) override {
    if (homeward_) return come_home(here);
    receivers_ = here.data().subscribers.deliver(here, *post_);
    if (tally_ == nullptr) return;
    homeward_ = true;
    here.post(home_, std::move(self));
  }

 private:
  void come_home(OnCore& home) {
    tally_->receivers += receivers_;
    if (--tally_->missing > 0) return;
    tally_->caller.resume(home, Reply::integer(static_cast<int64_t>(tally_->receivers)));
  }

  const std::shared_ptr<const Post> post_;
  const CoreId home_;
  const std::shared_ptr<Tally> tally_;  // null where nobody counts
  size_t receivers_ = 0;
  bool homeward_ = false;
};

// Returns how many of this core's clients got it.
size_t send(const OnCore& here, Post post, const std::vector<CoreId>& others,
            const std::shared_ptr<Tally>& tally) {
  if (others.empty()) return here.data().subscribers.deliver(here, post);
  const auto shared = std::make_shared<const Post>(std::move(post));
  for (const CoreId core : others) {
    auto message = std::make_unique<PostMessage>(shared, here.id(), tally);
    if (tally != nullptr) {
      here.post(core, std::move(message));
    } else {
      // At once, since nobody waits for it: what follows the reply to whatever is told of comes
      // behind it.
      here.server().core(core).post(std::move(message));
    }
  }
  return here.data().subscribers.deliver(here, *shared);
}

}  // namespace

Reply publish(Context& ctx, Topic topic, Bytes channel, Bytes message) {
  // A script has all cores stopped.
  const auto at_hand = ctx.reach().cores();
  if (at_hand.size() > 1 && at_hand.size() == ctx.server().core_count()) {
    const Post post = post_of(topic, channel, message);
    size_t receivers = 0;
    for (const CoreId core : at_hand) {
      const OnCore there = ctx.here().at(core);
      receivers += there.data().subscribers.deliver(there, post);
    }
    return Reply::integer(static_cast<int64_t>(receivers));
  }
  const std::vector<CoreId> others = others_who_may_want(ctx.here(), topic, channel);
  const bool counts = !others.empty() && ctx.session().may_wait;
  std::shared_ptr<Tally> tally;
  if (counts) {
    tally = std::make_shared<Tally>(
        Tally{.caller = ctx.caller(), .missing = others.size(), .receivers = 0});
  }
  const size_t receivers = send(ctx.here(), post_of(topic, channel, message), others, tally);
  if (!counts) return Reply::integer(static_cast<int64_t>(receivers));
  tally->receivers += receivers;
  return ctx.suspend();
}

void announce(const OnCore& here, Bytes channel, Bytes message) {
  const auto others = others_who_may_want(here, Topic::channel, channel);
  (void)send(here, post_of(Topic::channel, channel, message), others, nullptr);
}

bool may_be_wanted(const OnCore& here, Bytes channel) {
  if (here.data().subscribers.filter().may_want(Topic::channel, channel)) return true;
  return !others_who_may_want(here, Topic::channel, channel).empty();
}

}  // namespace tidemark::server
