#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "server/client/traveller.hpp"

namespace tidemark::server {

// Travellers that wait on one core, for the store or for the end of a pause. Whoever will answer
// them knows them as callers and does not own them, and may never come to it: a server that ends.
class WaitingRuns {
 public:
  void add(std::unique_ptr<Message> run) {
    static_cast<Traveller&>(*run).waiting_place_ = runs_.size();
    runs_.push_back(std::move(run));
  }
  // REQUIRES: it was added.
  std::unique_ptr<Message> take(const Traveller& run) {
    const size_t place = run.waiting_place_;
    std::unique_ptr<Message> taken = std::move(runs_[place]);
    if (place + 1 < runs_.size()) {
      runs_[place] = std::move(runs_.back());
      static_cast<Traveller&>(*runs_[place]).waiting_place_ = place;
    }
    runs_.pop_back();
    return taken;
  }

 private:
  std::vector<std::unique_ptr<Message>> runs_;
};

}  // namespace tidemark::server
