#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "server/client/request_batch.hpp"
#include "server/command/command.hpp"
#include "server/transaction/watched_keys.hpp"
#include "storage/base/bytes.hpp"
#include "storage/base/ids.hpp"

namespace tidemark::server {

class OnCore;
class Router;
struct CommandEntry;

// Commands that run as one, and what is known of them beforehand.
struct TransactionQueue {
  // Request::owner says on which core each runs; -1: with all that are needed at hand.
  RequestBatch requests;
  // By core: the flags of what runs there; nullopt where nothing does.
  std::vector<std::optional<Flag>> flags_by_core;
  bool needs_home = false;   // some are about the connection
  bool needs_users = false;  // some are about users who must be in memory

  Flag flags() const;
};

// What a client has said from its first WATCH, or MULTI, to the end of the transaction: the keys
// that it watches and the commands that are queued. Lives at the client's home.
//
// Both grow with what the client sends, and count as its memory; the queue also as a part of its
// query buffer, whose limit is the queue's.
class Transaction {
 public:
  explicit Transaction(const Router& router);

  // ---- MULTI.
  bool open() const { return open_; }
  void set_open() { open_ = true; }
  // A command was refused: EXEC will be, too.
  bool failed() const { return failed_; }
  void set_failed() { failed_ = true; }

  // Copies the arguments; `flags` are those of the call. REQUIRES: open().
  void queue(const CommandEntry& entry, std::span<const Bytes> args, Flag flags, CoreId home);
  size_t commands() const { return queue_.requests.size(); }
  Flag flags() const { return queue_.flags(); }
  const TransactionQueue& queued() const { return queue_; }
  // EXEC has been sent, and is not over: it is the run's (transaction_run.hpp), and read alone.
  bool running() const { return running_; }
  void set_running() { running_ = true; }

  // ---- WATCH.
  // Notes that the key is watched; false where it is already.
  bool watch(DbIndex db, Bytes key);
  // Null where nothing is watched.
  const std::shared_ptr<Watch>& watched() const { return watch_; }
  bool broken() const { return watch_ != nullptr && watch_->broken(); }
  // The owners of the watched keys.
  std::vector<CoreId> watching() const;
  // Watches nothing any more. The owners are told.
  void unwatch(const OnCore& home);
  // The same where the owners have been told.
  void forget_watch();

  // Whether anything is left of it.
  bool empty() const { return !open_ && watch_ == nullptr; }
  // What was queued.
  size_t queued_bytes() const { return queued_bytes_; }
  size_t memory_bytes() const;

 private:
  void need(CoreId core, Flag flags);

  const Router& router_;
  TransactionQueue queue_;
  size_t queued_bytes_ = 0;
  bool open_ = false;
  bool failed_ = false;
  bool running_ = false;

  std::shared_ptr<Watch> watch_;
  std::set<std::pair<DbIndex, std::string>> keys_;
  size_t key_bytes_ = 0;
  std::vector<bool> watching_;  // by core
};

}  // namespace tidemark::server
