#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/output.hpp"
#include "server/client/traveller.hpp"
#include "server/command/reach.hpp"
#include "server/transaction/transaction.hpp"
#include "storage/base/ids.hpp"

namespace tidemark::server {

class Client;
class OnCore;
enum class Outcome : uint8_t;

// A transaction under way: from EXEC to its reply. It goes to the core that it needs, or has those
// that it needs stopped; there it asks whatever may refuse it or make it wait, and then runs all of
// its commands, or none. Then it goes home.
//
// The transaction stays at the client's home and is only read; the client lives until the run is
// back.
class TransactionRun final : public Traveller {
 public:
  // Within EXEC, at home. The reply, where everything is at hand; else nothing, and the client's
  // end_of_transaction() is called when it is over. The transaction is over in either case.
  static std::optional<protocol::Reply> start(const OnCore& home, Client& client,
                                              Transaction& transaction);
  TransactionRun(const OnCore& home, Client& client, Transaction& transaction);

  const Session& session() const override;
  void select(DbIndex db) override;
  void arrive(OnCore& here, std::unique_ptr<Message> self) override;
  // After a pause.
  void retry(OnCore& here) override;
  // Nothing within it waits.
  void resume(OnCore& here, protocol::Reply reply) override;
  void await(const OnCore& here, std::shared_ptr<KeyWait> wait) override;

  // ---- At home, when it is over.
  // What it took to run.
  uint64_t cycles() const { return cycles_; }
  // Why nothing was run, if so: memory that is short, a store that is down.
  const std::optional<protocol::Reply>& refusal() const { return refusal_; }
  // Whether its reply has what CLIENT REPLY lets through, and nothing else.
  bool asked_for_silence() const { return ran_ && client_at_hand(); }
  // Of the transaction as a whole: an array, or null where a watched key was changed.
  protocol::Reply take_reply();

 private:
  // A command whose reply comes when the others have run, at `place` of theirs: it is done then, or
  // waits for other cores. Its caller, at home.
  class Deferred final : public Caller {
   public:
    enum class State : uint8_t { to_begin, waiting, answered };
    Deferred(TransactionRun& run, size_t index);
    const Session& session() const override { return session_; }
    void select(DbIndex db) override { session_.db = db; }
    void resume(OnCore& home, protocol::Reply answer) override;
    void retry(OnCore& here) override;
    void await(const OnCore& here, std::shared_ptr<KeyWait> wait) override;
    void answer(OnCore& home, Bytes wire);

    const size_t request;
    const size_t place;
    const bool wanted;  // by CLIENT REPLY
    std::string reply;
    State state = State::to_begin;

   private:
    TransactionRun& run_;
    Session session_;
  };
  struct Loading;

  // Getting there.
  void find_cores();
  bool is_alone_on(CoreId core) const;
  void set_off(const OnCore& here);
  // Runs it, or finds that it will not be run. False where it has to wait, or to come again.
  bool attempt(const OnCore& here);
  bool held_back(const OnCore& here);
  bool stop_more(const OnCore& here);
  bool is_refused(const OnCore& here);
  bool is_broken(const OnCore& here);
  // Its users: transaction_users.cpp.
  bool has_users(const OnCore& here);
  void load(const OnCore& here, const std::vector<size_t>& missing);
  void loaded(const OnCore& here, Loading& loading);
  void release_users(const OnCore& here);
  // Running.
  Reach reach() const;
  bool client_at_hand() const;
  void run_all(const OnCore& here);
  void run_one(const OnCore& here, size_t index, protocol::Output& out);
  Outcome run_deferred(const OnCore& home, Deferred& deferred, protocol::Output& out);
  void defer(const OnCore& here, size_t index, protocol::Output& out);
  void run_shown(const OnCore& here, size_t index);
  void let_go(const OnCore& here);
  // The end.
  void come_home(OnCore& home);
  void begin(const OnCore& home, Deferred& deferred);
  void split(const OnCore& home, Deferred& deferred);

  Client& client_;
  Transaction& transaction_;
  const TransactionQueue& queue_;
  const CoreId home_;
  const Session session_;
  std::vector<CoreId> cores_;      // all that it needs, ascending; none where it has no commands
  std::unique_ptr<Message> self_;  // while it is somewhere
  bool homeward_ = false;

  bool holds_users_ = false;

  bool shown_ = false;  // to monitors
  bool ran_ = false;
  uint64_t cycles_ = 0;
  protocol::Output replies_;
  protocol::Output behind_;  // what the client is told of its own changes
  std::vector<std::unique_ptr<Deferred>> deferred_;
  size_t deferred_done_ = 0;
  bool waits_at_home_ = false;
  std::optional<protocol::Reply> refusal_;
};

}  // namespace tidemark::server
