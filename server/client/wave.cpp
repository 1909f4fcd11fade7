#include "server/client/wave.hpp"

#include <utility>

#include "server/core/core.hpp"
#include "server/server.hpp"

namespace tidemark::server {

Wave::Wave(const OnCore& home, const Session& session, OnComplete on_complete)
    : home_(home.data()),
      session_(session),
      on_complete_(std::move(on_complete)),
      parts_(home.server().core_count()) {}

size_t Wave::add(CoreId owner, const CommandEntry& entry, std::span<const Bytes> args,
                 uint64_t key_hash) {
  Part& part = parts_[owner.value()];
  if (part.run == nullptr) part.run = home_.runs.take();
  part.places.push_back(replies_.size());
  replies_.emplace_back();
  return part.run->add(&entry, args, key_hash);
}

void Wave::start(OnCore& home) {
  std::vector<Part> parts = std::exchange(parts_, {});
  for (const Part& part : parts) missing_ += part.run != nullptr ? 1 : 0;
  std::unique_ptr<Run> own;
  for (size_t core = 0; core < parts.size(); ++core) {
    Part& part = parts[core];
    if (part.run == nullptr) continue;
    part.run->start(
        home.id(), session_,
        [wave = shared_from_this(), places = part.places](OnCore& on, const Run::Replies& replies) {
          wave->on_back(on, places, replies);
        });
    if (core == home.id().value()) {
      own = std::move(part.run);
    } else {
      home.post(CoreId(static_cast<uint16_t>(core)), std::move(part.run));
    }
  }
  if (own == nullptr) return;
  Run& run = *own;
  run.arrive(home, std::move(own));
}

void Wave::on_back(OnCore& home, const std::vector<size_t>& places, const Run::Replies& replies) {
  size_t begin = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    replies_[places[i]] = replies.all.substr(begin, replies.ends[i] - begin);
    begin = replies.ends[i];
  }
  if (--missing_ > 0) return;
  std::string all;
  for (const std::string& reply : replies_) all += reply;
  on_complete_(home, all);
}

}  // namespace tidemark::server
