#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "protocol/output.hpp"
#include "storage/base/bytes.hpp"

// What a command answers, as a value: half a reply cannot escape, and the same reply can be encoded
// for RESP2 and RESP3, turned into Lua, or dropped. A handler with thousands of elements in its
// answer writes them with encode.hpp straight into an Output and returns Reply::encoded().

namespace tidemark::protocol {

enum class RespVersion : uint8_t { v2 = 2, v3 = 3 };

// A reply owns what it holds, but for bulk(), simple() and shared(), which borrow. It moves and
// does not copy. No thread safety; a reply that crosses to another core must own its bytes.
class Reply {
 public:
  enum class Kind : uint8_t {
    none,          // sends nothing at all
    shared,        // bytes of the wire, borrowed
    encoded,       // bytes of the wire, owned
    status,        // a short text without CR and LF, borrowed
    status_owned,  // the same, owned
    error,         // code, blank, text; owned
    integer,       // 64 bits
    bulk,          // bytes, borrowed
    bulk_owned,    // bytes, owned
    bulk_integer,  // the decimal digits of an integer, as bytes
    null,          // RESP2 "$-1"
    null_array,    // RESP2 "*-1"
    real,          // a double; RESP2 bulk
    boolean,       // RESP2 integer 1 or 0
    big_number,    // decimal digits of any length, owned; RESP2 bulk
    verbatim,      // a format of three letters, ':', text; owned; RESP2 bulk of the text
    array,         // of replies
    map,           // keys and values in turn; RESP2 array
    set,           // RESP2 array
    push,          // RESP2 array
    attribute,     // keys and values in turn, then the reply they speak of; RESP2 only that reply
  };

  Reply() : Reply(Kind::none, int64_t{0}) {}
  ~Reply() {
    if (home_ != Home::plain) destroy();
  }
  // What was moved from may only be assigned to and destroyed.
  Reply(Reply&& other) noexcept : kind_(other.kind_), home_(other.home_) { take(other); }
  Reply& operator=(Reply&& other) noexcept;
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;

  static Reply none() { return Reply(); }
  static Reply ok() { return shared("+OK\r\n"); }
  static Reply pong() { return shared("+PONG\r\n"); }
  static Reply queued() { return shared("+QUEUED\r\n"); }

  // `wire` is what goes out, in both versions of the protocol. It must outlive every reply: a
  // constant.
  static Reply shared(Bytes wire) { return Reply(Kind::shared, wire); }
  static Reply encoded(std::string wire) { return Reply(Kind::encoded, std::move(wire)); }
  static Reply encoded(Output wire) { return Reply(std::move(wire)); }

  // REQUIRES: `text` is a constant without CR and LF.
  static Reply simple(Bytes text) { return Reply(Kind::status, text); }
  // CR and LF become blanks, as they do in every line that may carry what a user sent.
  static Reply status_copy(std::string text);
  // `text` starts with its code: "ERR syntax error", "WRONGTYPE Operation against ...".
  static Reply error(std::string text);

  static Reply integer(int64_t value) { return Reply(Kind::integer, value); }
  // The bytes must live and keep still until the reply is encoded.
  static Reply bulk(Bytes borrowed) { return Reply(Kind::bulk, borrowed); }
  static Reply bulk_copy(std::string owned) { return Reply(Kind::bulk_owned, std::move(owned)); }
  static Reply bulk_copy(Bytes bytes) { return bulk_copy(std::string(bytes)); }
  static Reply bulk_copy(const char* text) { return bulk_copy(std::string(text)); }
  static Reply bulk_integer(int64_t value) { return Reply(Kind::bulk_integer, value); }
  static Reply null() { return Reply(Kind::null, int64_t{0}); }
  static Reply null_array() { return Reply(Kind::null_array, int64_t{0}); }

  static Reply real(double value) { return Reply(Kind::real, std::bit_cast<int64_t>(value)); }
  static Reply boolean(bool value) { return Reply(Kind::boolean, int64_t{value}); }
  // REQUIRES: decimal digits with perhaps a '-' before them.
  static Reply big_number(std::string digits) { return Reply(Kind::big_number, std::move(digits)); }
  // REQUIRES: `format` has three letters, such as "txt".
  static Reply verbatim(Bytes format, Bytes text);

  static Reply array(std::vector<Reply> items) { return Reply(Kind::array, std::move(items)); }
  static Reply empty_array() { return shared("*0\r\n"); }
  // REQUIRES: an even number, keys and values in turn.
  static Reply map(std::vector<Reply> flat);
  static Reply set(std::vector<Reply> items) { return Reply(Kind::set, std::move(items)); }
  static Reply push(std::vector<Reply> items) { return Reply(Kind::push, std::move(items)); }
  // REQUIRES: an even number, keys and values in turn.
  static Reply attribute(std::vector<Reply> flat, Reply of);

  Kind kind() const { return kind_; }
  bool is_none() const { return kind_ == Kind::none; }
  // Also for an error in encoded form.
  bool is_error() const;
  // "ERR", "WRONGTYPE" ...: what INFO counts errors by. REQUIRES: is_error().
  Bytes error_code() const;

  // REQUIRES: kind() is integer, bulk_integer or boolean.
  int64_t integer_value() const { return plain_.number; }
  // REQUIRES: kind() == Kind::real.
  double real_value() const { return std::bit_cast<double>(plain_.number); }
  // The text, bytes or wire form of the kinds that have them, the error's with its code, the
  // verbatim's with its format; empty for others.
  Bytes bytes() const {
    if (home_ != Home::plain) return owned_bytes();
    // Numbers have no address.
    if (plain_.data == nullptr) return {};
    return {plain_.data, static_cast<size_t>(plain_.number)};
  }
  // Of array, map, set, push and attribute; empty for others.
  std::span<const Reply> items() const {
    if (home_ != Home::items) return {};
    return items_;
  }

 private:
  // What is neither owned nor needs a destructor: a number, or the address and size of bytes.
  struct Plain {
    const char* data;
    int64_t number;
  };
  // Which member of the union is alive.
  enum class Home : uint8_t { plain, string, items, output };

  Reply(Kind kind, int64_t value) : kind_(kind), plain_{nullptr, value} {}
  Reply(Kind kind, Bytes borrowed)
      : kind_(kind), plain_{borrowed.data(), static_cast<int64_t>(borrowed.size())} {}
  Reply(Kind kind, std::string&& owned)
      : kind_(kind), home_(Home::string), owned_(std::move(owned)) {}
  Reply(Kind kind, std::vector<Reply>&& items)
      : kind_(kind), home_(Home::items), items_(std::move(items)) {}
  explicit Reply(Output&& wire)
      : kind_(Kind::encoded), home_(Home::output), output_(std::move(wire)) {}

  void take(Reply& other) noexcept {
    if (other.home_ == Home::plain) {
      plain_ = other.plain_;
    } else {
      take_owned(other);
    }
  }
  void take_owned(Reply& other) noexcept;
  Bytes owned_bytes() const;
  void destroy() noexcept;

  Kind kind_;
  Home home_ = Home::plain;
  union {
    Plain plain_;
    std::string owned_;
    std::vector<Reply> items_;
    Output output_;
  };
};

static_assert(sizeof(Reply) <= 40);

// Appends what `reply` is on the wire. What RESP2 lacks becomes what Redis sends in its place. Goes
// as deep as the reply is nested: whoever builds replies from what users send bounds the depth.
void encode(const Reply& reply, RespVersion version, Output& out);

}  // namespace tidemark::protocol
