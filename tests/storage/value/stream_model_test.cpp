#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "storage/value/stream.hpp"
#include "tests/storage/value/stream_fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;

namespace {

struct ModelPending {
  std::string consumer;
  int64_t delivered_ms;
  uint64_t deliveries;
};

struct ModelGroup {
  StreamId last_id;
  std::map<std::string, int64_t> consumers;  // when they were seen
  std::map<StreamId, ModelPending> pending;
};

// A stream, beside containers of the standard library that say what it should hold.
class Model {
 public:
  explicit Model(std::mt19937_64& random) : random_(random) {}

  void step() {
    const uint64_t what = below(100);
    if (what < 45) {
      append_one();
    } else if (what < 55) {
      erase_one();
    } else if (what < 57) {
      trim();
    } else if (what < 65) {
      look_around();
    } else if (what < 69) {
      add_or_remove_group();
    } else if (what < 73) {
      add_or_remove_consumer();
    } else if (what < 82) {
      deliver();
    } else if (what < 90) {
      acknowledge();
    } else if (what < 98) {
      claim();
    } else {
      stream_ = std::make_unique<Stream>(*stream_);
    }
    check();
  }

  // Everything, at the cost of reading everything.
  void compare() const {
    REQUIRE((forwards(stream_->first()) == Entries(entries_.begin(), entries_.end())));
    REQUIRE((backwards(stream_->last()) == Entries(entries_.rbegin(), entries_.rend())));
    REQUIRE(stream_->groups().size() == groups_.size());
    auto at = stream_->groups().first();
    for (const auto& [name, group] : groups_) {
      REQUIRE(at->name() == name);
      compare(*at, group);
      at = at.next();
    }
  }

 private:
  uint64_t below(uint64_t bound) { return random_() % bound; }

  void check() const {
    stream_->check();
    REQUIRE(stream_->length() == entries_.size());
    REQUIRE(stream_->first_id() == (entries_.empty() ? StreamId() : entries_.begin()->first));
    REQUIRE(stream_->last_id() == last_id_);
    REQUIRE(stream_->max_deleted_id() == max_deleted_id_);
    REQUIRE(stream_->entries_added() == added_);
  }

  static void compare(const StreamGroup& group, const ModelGroup& model) {
    REQUIRE(group.last_id == model.last_id);
    REQUIRE(group.consumers().size() == model.consumers.size());
    auto consumer = group.consumers().first();
    for (const auto& [name, seen_ms] : model.consumers) {
      REQUIRE(consumer->name() == name);
      REQUIRE(consumer->seen_ms == seen_ms);
      std::vector<StreamId> own;
      for (const auto& [id, pending] : model.pending) {
        if (pending.consumer == name) own.push_back(id);
      }
      REQUIRE((ids(consumer->pending()) == own));
      consumer = consumer.next();
    }
    REQUIRE(group.pending().size() == model.pending.size());
    auto at = group.pending().first();
    for (const auto& [id, pending] : model.pending) {
      REQUIRE(at->id() == id);
      REQUIRE(at->consumer().name() == pending.consumer);
      REQUIRE(at->delivered_ms() == pending.delivered_ms);
      REQUIRE(at->deliveries() == pending.deliveries);
      at = at.next();
    }
  }

  // Of one to three fields, mostly the same.
  Pairs some_pairs() {
    if (below(3) > 0) return {{"a", std::to_string(below(1000))}};
    Pairs pairs;
    for (uint64_t i = below(3) + 1; i > 0; --i) {
      pairs.emplace_back(std::string(1, static_cast<char>('a' + below(3))),
                         std::string(below(200), 'x'));
    }
    return pairs;
  }

  void append_one() {
    StreamId id = last_id_;
    if (below(2) == 0) {
      id.ms += below(5) + 1;
      id.seq = below(3);
    } else {
      id.seq += below(4) + 1;
    }
    const Pairs pairs = some_pairs();
    append(*stream_, id, pairs, {.bytes_max = below(2) * 600, .entries_max = below(20)});
    entries_[id] = pairs;
    last_id_ = id;
    ++added_;
  }

  StreamId some_id() {
    if (!entries_.empty() && below(2) == 0) {
      const auto at = entries_.lower_bound({.ms = below(last_id_.ms + 1), .seq = below(4)});
      if (at != entries_.end()) return at->first;
    }
    return {.ms = below(last_id_.ms + 3), .seq = below(4)};
  }

  void erase_one() {
    const StreamId id = some_id();
    const bool known = entries_.erase(id) > 0;
    REQUIRE(stream_->erase(id) == known);
    if (known) max_deleted_id_ = std::max(max_deleted_id_, id);
  }

  void trim() {
    StreamTrim trim;
    trim.until = below(2) == 0 ? StreamTrim::Until::length : StreamTrim::Until::id;
    trim.length =
        trim.until == StreamTrim::Until::id ? 0 : entries_.size() - below(entries_.size() / 2 + 1);
    if (trim.until == StreamTrim::Until::id) trim.id = {.ms = below(last_id_.ms / 2 + 1)};
    trim.whole_nodes = below(2) == 0;
    if (trim.whole_nodes) trim.limit = below(30);
    size_t exact = 0;
    if (trim.until == StreamTrim::Until::length) {
      exact = entries_.size() - std::min<size_t>(trim.length, entries_.size());
    } else {
      exact = static_cast<size_t>(std::distance(entries_.begin(), entries_.lower_bound(trim.id)));
    }
    const size_t gone = stream_->trim(trim);
    if (trim.whole_nodes) {
      REQUIRE(gone <= exact);
      if (trim.limit > 0) REQUIRE(gone <= trim.limit);
    } else {
      REQUIRE(gone == exact);
    }
    entries_.erase(entries_.begin(), std::next(entries_.begin(), static_cast<ptrdiff_t>(gone)));
  }

  void look_around() {
    const StreamId id = some_id();
    const auto after = entries_.lower_bound(id);
    const StreamCursor found_after = stream_->at_or_after(id);
    REQUIRE(static_cast<bool>(found_after) == (after != entries_.end()));
    if (found_after) REQUIRE((entry_at(found_after) == std::pair(after->first, after->second)));
    auto before = entries_.upper_bound(id);
    const StreamCursor found_before = stream_->at_or_before(id);
    REQUIRE(static_cast<bool>(found_before) == (before != entries_.begin()));
    if (found_before) {
      --before;
      REQUIRE((entry_at(found_before) == std::pair(before->first, before->second)));
    }
    REQUIRE(static_cast<bool>(stream_->find(id)) == entries_.contains(id));
  }

  std::string some_name() { return std::string(1, static_cast<char>('a' + below(4))); }

  void add_or_remove_group() {
    const std::string name = some_name();
    StreamGroup* group = stream_->find_group(name);
    REQUIRE((group != nullptr) == groups_.contains(name));
    if (group == nullptr) {
      groups_[name].last_id = some_id();
      stream_->add_group(name, groups_[name].last_id, std::nullopt);
    } else if (below(4) == 0) {
      Stream removed;
      REQUIRE(stream_->move_group(name, removed));
      removed.check();
      groups_.erase(name);
    }
  }

  // Calls act(group, model) with one of the groups.
  void with_group(const std::function<void(StreamGroup&, ModelGroup&)>& act) {
    const auto model = groups_.find(some_name());
    if (model == groups_.end()) return;
    act(*stream_->find_group(model->first), model->second);
  }

  void add_or_remove_consumer() {
    with_group([this](StreamGroup& group, ModelGroup& model) {
      const std::string name = some_name();
      StreamConsumer* consumer = group.find_consumer(name);
      REQUIRE((consumer != nullptr) == model.consumers.contains(name));
      if (consumer == nullptr) {
        model.consumers[name] = static_cast<int64_t>(below(1000));
        group.add_consumer(name, model.consumers[name]);
      } else if (below(4) == 0) {
        group.remove_consumer(consumer);
        model.consumers.erase(name);
        std::erase_if(model.pending,
                      [&name](const auto& pending) { return pending.second.consumer == name; });
      }
    });
  }

  void deliver() {
    with_group([this](StreamGroup& group, ModelGroup& model) {
      const std::string name = some_name();
      StreamConsumer* consumer = group.find_consumer(name);
      if (consumer == nullptr) return;
      // Some that follow what was read last, or one from anywhere.
      const auto now_ms = static_cast<int64_t>(below(1'000'000));
      StreamCursor next =
          below(5) == 0 ? stream_->find(some_id()) : stream_->at_or_after(*group.last_id.next());
      for (uint64_t count = below(5); count > 0 && next; --count, next.next()) {
        group.deliver(next.id(), *consumer, now_ms);
        stream_->advance(group, next.id());
        model.pending[next.id()] = {.consumer = name, .delivered_ms = now_ms, .deliveries = 1};
        model.last_id = next.id();
      }
    });
  }

  static StreamId some_pending(const ModelGroup& model, StreamId id) {
    const auto at = model.pending.lower_bound(id);
    return at == model.pending.end() ? id : at->first;
  }

  void acknowledge() {
    with_group([this](StreamGroup& group, ModelGroup& model) {
      const StreamId id = some_pending(model, some_id());
      REQUIRE(group.acknowledge(id) == (model.pending.erase(id) > 0));
    });
  }

  void claim() {
    with_group([this](StreamGroup& group, ModelGroup& model) {
      const StreamId id = some_pending(model, some_id());
      const std::string name = some_name();
      StreamConsumer* consumer = group.find_consumer(name);
      PendingEntry* entry = group.find_pending(id);
      REQUIRE((entry != nullptr) == model.pending.contains(id));
      if (consumer == nullptr) return;
      const auto delivered_ms = static_cast<int64_t>(below(1'000'000));
      const uint64_t deliveries = below(3) == 0 ? random_() : below(5);
      if (entry == nullptr) entry = group.add_pending(id, *consumer);
      group.claim(*entry, *consumer);
      group.set_delivery(*entry, delivered_ms, deliveries);
      model.pending[id] = {
          .consumer = name, .delivered_ms = delivered_ms, .deliveries = deliveries};
    });
  }

  std::mt19937_64& random_;
  std::unique_ptr<Stream> stream_ = std::make_unique<Stream>();
  std::map<StreamId, Pairs> entries_;
  std::map<std::string, ModelGroup> groups_;
  StreamId last_id_;
  StreamId max_deleted_id_;
  uint64_t added_ = 0;
};

}  // namespace

TEST_CASE("a stream does what maps of entries and of what is pending do") {
  const char* given = std::getenv("TIDEMARK_SEED");
  const uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  MESSAGE("TIDEMARK_SEED=" << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 10; ++round) {
    Model model(random);
    for (int step = 0; step < 2000; ++step) {
      model.step();
      if (step % 50 == 0) model.compare();
    }
    model.compare();
  }
}
