#include "tests/wire/connection.hpp"

#include <hiredis/hiredis.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace tidemark::test {

namespace {

constexpr timeval kPatience{.tv_sec = 30, .tv_usec = 0};

std::string show(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_STRING:
      return '"' + std::string(reply.str, reply.len) + '"';
    case REDIS_REPLY_STATUS:
      return {reply.str, reply.len};
    case REDIS_REPLY_ERROR:
      return '!' + std::string(reply.str, reply.len);
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_NIL:
      return "(nil)";
    case REDIS_REPLY_ARRAY: {
      std::string text = "[";
      for (size_t i = 0; i < reply.elements; ++i) {
        if (i > 0) text += ", ";
        text += show(*reply.element[i]);
      }
      return text + "]";
    }
    default:
      return "?";
  }
}

}  // namespace

Connection::Connection(int port) : context_(redisConnectWithTimeout("127.0.0.1", port, kPatience)) {
  if (context_ == nullptr || context_->err != 0) {
    redisFree(context_);
    throw std::runtime_error("cannot connect");
  }
  redisSetTimeout(context_, kPatience);
}

Connection::~Connection() { redisFree(context_); }

std::string Connection::run(std::initializer_list<std::string_view> command) {
  return run(std::vector<std::string>(command.begin(), command.end()));
}

std::string Connection::run(const std::vector<std::string>& command) {
  send(command);
  return receive();
}

void Connection::send(const std::vector<std::string>& command) {
  std::vector<const char*> args;
  std::vector<size_t> lengths;
  for (const std::string& arg : command) {
    args.push_back(arg.data());
    lengths.push_back(arg.size());
  }
  redisAppendCommandArgv(context_, static_cast<int>(args.size()), args.data(), lengths.data());
}

std::string Connection::receive() {
  void* reply = nullptr;
  if (redisGetReply(context_, &reply) != REDIS_OK) {
    throw std::runtime_error(std::string("no reply: ") + context_->errstr);
  }
  const std::unique_ptr<void, decltype(&freeReplyObject)> owner(reply, freeReplyObject);
  return show(*static_cast<redisReply*>(reply));
}

void Connection::begin(const std::vector<std::string>& command) {
  send(command);
  int done = 0;
  while (done == 0) {
    if (redisBufferWrite(context_, &done) != REDIS_OK) {
      throw std::runtime_error(std::string("cannot send: ") + context_->errstr);
    }
  }
}

void Connection::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(context_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

std::string Connection::read(size_t bytes) {
  std::string text;
  while (text.size() < bytes) {
    char buffer[65536];
    const ssize_t got = recv(context_->fd, buffer, std::min(sizeof buffer, bytes - text.size()), 0);
    if (got <= 0) break;
    text.append(buffer, static_cast<size_t>(got));
  }
  return text;
}

std::string Connection::read_to_end() { return read(static_cast<size_t>(-1)); }

void Connection::finish_writing() { shutdown(context_->fd, SHUT_WR); }

int Connection::fd() const { return context_->fd; }

}  // namespace tidemark::test
