#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "protocol/encode.hpp"
#include "protocol/output.hpp"
#include "protocol/reply.hpp"
#include "storage/base/bytes.hpp"
#include "storage/value/packed.hpp"

namespace tidemark::server {

using protocol::Reply;

// What the elements of a reply are together; RESP2 has arrays only.
enum class Gathering : uint8_t { array, set, map };

// An element of a collection as a bulk string.
inline void write_element(protocol::Output& out, const storage::PackedElement& element) {
  if (element.is_integer()) {
    protocol::write_bulk_integer(out, element.integer());
  } else {
    IntegerText scratch;
    protocol::write_bulk(out, element.text(scratch));
  }
}

// The same as a reply of its own, which borrows from the data.
inline Reply element_reply(const storage::PackedElement& element) {
  if (element.is_integer()) return Reply::bulk_integer(element.integer());
  IntegerText unused;
  return Reply::bulk(element.text(unused));
}

// The reply of a command that answers with the elements of a collection: written to the wire as
// they are met, without a Reply for each.
class ElementsReply {
 public:
  // Of as many elements as will be added, or of pairs where they are a map.
  ElementsReply(protocol::RespVersion version, Gathering gathering, size_t count)
      : version_(version), gathering_(gathering), announced_(true) {
    write_header(out_, count);
  }
  // Of elements that are counted as they come.
  ElementsReply(protocol::RespVersion version, Gathering gathering)
      : version_(version), gathering_(gathering) {}

  void add(const storage::PackedElement& element) {
    write_element(out_, element);
    ++count_;
  }
  void add(Bytes text) {
    protocol::write_bulk(out_, text);
    ++count_;
  }
  void add_or_null(const std::optional<storage::PackedElement>& element) {
    if (element) return add(*element);
    protocol::write_null(out_, version_);
    ++count_;
  }
  // For what is not a bulk string: write there, then count it.
  protocol::Output& out() { return out_; }
  void count_one() { ++count_; }

  size_t bytes() const { return out_.size(); }

  Reply finish() && {
    if (announced_) return Reply::encoded(std::move(out_));
    protocol::Output wire;
    wire.reserve(out_.size() + kInt64CharsMax + 3);
    write_header(wire, gathering_ == Gathering::map ? count_ / 2 : count_);
    wire.append(out_.view());
    return Reply::encoded(std::move(wire));
  }

 private:
  void write_header(protocol::Output& out, size_t count) const {
    switch (gathering_) {
      case Gathering::array:
        return protocol::write_array_header(out, count);
      case Gathering::set:
        return protocol::write_set_header(out, version_, count);
      case Gathering::map:
        return protocol::write_map_header(out, version_, count);
    }
  }

  protocol::RespVersion version_;
  Gathering gathering_;
  bool announced_ = false;
  size_t count_ = 0;
  protocol::Output out_;
};

}  // namespace tidemark::server
