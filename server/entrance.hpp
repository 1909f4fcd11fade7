#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/net/listener.hpp"

namespace tidemark::server {

class Loop;
struct Settings;

// The sockets that clients connect to, as `bind`, `port` and `unixsocket` ask for them.
//
// Thread: that of the loop; or any while the loop's core is stopped, since nothing of the loop runs
// then.
class Entrance {
 public:
  using Accept = std::function<void(int fd, Stream::Kind kind)>;
  Entrance(Loop& loop, Accept accept);
  ~Entrance();

  // Opens all of them. Returns why that is impossible.
  std::optional<std::string> open(const Settings& wanted);
  // Goes over to another `bind` or `port`. An address that stays keeps its socket, and with it
  // those who are about to connect. Returns why that is impossible; then all is as before.
  std::optional<std::string> change(const Settings& wanted);
  void close();
  // Accepts those who wait at this moment, without the loop. The loop's thread, or whoever has it
  // to itself.
  void accept_waiting(const Accept& accept);

  // The TCP port, also where the configuration said 0 for any; 0 where there is none.
  uint16_t port() const { return port_; }

 private:
  struct TcpSocket {
    std::string address;
    uint16_t port = 0;
    std::unique_ptr<Listener> listener;
  };
  using Error = std::optional<std::string>;

  std::unique_ptr<Listener> make_listener(int fd, Stream::Kind kind);
  Error add_tcp(const std::string& address, uint16_t port);
  Error open_tcp(const std::vector<std::string>& addresses);
  Error open_unix(const Settings& wanted);
  std::vector<TcpSocket> close_all_but(const std::vector<std::string>& addresses);

  Loop& loop_;
  const Accept accept_;
  int backlog_ = 0;
  uint16_t port_ = 0;
  uint16_t port_for_0_ = 0;  // the free one that the server took at start, where it asked for any
  std::vector<TcpSocket> tcp_;
  std::unique_ptr<Listener> unix_;
  std::string unix_path_;  // absolute, since `CONFIG SET dir` changes what a relative one means
};

}  // namespace tidemark::server
