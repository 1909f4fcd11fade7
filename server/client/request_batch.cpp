#include "server/client/request_batch.hpp"

#include <cstring>

namespace tidemark::server {

namespace {

// What is kept from one batch to the next: a client that once sent a million arguments does not
// hold their views for ever.
constexpr size_t kSpareArgsMax = 4096;

}  // namespace

void RequestBatch::push_back(const Request& request, std::span<const Bytes> args) {
  requests_.push_back(request);
  requests_.back().first_arg = static_cast<uint32_t>(args_.size());
  requests_.back().arg_count = static_cast<uint32_t>(args.size());
  args_.insert(args_.end(), args.begin(), args.end());
}

size_t RequestBatch::push_back_owned(const Request& request, std::span<const Bytes> args) {
  size_t bytes = 0;
  for (const Bytes arg : args) bytes += arg.size();
  // One byte more, so that empty arguments have an address too.
  char* to = owned_.emplace_back(std::make_unique_for_overwrite<char[]>(bytes + 1)).get();
  push_back(request, args);
  for (size_t i = args_.size() - args.size(); i < args_.size(); ++i) {
    std::memcpy(to, args_[i].data(), args_[i].size());
    args_[i] = Bytes(to, args_[i].size());
    to += args_[i].size();
  }
  owned_bytes_ += bytes;
  return bytes;
}

size_t RequestBatch::stream_bytes() const {
  size_t bytes = 0;
  for (size_t i = next_; i < requests_.size(); ++i) bytes += requests_[i].bytes;
  return bytes;
}

void RequestBatch::clear() {
  requests_.clear();
  owned_.clear();
  owned_bytes_ = 0;
  next_ = 0;
  if (args_.capacity() > kSpareArgsMax) {
    std::vector<Bytes>().swap(args_);
  } else {
    args_.clear();
  }
}

void RequestBatch::rebase(Bytes from, const char* to) {
  for (Bytes& arg : args_) {
    if (arg.data() >= from.data() && arg.data() < from.data() + from.size()) {
      arg = Bytes(to + (arg.data() - from.data()), arg.size());
    }
  }
}

void RequestBatch::rebase_last(protocol::Output& bytes) {
  const Request& last = requests_.back();
  for (size_t i = last.first_arg; i < args_.size(); ++i) {
    const size_t at = bytes.size();
    bytes.append(args_[i]);
    args_[i] = bytes.view().substr(at, args_[i].size());
  }
}

}  // namespace tidemark::server
