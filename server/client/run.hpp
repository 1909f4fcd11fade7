#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "protocol/output.hpp"
#include "server/client/request_batch.hpp"
#include "server/client/traveller.hpp"
#include "server/command/reach.hpp"
#include "server/core/claim.hpp"
#include "storage/base/ids.hpp"

namespace tidemark::server {

class Client;
struct CommandEntry;

// Some commands of one client on their way to the core that owns their keys, and their replies on
// the way back. It is made at home, runs at the owner's, and ends at home: it is pinned by whoever
// handles it, and the client by it.
class Run final : public Traveller {
 public:
  // What came back: the replies of its commands, one after the other.
  struct Replies {
    Bytes all;
    std::span<const size_t> ends;  // where each ends
    // In place of the last one, where that waits for keys.
    std::shared_ptr<KeyWait> wait = nullptr;
  };
  // What to do with them at home.
  using OnBack = std::function<void(OnCore& home, const Replies& replies)>;

  // Before it leaves: for whom it goes, and where its replies go.
  void start(CoreId home, const Session& session, OnBack on_back);

  // Its one command is a part of one that is split: nothing refuses it any more
  // (PartOf::split_command).
  void set_part() { is_part_ = true; }

  // What has not begun when `going` is taken is not begun. It lives until the run is back.
  void leave_undone_if(const Claim& going) { going_ = &going; }

  // Copies the arguments; returns how many bytes that took. A command that may wait for keys is the
  // only one of its run.
  size_t add(const CommandEntry* entry, std::span<const Bytes> args, uint64_t key_hash);

  void look_ahead(const OnCore& here, Ahead ahead) const override;
  // Message: at the owner's, or with all owners stopped, it runs the commands; at home it hands the
  // replies over.
  void arrive(OnCore& here, std::unique_ptr<Message> self) override;
  // Stops `cores`, and runs its one command with them at hand, then goes home. `client` is given
  // where the command may look at the client's memory.
  static void stop_and_run(OnCore& here, std::unique_ptr<Run> run, const std::vector<CoreId>& cores,
                           Client* client);

  // Forgets everything but its buffers; false where they are too large to be kept.
  bool clear_for_reuse();

  const Session& session() const override { return session_; }
  void select(DbIndex db) override { session_.db = db; }
  void resume(OnCore& here, protocol::Reply reply) override;
  void retry(OnCore& here) override;
  void await(const OnCore& here, std::shared_ptr<KeyWait> wait) override;

 private:
  bool is_in_vain() const { return going_ != nullptr && going_->taken(); }
  bool stop_more(OnCore& here);
  void run_exclusively(OnCore& here);
  void go_on(OnCore& here);
  bool held_back(OnCore& here);
  void go_home(OnCore& here);
  void go_home_at_once(const OnCore& here);
  void wait(const OnCore& here);

  CoreId home_;
  Session session_;
  OnBack on_back_;
  RequestBatch batch_;
  protocol::Output args_;  // the bytes that the batch's arguments are views of
  protocol::Output replies_;
  std::vector<size_t> ends_;
  std::vector<CoreId> stopped_;  // whom its first command needs stopped; empty: nobody
  CoreId owner_;                 // where to go on with the others after that
  std::shared_ptr<KeyWait> wait_;
  const Claim* going_ = nullptr;
  Client* client_ = nullptr;
  std::unique_ptr<Message> self_;  // while it runs
  bool is_part_ = false;
  bool homeward_ = false;
};

}  // namespace tidemark::server
