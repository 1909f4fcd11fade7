// SUBSCRIBE and PUBLISH with their like. What they do is confirmed by pushes, one for each name,
// which CLIENT REPLY does not silence; the commands themselves reply nothing.

#include <optional>
#include <string>
#include <vector>

#include "protocol/encode.hpp"
#include "server/client/client.hpp"
#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/families.hpp"
#include "server/core/core.hpp"
#include "server/pubsub/publish.hpp"

namespace tidemark::server {

namespace {

Bytes subscribe_word(Topic topic) {
  switch (topic) {
    case Topic::channel:
      return "subscribe";
    case Topic::pattern:
      return "psubscribe";
    case Topic::shard_channel:
      return "ssubscribe";
  }
  return {};
}

Bytes unsubscribe_word(Topic topic) {
  switch (topic) {
    case Topic::channel:
      return "unsubscribe";
    case Topic::pattern:
      return "punsubscribe";
    case Topic::shard_channel:
      return "sunsubscribe";
  }
  return {};
}

// Says what was done about a name, and how many the client has now; nullopt: it had none at all.
void confirm(const Context& ctx, Bytes word, Topic topic, std::optional<Bytes> name) {
  Client& client = ctx.client();
  const protocol::RespVersion version = client.session().resp;
  const Subscriptions* const own = client.subscriptions();
  protocol::Output out;
  protocol::write_push_header(out, version, 3);
  protocol::write_bulk(out, word);
  if (name) {
    protocol::write_bulk(out, *name);
  } else {
    protocol::write_null(out, version);
  }
  const size_t count = own == nullptr ? 0 : own->count_with(topic);
  protocol::write_integer(out, static_cast<int64_t>(count));
  client.push_between(ctx.here(), out.view());
}

template <Topic kTopic>
Reply subscribe(Context& ctx, ArgReader& args) {
  Subscribers& all = ctx.here().data().subscribers;
  const auto names = args.rest();
  if (args.failed()) return args.error();
  // Within a transaction Redis lets the other kinds pass.
  if (kTopic == Topic::shard_channel && !ctx.session().may_wait) {
    return Reply::error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
  }
  for (const Bytes name : names) {
    (void)all.subscribe(ctx.client(), kTopic, name);
    confirm(ctx, subscribe_word(kTopic), kTopic, name);
  }
  all.report(ctx.here());
  return Reply::none();
}

template <Topic kTopic>
Reply unsubscribe(Context& ctx, ArgReader& args) {
  Subscribers& all = ctx.here().data().subscribers;
  const auto given = args.rest();
  if (args.failed()) return args.error();
  std::vector<std::string> names(given.begin(), given.end());
  const Subscriptions* const own = ctx.client().subscriptions();
  if (names.empty() && own != nullptr) names = own->names(kTopic);
  for (const std::string& name : names) {
    (void)all.unsubscribe(ctx.client(), kTopic, name);
    confirm(ctx, unsubscribe_word(kTopic), kTopic, name);
  }
  if (names.empty()) confirm(ctx, unsubscribe_word(kTopic), kTopic, std::nullopt);
  all.report(ctx.here());
  return Reply::none();
}

template <Topic kTopic>
Reply publish_to(Context& ctx, ArgReader& args) {
  const Bytes channel = args.next();
  const Bytes message = args.next();
  if (args.failed()) return args.error();
  return publish(ctx, kTopic, channel, message);
}

constexpr Flag kOfSubscribers =
    Flag::pubsub | Flag::no_script | Flag::loading | Flag::stale | Flag::for_subscribers;

constexpr Command kPsubscribe{
    .name = "psubscribe",
    .summary = "Subscribes to all channels whose names match patterns.",
    .since = "2.0.0",
    .complexity = "O(1) for each pattern",
    .group = Group::pubsub,
    .arity = at_least(2),
    .flags = kOfSubscribers,
    .syntax = "pattern:pattern...",
    .scope = Scope::home,
    .run = subscribe<Topic::pattern>,
};

constexpr Command kPublish{
    .name = "publish",
    .summary = "Sends a message to the subscribers of a channel.",
    .since = "2.0.0",
    .complexity = "O(N+M) for N subscribers and M patterns that anybody has subscribed to",
    .group = Group::pubsub,
    .arity = exactly(3),
    .flags = Flag::pubsub | Flag::loading | Flag::stale | Flag::fast | Flag::may_replicate |
             Flag::after_transaction,
    .syntax = "channel message",
    .scope = Scope::home,
    .run = publish_to<Topic::channel>,
};

constexpr Command kPunsubscribe{
    .name = "punsubscribe",
    .summary = "Ends subscriptions to patterns; without any, all of them.",
    .since = "2.0.0",
    .complexity = "O(1) for each pattern",
    .group = Group::pubsub,
    .arity = at_least(1),
    .flags = kOfSubscribers,
    .syntax = "[pattern:pattern...]",
    .scope = Scope::home,
    .run = unsubscribe<Topic::pattern>,
};

constexpr Command kSpublish{
    .name = "spublish",
    .summary = "Sends a message to the subscribers of a shard channel.",
    .since = "7.0.0",
    .complexity = "O(N) in the subscribers",
    .group = Group::pubsub,
    .arity = exactly(3),
    .flags = Flag::pubsub | Flag::loading | Flag::stale | Flag::fast | Flag::may_replicate |
             Flag::after_transaction,
    .keys = {key_at(1, Access::channel)},
    .syntax = "shardchannel message",
    .scope = Scope::home,
    .run = publish_to<Topic::shard_channel>,
};

constexpr Command kSsubscribe{
    .name = "ssubscribe",
    .summary = "Subscribes to shard channels.",
    .since = "7.0.0",
    .complexity = "O(1) for each channel",
    .group = Group::pubsub,
    .arity = at_least(2),
    .flags = kOfSubscribers,
    .keys = {keys_from(1, Access::channel)},
    .syntax = "shardchannel...",
    .scope = Scope::home,
    .run = subscribe<Topic::shard_channel>,
};

constexpr Command kSubscribe{
    .name = "subscribe",
    .summary = "Subscribes to channels.",
    .since = "2.0.0",
    .complexity = "O(1) for each channel",
    .group = Group::pubsub,
    .arity = at_least(2),
    .flags = kOfSubscribers,
    .syntax = "channel...",
    .scope = Scope::home,
    .run = subscribe<Topic::channel>,
};

constexpr Command kSunsubscribe{
    .name = "sunsubscribe",
    .summary = "Ends subscriptions to shard channels; without any, all of them.",
    .since = "7.0.0",
    .complexity = "O(1) for each channel",
    .group = Group::pubsub,
    .arity = at_least(1),
    .flags = kOfSubscribers,
    .keys = {keys_from(1, Access::channel)},
    .syntax = "[shardchannel...]",
    .scope = Scope::home,
    .run = unsubscribe<Topic::shard_channel>,
};

constexpr Command kUnsubscribe{
    .name = "unsubscribe",
    .summary = "Ends subscriptions to channels; without any, all of them.",
    .since = "2.0.0",
    .complexity = "O(1) for each channel",
    .group = Group::pubsub,
    .arity = at_least(1),
    .flags = kOfSubscribers,
    .syntax = "[channel...]",
    .scope = Scope::home,
    .run = unsubscribe<Topic::channel>,
};

constexpr Command kCommands[] = {kPsubscribe, kPublish,   kPunsubscribe, kSpublish,
                                 kSsubscribe, kSubscribe, kSunsubscribe, kUnsubscribe};
static_assert(well_formed(kCommands));

}  // namespace

std::span<const Command> pubsub_commands() { return kCommands; }

}  // namespace tidemark::server
