#include "server/pubsub/subscribers.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "server/client/client.hpp"
#include "server/core/core.hpp"
#include "server/core/work_message.hpp"
#include "server/server.hpp"
#include "storage/base/glob.hpp"
#include "storage/keyspace/hashed_key.hpp"

namespace tidemark::server {

namespace {

// What a subscription costs beside the bytes of its name.
constexpr size_t kSubscriptionBytes = 160;
// How many subscriptions of those who have gone are taken apart at once: a tenth of a millisecond.
constexpr size_t kTakenApartAtOnce = 256;

}  // namespace

Channel& Subscribers::channel_for(Topic topic, Bytes name) {
  const storage::HashedKey hashed = storage::hash_key(name);
  if (Channel* const channel = channels(topic).find(hashed)) return *channel;
  Channel& added = channels(topic).add(hashed);
  filter_.add(topic, name);
  changes_.push_back({.topic = topic, .name = added.name, .subscribed = true});
  return added;
}

bool Subscribers::subscribe(Client& client, Topic topic, Bytes name) {
  Subscriptions& own = client.subscriptions_or_new();
  auto& of_topic = own.of_[index_of(topic)];
  if (of_topic.contains(name)) return false;
  Channel& channel = channel_for(topic, name);
  auto subscription = std::make_unique<Subscription>(
      Subscription{.channel = &channel, .owner = &own, .place = channel.subscribers.size()});
  channel.subscribers.push_back(subscription.get());
  of_topic.emplace(Bytes(channel.name), std::move(subscription));
  own.bytes_ += kSubscriptionBytes + name.size();
  return true;
}

bool Subscribers::unsubscribe(Client& client, Topic topic, Bytes name) {
  Subscriptions* const own = client.subscriptions();
  if (own == nullptr) return false;
  auto& of_topic = own->of_[index_of(topic)];
  const auto found = of_topic.find(name);
  if (found == of_topic.end()) return false;
  own->bytes_ -= kSubscriptionBytes + name.size();
  const auto subscription = std::move(found->second);
  of_topic.erase(found);
  drop(topic, *subscription);
  return true;
}

void Subscribers::drop(Topic topic, Subscription& subscription) {
  Channel& channel = *subscription.channel;
  Subscription* const last = channel.subscribers.back();
  channel.subscribers[subscription.place] = last;
  last->place = subscription.place;
  channel.subscribers.pop_back();
  if (!channel.subscribers.empty()) return;
  filter_.remove(topic, channel.name);
  changes_.push_back({.topic = topic, .name = channel.name, .subscribed = false});
  channels(topic).remove(channel);
}

void Subscribers::release(const OnCore& here, Client& client) {
  std::unique_ptr<Subscriptions> own = client.take_subscriptions();
  if (own == nullptr || own->empty()) return;
  own->client_ = nullptr;
  released_.push_back(std::move(own));
  (void)take_apart(here);
}

// The newest first: few are gone at once, whoever has left many before.
bool Subscribers::take_apart(const OnCore& here) {
  for (size_t i = 0; i < kTakenApartAtOnce && !released_.empty();) {
    Subscriptions& own = *released_.back();
    for (const Topic topic : {Topic::channel, Topic::pattern, Topic::shard_channel}) {
      auto& of_topic = own.of_[index_of(topic)];
      for (; i < kTakenApartAtOnce && !of_topic.empty(); ++i) {
        const auto subscription = std::move(of_topic.begin()->second);
        of_topic.erase(of_topic.begin());
        drop(topic, *subscription);
      }
    }
    if (own.empty()) released_.pop_back();
  }
  report(here);
  return !released_.empty();
}

// At once, and not with the rest of the round: what is asked of all cores after the reply comes
// behind it.
void Subscribers::report(const OnCore& here) {
  if (changes_.empty()) return;
  std::map<CoreId, std::vector<DirectoryChange>> by_owner;
  for (DirectoryChange& change : std::exchange(changes_, {})) {
    here.server().subscribed_names().fetch_add(change.subscribed ? 1 : -1,
                                               std::memory_order_relaxed);
    by_owner[here.server().router().owner(change.name)].push_back(std::move(change));
  }
  for (auto& [owner, changes] : by_owner) {
    const auto apply = [changes = std::move(changes)](const OnCore& there) {
      for (const DirectoryChange& change : changes) there.data().directory.apply(change);
    };
    if (owner == here.id()) {
      apply(here);
    } else {
      here.server().core(owner).post(std::make_unique<WorkMessage>(apply));
    }
  }
}

size_t Subscribers::push(const OnCore& here, const Channel& channel, Frames& frames) {
  size_t receivers = 0;
  for (const Subscription* const subscription : channel.subscribers) {
    Client* const client = subscription->owner->client();
    if (client == nullptr) continue;
    client->push_between(here, frames.of(client->session().resp));
    ++receivers;
  }
  return receivers;
}

size_t Subscribers::deliver(const OnCore& here, const Post& post) {
  size_t receivers = 0;
  if (const Channel* const channel = channels(post.topic).find(storage::hash_key(post.channel))) {
    Frames frames(post);
    receivers += push(here, *channel, frames);
  }
  if (post.topic != Topic::channel || channels(Topic::pattern).empty()) return receivers;
  channels(Topic::pattern).for_each([&](const Channel& pattern) {
    if (!glob_matches(pattern.name, post.channel)) return;
    Frames frames(post, pattern.name);
    receivers += push(here, pattern, frames);
  });
  return receivers;
}

size_t Subscribers::count(Topic topic, Bytes name) const {
  const Channel* const channel = channels_[index_of(topic)].find(storage::hash_key(name));
  if (channel == nullptr) return 0;
  if (released_.empty()) return channel->subscribers.size();
  return static_cast<size_t>(
      std::count_if(channel->subscribers.begin(), channel->subscribers.end(),
                    [](const Subscription* one) { return one->owner->client() != nullptr; }));
}

}  // namespace tidemark::server
