#include "protocol/reply_parser.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "storage/base/number.hpp"

namespace tidemark::protocol {
namespace {

// How the bytes behind a type byte go on.
enum class Shape : uint8_t { line, body, items, pairs, unknown };

Shape shape_of(char type) {
  switch (type) {
    case '+':
    case '-':
    case ':':
    case ',':
    case '#':
    case '(':
    case '_':
      return Shape::line;
    case '$':
    case '=':
    case '!':
      return Shape::body;
    case '*':
    case '~':
    case '>':
      return Shape::items;
    case '%':
    case '|':
      return Shape::pairs;
    default:
      return Shape::unknown;
  }
}

constexpr int64_t kLengthMax = std::numeric_limits<int32_t>::max();

// One decode_reply(): what is left of the bytes, and how deep it is in them.
class Decoder {
 public:
  explicit Decoder(Bytes bytes) : rest_(bytes) {}
  Bytes rest() const { return rest_; }

  DecodeStatus decode(DecodedReply& reply, int depth) {
    Bytes line;
    const DecodeStatus status = take_line(line);
    if (status != DecodeStatus::complete) return status;
    if (line.empty() || depth > kReplyDepthMax) return DecodeStatus::broken;
    reply.type = line.front();
    line.remove_prefix(1);
    const Shape shape = shape_of(reply.type);
    if (shape == Shape::unknown) return DecodeStatus::broken;
    if (shape == Shape::line) return decode_line(line, reply);

    const auto length = parse_int64(line);
    if (!length || *length < -1 || *length > kLengthMax) return DecodeStatus::broken;
    reply.null = *length < 0;
    if (reply.null) return DecodeStatus::complete;
    if (shape == Shape::body) return decode_body(static_cast<size_t>(*length), reply);
    const int64_t items = shape == Shape::pairs ? *length * 2 : *length;
    return decode_items(reply.type == '|' ? items + 1 : items, reply, depth);
  }

 private:
  DecodeStatus take_line(Bytes& line) {
    const size_t end = rest_.find('\n');
    if (end == Bytes::npos) return DecodeStatus::incomplete;
    if (end == 0 || rest_[end - 1] != '\r') return DecodeStatus::broken;
    line = rest_.substr(0, end - 1);
    rest_.remove_prefix(end + 1);
    return DecodeStatus::complete;
  }

  static DecodeStatus decode_line(Bytes line, DecodedReply& reply) {
    reply.text = line;
    reply.null = reply.type == '_';
    if (reply.type == '#') {
      if (line != "t" && line != "f") return DecodeStatus::broken;
      reply.integer = line == "t" ? 1 : 0;
    }
    if (reply.type == ':') {
      const auto value = parse_int64(line);
      if (!value) return DecodeStatus::broken;
      reply.integer = *value;
    }
    return DecodeStatus::complete;
  }

  DecodeStatus decode_body(size_t bytes, DecodedReply& reply) {
    if (rest_.size() < bytes + 2) return DecodeStatus::incomplete;
    if (rest_.substr(bytes, 2) != "\r\n") return DecodeStatus::broken;
    reply.text = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes + 2);
    return DecodeStatus::complete;
  }

  DecodeStatus decode_items(int64_t count, DecodedReply& reply, int depth) {
    // No room is made for items that are only announced.
    for (; count > 0; --count) {
      const DecodeStatus status = decode(reply.items.emplace_back(), depth + 1);
      if (status != DecodeStatus::complete) return status;
    }
    return DecodeStatus::complete;
  }

  Bytes rest_;
};

}  // namespace

size_t ReplyCounter::feed(Bytes bytes) {
  counted_ = 0;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at < end && step_ != Step::broken) at = step_over(at, end);
  return counted_;
}

// Takes as much as one step can, at least one byte, and returns where it stopped.
const char* ReplyCounter::step_over(const char* at, const char* end) {
  const auto here = static_cast<size_t>(end - at);
  switch (step_) {
    case Step::type:
      take_type(*at);
      return at + 1;
    case Step::length:
      take_length_byte(*at);
      return at + 1;
    case Step::line: {
      const auto* last = static_cast<const char*>(std::memchr(at, '\n', here));
      if (last == nullptr) return end;
      end_item();
      return last + 1;
    }
    case Step::body: {
      const auto taken = std::min<uint64_t>(length_, here);
      length_ -= taken;
      if (length_ == 0) end_item();
      return at + taken;
    }
    case Step::broken:
      break;
  }
  return end;
}

void ReplyCounter::take_type(char type) {
  if (items_left_ == 0) {
    top_type_ = type;
    items_left_ = 1;
  }
  // What an attribute says goes before the reply; the reply is what follows it.
  if (top_type_ == '|' && items_left_ == 1) top_type_ = type;
  type_ = type;
  negative_ = false;
  length_ = 0;
  const Shape shape = shape_of(type);
  step_ = shape == Shape::unknown ? Step::broken : shape == Shape::line ? Step::line : Step::length;
}

void ReplyCounter::take_length_byte(char c) {
  if (c >= '0' && c <= '9') {
    length_ = length_ * 10 + static_cast<uint64_t>(c - '0');
    if (length_ > static_cast<uint64_t>(kLengthMax)) step_ = Step::broken;
  } else if (c == '-') {
    negative_ = true;
  } else if (c == '\n') {
    end_length();
  } else if (c != '\r') {
    step_ = Step::broken;
  }
}

void ReplyCounter::end_length() {
  const Shape shape = shape_of(type_);
  if (shape == Shape::body && !negative_) {
    length_ += 2;
    step_ = Step::body;
    return;
  }
  if (!negative_) {
    items_left_ += shape == Shape::pairs ? 2 * length_ : length_;
    if (type_ == '|') items_left_ += 1;
  }
  end_item();
}

void ReplyCounter::end_item() {
  step_ = Step::type;
  if (--items_left_ > 0 || top_type_ == '>') return;
  ++counted_;
  if (top_type_ == '-' || top_type_ == '!') ++errors_;
}

DecodeStatus decode_reply(Bytes& bytes, DecodedReply& reply) {
  reply = DecodedReply();
  Decoder decoder(bytes);
  const DecodeStatus status = decoder.decode(reply, 0);
  if (status == DecodeStatus::complete) bytes = decoder.rest();
  return status;
}

}  // namespace tidemark::protocol
