#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "protocol/output.hpp"
#include "protocol/request_parser.hpp"
#include "server/client/request_batch.hpp"
#include "server/command/caller.hpp"
#include "server/core/claim.hpp"
#include "server/core/client_memory.hpp"
#include "server/net/stream.hpp"
#include "server/tracking/tracking.hpp"
#include "storage/base/ids.hpp"

namespace tidemark::server {

class Core;
class OnCore;
class Subscriptions;
class Transaction;
class TransactionRun;
struct Command;
struct CoreData;
enum class Flag : uint64_t;
enum class Outcome : uint8_t;
struct Destination;
struct CommandEntry;

// What INFO, CLIENT LIST and the limits look at: kept by the client's own commands.
struct ClientFacts {
  std::string name;
  std::string library_name;
  std::string library_version;
  std::string peer;  // "ip:port"
  std::string local;
  int64_t connected_ms = 0;
  int64_t last_interaction_ms = 0;
  const CommandEntry* last_command = nullptr;
  uint64_t commands = 0;  // begun
  bool authenticated = false;
  bool no_evict = false;  // CLIENT NO-EVICT
  bool monitor = false;   // sent MONITOR
};

// What a client holds, in bytes, by what it is for.
struct ClientMemory {
  size_t query_bytes = 0;  // sent and not run to its end
  size_t query_free = 0;   // room behind them
  size_t arguments = 0;    // of the command under way, where they had to be copied
  size_t reply_bytes = 0;  // not handed to the connection
  size_t reply_buffer = 0;
  size_t reply_peak = 0;  // the most that one round of replies took
  size_t flying = 0;      // handed to the connection, not taken by the kernel
  size_t transaction = 0;
  size_t total = 0;
};

// One connection: its bytes become commands, in order, and their replies go back, in order.
//
// Bytes are parsed where they lie, in the loop's read buffer; only what is left of them when the
// read is over (half a request, or requests behind one that waits) is copied. Requests are parsed a
// few ahead, so that their keys' memory is fetched while earlier ones run. A command for another
// core leaves with those behind it that go the same way, and the client waits for their replies
// before it goes on: that is what "in order" costs.
//
// Nothing that a peer can make grow is without a limit: what it sends while a command waits, or
// while it does not read its replies, stays in the kernel, so that the peer has to wait too.
//
// Thread: its core's; memory alone may be looked at by exclusive work.
class Client final : public Stream::Handler, public Caller {
 public:
  struct Options {
    uint64_t id;
    int fd;
    Stream::Kind kind;
  };
  Client(Core& core, const Options& options, int64_t now_ms);
  ~Client() override;

  void start();

  // ---- Its own commands.
  const Session& session() const override { return session_; }
  Session& session() { return session_; }
  void select(DbIndex db) override { session_.db = db; }
  ClientFacts& facts() { return facts_; }
  const ClientFacts& facts() const { return facts_; }
  bool from_this_machine() const { return local_peer_; }
  Stream::Kind kind() const { return kind_; }
  int fd() const;
  CoreId home() const;

  // CLIENT REPLY. skip_this is what skip_next becomes when the next command begins.
  enum class ReplyMode : uint8_t { on, off, skip_next, skip_this };
  ReplyMode reply_mode() const { return reply_mode_; }
  void set_reply_mode(ReplyMode mode) { reply_mode_ = mode; }
  // Whether what the command at hand replies is sent.
  bool replies_wanted() const {
    return reply_mode_ == ReplyMode::on || reply_mode_ == ReplyMode::skip_next;
  }

  // What it has subscribed to; null for nothing.
  Subscriptions* subscriptions() const { return subscriptions_.get(); }
  Subscriptions& subscriptions_or_new();
  std::unique_ptr<Subscriptions> take_subscriptions();
  bool is_subscriber() const;

  // What it has asked for by CLIENT TRACKING; null for nothing. Exclusive work, too.
  Tracking* tracking() const { return tracking_.get(); }
  void set_tracking(std::unique_ptr<Tracking> tracking);

  // What it has begun by WATCH or MULTI; null for nothing.
  Transaction* transaction() const { return transaction_.get(); }
  Transaction& transaction_or_new(const OnCore& here);
  // Between MULTI and EXEC.
  bool in_transaction() const;
  // Whether the command would be queued.
  bool queues(const Command& command) const;
  // As DISCARD does.
  void drop_transaction(const OnCore& here);
  // EXEC has its reply, or is refused.
  void end_of_transaction(OnCore& here, TransactionRun& run);

  // Closes when the replies so far, the current command's among them, have left.
  void close_after_reply() { close_after_reply_ = true; }
  bool closes_after_reply() const { return close_after_reply_; }
  // Closes at once, for a limit or a CLIENT KILL; safe in any state. Its own core's thread.
  void close(const OnCore& here);
  bool closed() const { return stream_ == nullptr; }
  // Closed, or about to be: what it has asked for and is not under way yet may be left undone.
  void set_going() { (void)going_.take(); }
  // Any thread.
  bool is_going() const { return going_.taken(); }
  // It was chosen to go, for maxmemory-clients, and is about to.
  bool evicted() const { return share_.evicted; }
  // Nothing more runs; it goes when its replies have left.
  bool closing() const { return close_after_reply_ && !waiting_ && !closed(); }
  bool waiting() const { return waiting_; }
  bool held_by_pause() const { return held_by_pause_; }
  // Its command waits for keys, or for a time to be over.
  bool blocked() const;
  bool reading() const { return reading_ && !closed(); }
  bool writing() const { return flying_bytes_ > 0; }

  // Bytes that an event of another client sends it, between replies.
  void push(const OnCore& here, Bytes wire);
  // The same whatever CLIENT REPLY says, and for exclusive work, too: whether that is more than the
  // client may have waiting is seen at the end of the round.
  void push_between(const OnCore& here, Bytes wire);
  // Where what is pushed goes for now: among the replies of the transaction that runs. Null: behind
  // all that it has been sent.
  void push_into(protocol::Output* replies) { pushed_into_ = replies; }
  // Takes in what has arrived, without the loop: Stream::read_now().
  void read_now(std::span<char> room) { stream_->read_now(room); }
  // Hands what it has to the stream.
  void flush(const OnCore& here);
  // Shows one of its commands to monitors.
  void show(const OnCore& here, const RequestBatch::Request& request,
            const RequestBatch& batch) const;

  // ---- Limits.
  // With what is queued for EXEC.
  size_t query_buffer_bytes() const;
  size_t output_bytes() const { return out_.size() + flying_bytes_; }
  ClientMemory memory() const;
  // Everything that it holds.
  size_t memory_bytes() const;
  // Brings the core's books up to date. Its core's thread, or exclusive work.
  void account(CoreData& data);
  // Once a cron round: idle timeout and soft output limits.
  void watch(const OnCore& here);

  // ---- Answers.
  void resume(OnCore& here, protocol::Reply reply) override;
  void retry(OnCore& here) override;
  void await(const OnCore& here, std::shared_ptr<KeyWait> wait) override;
  // A run of its commands is back with their replies.
  void on_run_back(OnCore& here, Bytes replies);
  // The command at hand is back, which was tried where its keys are: with its reply, or to wait.
  void on_attempt_back(OnCore& here, Bytes reply, std::shared_ptr<KeyWait> wait);

  // ---- Stream.
  std::span<char> read_space() override;
  void on_bytes(Bytes bytes) override;
  void on_end(Bytes reason) override;
  void on_written() override;

 private:
  // client.cpp
  void take_in(OnCore& here, Bytes bytes);
  void keep(Bytes bytes);
  void forget_input();
  void go_on(OnCore& here);
  void finish(OnCore& here);
  bool wants_reply();
  void reply(const protocol::Reply& reply);
  void append(Bytes replies);
  void send(const OnCore& here);
  bool is_output_limited(const OnCore& here) const;
  bool may_hold_back(const OnCore& here) const;
  void set_reading(bool wanted);
  void release_spare(const OnCore& here);
  bool output_full(const OnCore& here);
  void check_output_limit(const OnCore& here);
  // pipeline.cpp
  size_t run(OnCore& here, Bytes unread);
  size_t parse_ahead(OnCore& here, Bytes unread);
  void look_ahead(const OnCore& here);
  Destination destination_of(const OnCore& here, const RequestBatch::Request& request) const;
  Destination destination_here(const OnCore& here, const RequestBatch::Request& request) const;
  size_t step(OnCore& here);
  void begin(const OnCore& here, RequestBatch::Request& request);
  void begin_tracking(const RequestBatch::Request& request);
  bool held_back(OnCore& here, const RequestBatch::Request& request) const;
  Outcome call_here(OnCore& here, const RequestBatch::Request& request);
  void send_attempt(OnCore& here, const Destination& destination);
  size_t send_away(OnCore& here, CoreId owner);
  bool may_part_ways(const OnCore& here) const;
  size_t send_wave(OnCore& here);
  void stop_and_run(OnCore& here, const std::vector<CoreId>& cores);
  // Whether CLIENT REPLY has been asked about the reply already.
  enum class Silence : uint8_t { to_ask, asked };
  void answer(OnCore& here, uint64_t cycles, const protocol::Reply& reply,
              Silence silence = Silence::to_ask);
  void go_on_behind(OnCore& here);
  void leave(OnCore& here);

  // client_transaction.cpp
  Flag flags_of(const RequestBatch::Request& request) const;
  void queue(const OnCore& here, const RequestBatch::Request& request);
  void refuse(const OnCore& here, const RequestBatch::Request& request, protocol::Reply refusal);

  Core& core_;
  Session session_;
  ClientFacts facts_;
  std::unique_ptr<Stream> stream_;  // null when closed
  const Stream::Kind kind_;
  bool local_peer_ = false;

  protocol::RequestParser parser_;
  RequestBatch batch_;           // parsed, not run yet; the front one may be waiting
  protocol::Output input_;       // bytes not run yet, where they had to be kept
  protocol::Output out_;         // replies not handed to the stream yet
  size_t flying_bytes_ = 0;      // handed to the stream, not taken by the kernel yet
  size_t unanswered_bytes_ = 0;  // of the stream, in commands whose replies were not sent yet
  size_t reply_peak_ = 0;
  size_t away_bytes_ = 0;  // of the stream, in the commands that are away
  size_t away_args_ = 0;   // in copies of their arguments
  ClientShare share_;      // in the books of its core
  int64_t over_soft_limit_since_ms_ = 0;
  std::shared_ptr<KeyWait> key_wait_;  // what its command waits for
  std::unique_ptr<Transaction> transaction_;
  std::unique_ptr<Subscriptions> subscriptions_;
  std::unique_ptr<Tracking> tracking_;
  protocol::Output* pushed_into_ = nullptr;
  Claim going_;

  ReplyMode reply_mode_ = ReplyMode::on;
  bool away_ = false;           // waiting for commands that run elsewhere, not for the store
  bool waiting_ = false;        // a command is suspended, or commands are away
  bool held_by_pause_ = false;  // it waits for the end of CLIENT PAUSE
  bool out_is_full_ = false;    // the peer does not read: nothing runs until it does
  bool reading_ = true;
  bool close_after_reply_ = false;
  bool flush_is_due_ = false;
  bool overrun_ = false;  // what it was to be sent was too much: it is to be closed
  bool ended_ = false;    // the peer sends no more
};

}  // namespace tidemark::server
