#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "server/client/run.hpp"

namespace tidemark::server {

// Runs that are back, with the buffers they have grown: a hop between cores allocates nothing once
// things have settled. Belongs to one core, whose clients' runs they are.
class RunPool {
 public:
  std::unique_ptr<Run> take() {
    if (spare_.empty()) return std::make_unique<Run>();
    std::unique_ptr<Run> run = std::move(spare_.back());
    spare_.pop_back();
    return run;
  }
  void give_back(std::unique_ptr<Run> run) {
    if (spare_.size() < kSpareMax && run->clear_for_reuse()) spare_.push_back(std::move(run));
  }

 private:
  static constexpr size_t kSpareMax = 256;
  std::vector<std::unique_ptr<Run>> spare_;
};

}  // namespace tidemark::server
