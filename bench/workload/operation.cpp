#include "bench/workload/operation.hpp"

#include "bench/base/endpoint.hpp"
#include "bench/workload/population.hpp"

namespace tidemark::bench {

namespace {

std::vector<std::string> words_of(const Operation& operation, int64_t since) {
  std::vector<std::string> words;
  const auto user = [&] { words.push_back(Population::user_key(operation.user)); };
  const auto options = [&] {
    if (operation.type != 0) words.insert(words.end(), {"TYPE", std::to_string(operation.type)});
    if (operation.mentions) {
      words.insert(words.end(), {"MENTIONS", std::to_string(*operation.mentions)});
    }
    if (operation.unread) words.insert(words.end(), {"UNREAD", std::to_string(*operation.unread)});
    if (operation.flags) words.insert(words.end(), {"FLAGS", std::to_string(*operation.flags)});
    if (operation.manual) words.emplace_back("MANUAL");
  };
  const auto pairs = [&] {
    for (const ChannelMessage& pair : operation.channels) {
      words.push_back(std::to_string(pair.channel));
      words.push_back(std::to_string(pair.message_id));
    }
  };
  words.push_back("READSTATE." + std::string(name_of(operation.kind)));
  switch (operation.kind) {
    case OperationKind::ack:
    case OperationKind::incr:
    case OperationKind::set:
    case OperationKind::unread:
      user();
      options();
      pairs();
      break;
    case OperationKind::get:
    case OperationKind::del:
      user();
      words.insert(words.end(), {"TYPE", std::to_string(operation.type)});
      for (const ChannelMessage& pair : operation.channels) {
        words.push_back(std::to_string(pair.channel));
      }
      break;
    case OperationKind::getall_since:
      user();
      words.insert(words.end(), {"SINCE", std::to_string(since)});
      break;
    case OperationKind::getall:
    case OperationKind::total:
    case OperationKind::erase:
      user();
      break;
    case OperationKind::fanout:
      pairs();
      words.push_back(std::to_string(operation.fanout_users.size()));
      for (const uint32_t member : operation.fanout_users) {
        words.push_back(Population::user_key(member));
      }
      options();
      break;
  }
  return words;
}

}  // namespace

const char* name_of(OperationKind kind) {
  switch (kind) {
    case OperationKind::ack:
      return "ACK";
    case OperationKind::incr:
      return "INCR";
    case OperationKind::getall:
    case OperationKind::getall_since:
      return "GETALL";
    case OperationKind::get:
      return "GET";
    case OperationKind::unread:
      return "UNREAD";
    case OperationKind::total:
      return "TOTAL";
    case OperationKind::set:
      return "SET";
    case OperationKind::del:
    case OperationKind::erase:
      return "DEL";
    case OperationKind::fanout:
      return "FANOUT";
  }
  return "?";
}

void append_operation(std::string& out, const Operation& operation, int64_t since) {
  const std::vector<std::string> words = words_of(operation, since);
  append_request(out, std::vector<Bytes>(words.begin(), words.end()));
}

std::string operation_line(const Operation& operation) {
  std::string line;
  for (const std::string& word : words_of(operation, 0)) {
    if (!line.empty()) line += ' ';
    line += word;
  }
  return line;
}

}  // namespace tidemark::bench
