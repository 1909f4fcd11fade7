#include "bench/replay/query.hpp"

#include <algorithm>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace tidemark::bench {

protocol::DecodedReply query(const Endpoint& endpoint, const std::vector<Bytes>& words,
                             int seconds) {
  const Socket socket = connect_to(endpoint);
  const timeval timeout{.tv_sec = seconds, .tv_usec = 0};
  setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  fcntl(socket.fd(), F_SETFL, 0);
  std::string request;
  append_request(request, words);
  if (send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    throw BenchError("cannot send " + std::string(words.front()));
  }
  std::string in;
  char buffer[16 * 1024];
  while (true) {
    const ssize_t got = recv(socket.fd(), buffer, sizeof buffer, 0);
    if (got <= 0) throw BenchError("no reply to " + std::string(words.front()));
    in.append(buffer, static_cast<size_t>(got));
    Bytes rest(in);
    protocol::DecodedReply reply;
    const protocol::DecodeStatus status = decode_reply(rest, reply);
    if (status == protocol::DecodeStatus::complete) return reply;
    if (status == protocol::DecodeStatus::broken) throw BenchError("a reply is not RESP");
  }
}

std::vector<std::pair<std::string, std::string>> query_info(const Endpoint& endpoint,
                                                            Bytes section) {
  const protocol::DecodedReply reply = query(endpoint, {"INFO", section});
  std::vector<std::pair<std::string, std::string>> fields;
  if (reply.type == '-') return fields;
  size_t at = 0;
  while (at < reply.text.size()) {
    const size_t end = std::min(reply.text.find("\r\n", at), reply.text.size());
    const std::string line = reply.text.substr(at, end - at);
    const size_t colon = line.find(':');
    if (!line.empty() && line.front() != '#' && colon != std::string::npos) {
      fields.emplace_back(line.substr(0, colon), line.substr(colon + 1));
    }
    at = end + 2;
  }
  return fields;
}

}  // namespace tidemark::bench
