#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "server/core/change_listeners.hpp"
#include "storage/base/bytes.hpp"
#include "storage/readstate/read_states.hpp"

namespace tidemark::server {

class OnCore;

// What subscribers are told of the read states of one core (readstate-notify): each change on the
// channel of its user, as one JSON object. Made only where somebody may have subscribed.
//
// Its core's thread, or exclusive work.
class ReadStateNotifier final : public storage::ChangeListener {
 public:
  explicit ReadStateNotifier(ChangeListeners& changes) : changes_(changes) {}

  // How many names have subscribers, anywhere: where there are none nothing is noted. Before the
  // core runs.
  void start(const std::atomic<int64_t>& subscribed_names) {
    subscribed_names_ = &subscribed_names;
  }
  // The bits of readstate-notify.
  void set_events(uint8_t events) { events_ = events; }
  void on_change(storage::ChangeOp op, Bytes user, const storage::Row& row) override;

  // Sends what was noted.
  void publish(const OnCore& here);

 private:
  struct Note {
    storage::ChangeOp op;
    std::string user;
    storage::Row row;
  };
  ChangeListeners& changes_;
  const std::atomic<int64_t>* subscribed_names_ = nullptr;
  uint8_t events_ = 0;
  std::vector<Note> notes_;
};

}  // namespace tidemark::server
