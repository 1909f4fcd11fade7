#include "protocol/reply.hpp"

#include <algorithm>
#include <memory>

#include "storage/base/ensure.hpp"

namespace tidemark::protocol {
namespace {

std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n'; }, ' ');
  return text;
}

}  // namespace

Reply& Reply::operator=(Reply&& other) noexcept {
  if (this == &other) return *this;
  if (home_ != Home::plain) destroy();
  kind_ = other.kind_;
  home_ = other.home_;
  take(other);
  return *this;
}

void Reply::take_owned(Reply& other) noexcept {
  switch (other.home_) {
    case Home::plain:
      break;
    case Home::string:
      std::construct_at(&owned_, std::move(other.owned_));
      break;
    case Home::items:
      std::construct_at(&items_, std::move(other.items_));
      break;
    case Home::output:
      std::construct_at(&output_, std::move(other.output_));
      break;
  }
}

void Reply::destroy() noexcept {
  switch (home_) {
    case Home::plain:
      break;
    case Home::string:
      std::destroy_at(&owned_);
      break;
    case Home::items:
      std::destroy_at(&items_);
      break;
    case Home::output:
      std::destroy_at(&output_);
      break;
  }
}

Reply Reply::status_copy(std::string text) {
  return Reply(Kind::status_owned, on_one_line(std::move(text)));
}

Reply Reply::error(std::string text) { return Reply(Kind::error, on_one_line(std::move(text))); }

Reply Reply::verbatim(Bytes format, Bytes text) {
  ENSURE(format.size() == 3);
  std::string owned;
  owned.reserve(format.size() + 1 + text.size());
  owned.append(format).append(":").append(text);
  return Reply(Kind::verbatim, std::move(owned));
}

Reply Reply::map(std::vector<Reply> flat) {
  ENSURE(flat.size() % 2 == 0);
  return Reply(Kind::map, std::move(flat));
}

Reply Reply::attribute(std::vector<Reply> flat, Reply of) {
  ENSURE(flat.size() % 2 == 0);
  flat.push_back(std::move(of));
  return Reply(Kind::attribute, std::move(flat));
}

bool Reply::is_error() const {
  if (kind_ == Kind::error) return true;
  if (kind_ != Kind::shared && kind_ != Kind::encoded) return false;
  const Bytes wire = bytes();
  return !wire.empty() && wire.front() == '-';
}

Bytes Reply::error_code() const {
  // A code longer than this is none, but somebody's text.
  constexpr size_t kCodeMax = 32;
  Bytes text = bytes();
  if (kind_ != Kind::error) text.remove_prefix(1);
  const size_t blank = text.substr(0, kCodeMax).find(' ');
  return blank == Bytes::npos ? Bytes("ERR") : text.substr(0, blank);
}

Bytes Reply::owned_bytes() const {
  switch (home_) {
    case Home::string:
      return owned_;
    case Home::output:
      return output_.view();
    case Home::plain:
    case Home::items:
      break;
  }
  return {};
}

}  // namespace tidemark::protocol
