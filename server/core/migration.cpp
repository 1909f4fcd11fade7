#include "server/core/migration.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "protocol/encode.hpp"
#include "protocol/reply_parser.hpp"
#include "server/command/caller.hpp"
#include "server/commands/rdb_options.hpp"
#include "server/core/core.hpp"
#include "server/core/work_message.hpp"
#include "server/server.hpp"
#include "storage/rdb/payload.hpp"

namespace tidemark::server {

namespace {

using protocol::Reply;

// More than any answer to AUTH, SELECT or RESTORE is long.
constexpr size_t kReplyBytesMax = size_t{64} << 10;

void add_request(protocol::Output& out, std::initializer_list<Bytes> words) {
  protocol::write_array_header(out, words.size());
  for (const Bytes word : words) protocol::write_bulk(out, word);
}

storage::Database& database_of(Server& server, Bytes key, DbIndex index) {
  return server.core(server.router().owner(key)).data().keyspace.database(index);
}

}  // namespace

void Migration::start(const OnCore& here, MigrationOrder order, Caller& caller) {
  Server& server = here.server();
  const auto migration =
      std::make_shared<Migration>(server.core(here.id()), std::move(order), caller);
  here.data().migrations.push_back(migration);
  server.exclusives().run(server.router().every_core(), [migration](OnCore& on) {
    stop_writes(on.server());
    migration->read_keys(on);
    migration->home_.post(
        std::make_unique<WorkMessage>([migration](OnCore& home) { migration->connect(home); }));
  });
}

Migration::Migration(Core& home, MigrationOrder order, Caller& caller)
    : home_(home), order_(std::move(order)), caller_(caller) {}

Migration::~Migration() = default;

// Writes down all that is to be said of the keys. With all cores stopped.
void Migration::read_keys(const OnCore& on) {
  Server& server = on.server();
  const bool replace = order_.existing == MigrationOrder::Existing::replace;
  for (const std::string& key : order_.keys) {
    const storage::Entry* const entry =
        database_of(server, key, order_.from).find(storage::hash_key(key), storage::Touch::no);
    if (entry == nullptr) continue;
    int64_t ttl_ms = 0;
    if (entry->has_expiry()) {
      ttl_ms = std::max<int64_t>(entry->expire_at_ms() - on.now_ms(), 1);
    }
    const std::string payload = storage::rdb::make_payload(*entry, compression(server.settings()));
    const std::string ttl = std::to_string(ttl_ms);
    if (replace) {
      add_request(requests_, {"RESTORE", key, ttl, payload, "REPLACE"});
    } else {
      add_request(requests_, {"RESTORE", key, ttl, payload});
    }
    moving_.push_back(key);
  }
}

void Migration::connect(OnCore& here) {
  if (moving_.empty()) return end(here, Reply::simple("NOKEY"));
  timer_ =
      std::make_unique<Timer>(here.loop(), [this] { give_up(written_ ? "reading" : "writing"); });
  keep_waiting();
  connector_ = std::make_unique<Connector>(
      here.loop(), order_.host, order_.port,
      [this](int fd, Connector::Failure failure) { on_connected(fd, failure); });
}

void Migration::on_connected(int fd, Connector::Failure failure) {
  connector_.reset();
  switch (failure) {
    case Connector::Failure::none:
      return talk(fd);
    case Connector::Failure::refused:
      return give_up("writing");
    case Connector::Failure::unknown_host:
      home_.enter([this](OnCore& here) {
        end(here, Reply::error("IOERR error or timeout connecting to the client"));
      });
  }
}

void Migration::talk(int fd) {
  keep_waiting();
  stream_ = std::make_unique<Stream>(home_.loop(), fd, Stream::Kind::tcp, *this);
  stream_->start_reading();
  protocol::Output greeting;
  if (!order_.login.empty()) {
    protocol::write_array_header(greeting, order_.login.size());
    for (const std::string& word : order_.login) protocol::write_bulk(greeting, word);
    ++greetings_;
  }
  add_request(greeting, {"SELECT", std::to_string(order_.to)});
  ++greetings_;
  stream_->write(std::move(greeting));
}

// Only to a server that has agreed to the password and the database: else they would be written to
// another database, and be gone here.
void Migration::say_keys() {
  if (!written_ || keys_said_ || replies_ < greetings_ || !refusal_.empty()) return;
  keys_said_ = true;
  written_ = false;
  stream_->write(std::move(requests_));
}

// Something has happened: the time starts anew.
void Migration::keep_waiting() { timer_->start(static_cast<uint64_t>(order_.timeout_ms), 0); }

void Migration::give_up(Bytes doing) {
  home_.enter([this, doing](OnCore& here) {
    end(here, Reply::error(fmt::format("IOERR error or timeout {} to target instance", doing)));
  });
}

void Migration::on_written() {
  written_ = true;
  keep_waiting();
  say_keys();
}

void Migration::on_end(Bytes) { give_up("reading"); }

void Migration::on_bytes(Bytes bytes) {
  received_.append(bytes);
  Bytes left = received_;
  protocol::DecodedReply reply;
  while (!all_said()) {
    if (replies_ == greetings_ && !keys_said_) {
      // Nothing more was asked.
      if (!left.empty()) return give_up("reading");
      received_.clear();
      return say_keys();
    }
    const auto status = protocol::decode_reply(left, reply);
    if (status == protocol::DecodeStatus::broken) return give_up("reading");
    if (status == protocol::DecodeStatus::incomplete) {
      if (left.size() > kReplyBytesMax) return give_up("reading");
      received_.erase(0, received_.size() - left.size());
      return;
    }
    on_reply(reply.text, reply.type == '-');
  }
  home_.enter([this](OnCore& here) {
    if (refusal_.empty()) return end(here, Reply::ok());
    end(here, Reply::error("ERR Target instance replied with error: " + refusal_));
  });
}

// Whether nothing more is to come.
bool Migration::all_said() const {
  if (replies_ < greetings_) return false;
  return !keys_said_ ? !refusal_.empty() : replies_ == greetings_ + moving_.size();
}

void Migration::on_reply(Bytes text, bool is_error) {
  keep_waiting();
  const size_t number = replies_++;
  if (is_error) {
    if (refusal_.empty()) refusal_ = text;
  } else if (number >= greetings_) {
    arrived_.push_back(moving_[number - greetings_]);
  }
}

// Once: what has arrived goes here, and writes go on.
void Migration::end(OnCore& here, Reply reply) {
  if (std::exchange(ended_, true)) return;
  reply_ = std::move(reply);
  connector_.reset();
  stream_.reset();
  if (timer_ != nullptr) timer_->stop();
  Server& server = here.server();
  server.exclusives().run(server.router().every_core(), [self = shared_from_this()](OnCore& on) {
    self->finish(on.server());
    self->home_.post(std::make_unique<WorkMessage>([self](OnCore& home) { self->leave(home); }));
  });
}

// Whoever drops it last may be another core's thread, which must not touch what is on this loop.
void Migration::abandon() {
  ended_ = true;
  connector_.reset();
  stream_.reset();
  timer_.reset();
}

// With all cores stopped.
void Migration::finish(Server& server) {
  if (order_.afterwards == MigrationOrder::Afterwards::remove) {
    for (const std::string& key : arrived_) {
      database_of(server, key, order_.from).unlink(storage::hash_key(key));
    }
  }
  allow_writes(server);
}

void Migration::leave(OnCore& here) {
  abandon();
  std::erase_if(here.data().migrations,
                [this](const std::shared_ptr<Migration>& other) { return other.get() == this; });
  caller_.resume(here, std::move(reply_));
}

}  // namespace tidemark::server
