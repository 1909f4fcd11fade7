#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocol/output.hpp"
#include "protocol/reply.hpp"
#include "server/net/connector.hpp"
#include "server/net/stream.hpp"
#include "server/net/timer.hpp"
#include "storage/base/ids.hpp"

namespace tidemark::server {

class Caller;
class Core;
class OnCore;
class Server;

// What MIGRATE was asked to do.
struct MigrationOrder {
  std::string host;
  std::string port;
  DbIndex from;
  int64_t to = 0;  // the other server's database
  int64_t timeout_ms = 0;
  enum class Afterwards : uint8_t { remove, keep };
  Afterwards afterwards = Afterwards::remove;
  enum class Existing : uint8_t { refuse, replace };
  Existing existing = Existing::refuse;
  std::vector<std::string> login;  // the words of AUTH; empty for none
  std::vector<std::string> keys;
};

// MIGRATE on its way: keys that move to another server, or are copied there.
//
// From the moment at which the keys are read to that at which those which have arrived are removed
// here, writes wait on all cores, so that none is lost between the two servers; reads go on, and no
// loop waits for the network. (Redis serves nobody meanwhile.)
//
// It lives on its caller's home core, which talks to the other server.
class Migration : public std::enable_shared_from_this<Migration>, public Stream::Handler {
 public:
  // The caller, which is suspended, gets the reply.
  static void start(const OnCore& here, MigrationOrder order, Caller& caller);

  // The loop ends: nobody waits for the outcome any more.
  void abandon();

  Migration(Core& home, MigrationOrder order, Caller& caller);
  ~Migration() override;

 private:
  void read_keys(const OnCore& on);
  void connect(OnCore& here);
  void on_connected(int fd, Connector::Failure failure);
  void talk(int fd);
  void say_keys();
  bool all_said() const;
  void on_reply(Bytes text, bool is_error);
  void keep_waiting();
  void give_up(Bytes doing);
  void end(OnCore& here, protocol::Reply reply);
  void finish(Server& server);
  void leave(OnCore& here);

  // ---- Stream::Handler.
  std::span<char> read_space() override { return {}; }
  void on_bytes(Bytes bytes) override;
  void on_end(Bytes reason) override;
  void on_written() override;

  Core& home_;
  const MigrationOrder order_;
  Caller& caller_;

  protocol::Output requests_;        // RESTOREs
  std::vector<std::string> moving_;  // their keys, in their order
  size_t greetings_ = 0;             // requests before those
  size_t replies_ = 0;
  std::vector<std::string> arrived_;
  std::string refusal_;  // of the other server, the first

  std::unique_ptr<Connector> connector_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Timer> timer_;
  std::string received_;  // of a reply that is not whole
  bool written_ = false;  // the last that was said has left
  bool keys_said_ = false;
  bool ended_ = false;
  protocol::Reply reply_ = protocol::Reply::none();
};

}  // namespace tidemark::server
