#include "server/entrance.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "server/config/settings.hpp"
#include "server/log/log.hpp"
#include "server/net/loop.hpp"
#include "server/net/socket.hpp"

namespace tidemark::server {

namespace {

// `bind` says with a hyphen that an address may be unavailable.
bool may_be_missing(const std::string& address) { return address.starts_with('-'); }

std::string without_hyphen(const std::string& address) {
  return may_be_missing(address) ? address.substr(1) : address;
}

}  // namespace

void Entrance::accept_waiting(const Accept& accept) {
  for (const TcpSocket& socket : tcp_) socket.listener->accept_waiting(accept);
  if (unix_ != nullptr) unix_->accept_waiting(accept);
}

Entrance::Entrance(Loop& loop, Accept accept) : loop_(loop), accept_(std::move(accept)) {}

Entrance::~Entrance() = default;

void Entrance::close() {
  tcp_.clear();
  unix_.reset();
  if (!unix_path_.empty()) unlink(std::exchange(unix_path_, {}).c_str());
}

std::unique_ptr<Listener> Entrance::make_listener(int fd, Stream::Kind kind) {
  const auto short_of = [](Bytes why) {
    log::warning(fmt::format("Accepting client connection: accept: {}", why));
  };
  return std::make_unique<Listener>(loop_, fd, kind,
                                    Listener::Callbacks{.accept = accept_, .shortage = short_of});
}

Entrance::Error Entrance::open(const Settings& wanted) {
  backlog_ = static_cast<int>(wanted.tcp_backlog);
  port_ = static_cast<uint16_t>(wanted.port);
  // Port 0 asks for a free one where there would be no way in at all.
  if (port_ > 0 || wanted.unixsocket.empty()) {
    if (Error error = open_tcp(wanted.bind)) return error;
  }
  if (wanted.port == 0) port_for_0_ = port_;
  return open_unix(wanted);
}

Entrance::Error Entrance::open_unix(const Settings& wanted) {
  if (wanted.unixsocket.empty()) return std::nullopt;
  const ListenResult result =
      listen_unix(wanted.unixsocket, backlog_, static_cast<unsigned>(wanted.unixsocketperm));
  if (result.fd < 0) {
    return fmt::format("Failed opening Unix socket {}: {}", wanted.unixsocket, result.error);
  }
  unix_ = make_listener(result.fd, Stream::Kind::unix_socket);
  unix_path_ = std::filesystem::absolute(wanted.unixsocket).string();
  return std::nullopt;
}

// Opens those that are not open.
Entrance::Error Entrance::open_tcp(const std::vector<std::string>& addresses) {
  std::vector<std::string> open;
  for (const TcpSocket& socket : tcp_) open.push_back(socket.address);
  for (const std::string& wanted : addresses) {
    const std::string address = without_hyphen(wanted);
    if (const auto found = std::find(open.begin(), open.end(), address); found != open.end()) {
      open.erase(found);
      continue;
    }
    Error error = add_tcp(address, port_);
    if (error && !may_be_missing(wanted)) return error;
  }
  return std::nullopt;
}

Entrance::Error Entrance::add_tcp(const std::string& address, uint16_t port) {
  const ListenResult result = listen_tcp(address, port, backlog_);
  if (result.fd < 0) {
    return fmt::format("Could not create server TCP listening socket {}:{}: {}", address, port,
                       result.error);
  }
  // Further addresses take the port that the first one got.
  port_ = local_port(result.fd);
  tcp_.push_back(
      {.address = address, .port = port_, .listener = make_listener(result.fd, Stream::Kind::tcp)});
  return std::nullopt;
}

// Returns what was closed, without the listeners.
std::vector<Entrance::TcpSocket> Entrance::close_all_but(
    const std::vector<std::string>& addresses) {
  std::vector<std::string> wanted;
  wanted.reserve(addresses.size());
  for (const std::string& address : addresses) wanted.push_back(without_hyphen(address));
  std::vector<TcpSocket> closed;
  std::vector<TcpSocket> kept;
  for (TcpSocket& socket : tcp_) {
    const auto found = std::find(wanted.begin(), wanted.end(), socket.address);
    if (socket.port == port_ && found != wanted.end()) {
      wanted.erase(found);
      kept.push_back(std::move(socket));
    } else {
      socket.listener.reset();
      closed.push_back(std::move(socket));
    }
  }
  tcp_ = std::move(kept);
  return closed;
}

// The old sockets go first: an address and all addresses cannot be listened on at once.
Entrance::Error Entrance::change(const Settings& wanted) {
  const uint16_t old_port = port_;
  port_ = wanted.port == 0 ? port_for_0_ : static_cast<uint16_t>(wanted.port);
  const std::vector<std::string> addresses = port_ == 0 ? std::vector<std::string>() : wanted.bind;
  const std::vector<TcpSocket> closed = close_all_but(addresses);
  const size_t kept = tcp_.size();
  Error error = open_tcp(addresses);
  if (!error) return std::nullopt;

  log::warning(*error);
  tcp_.resize(kept);
  port_ = old_port;
  for (const TcpSocket& socket : closed) {
    if (const Error again = add_tcp(socket.address, socket.port)) log::warning(*again);
  }
  return error;
}

}  // namespace tidemark::server
