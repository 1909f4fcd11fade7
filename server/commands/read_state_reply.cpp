#include "server/commands/read_state_reply.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "protocol/encode.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::server {

namespace {

// The words of an entry are shorter than 160 bytes; beside them there are eight numbers and the
// lengths of two.
constexpr size_t kEntryBytesMax = 160 + 10 * kInt64CharsMax;
// The words of a row.
constexpr size_t kRowBytesMax = 40 + 10 * kInt64CharsMax;

// Writes into room that was reserved: what is the same in every reply in as few pieces as possible,
// since clients ask for entries by the dozen.
class Letters {
 public:
  explicit Letters(char* at) : at_(at) {}
  template <size_t kSize>
  Letters& operator<<(const char (&text)[kSize]) {
    std::memcpy(at_, text, kSize - 1);
    at_ += kSize - 1;
    return *this;
  }
  Letters& operator<<(int64_t value) {
    at_ = format_int64(at_, value);
    return *this;
  }
  // The length of an id, and its digits.
  Letters& id(int64_t value) {
    std::array<char, kInt64CharsMax> digits{};
    const int64_t length = format_int64(digits.data(), value) - digits.data();
    *this << length << "\r\n";
    std::memcpy(at_, digits.data(), digits.size());
    at_ += length;
    return *this;
  }
  char* end() const { return at_; }

 private:
  char* at_;
};

}  // namespace

void write_field(protocol::Output& out, Bytes name, int64_t value) {
  protocol::write_bulk(out, name);
  protocol::write_integer(out, value);
}

void write_entry(protocol::Output& out, protocol::RespVersion resp, const storage::Row& row) {
  char* const room = out.reserve(kEntryBytesMax);
  Letters at(room);
  (resp == protocol::RespVersion::v3 ? at << "%8" : at << "*16") << "\r\n$4\r\ntype\r\n:";
  at << int64_t{row.id.type} << "\r\n$7\r\nchannel\r\n$";
  at.id(row.id.channel) << "\r\n$4\r\nmark\r\n$";
  at.id(row.mark) << "\r\n$8\r\nmentions\r\n:";
  at << int64_t{row.mentions} << "\r\n$6\r\nunread\r\n:";
  at << int64_t{row.unread} << "\r\n$5\r\nflags\r\n:";
  at << int64_t{row.flags} << "\r\n$6\r\nmanual\r\n:";
  at << int64_t{row.manual ? 1 : 0} << "\r\n$7\r\nversion\r\n:";
  at << row.version << "\r\n";
  ENSURE_DEBUG(at.end() <= room + kEntryBytesMax);
  out.commit_to(at.end());
}

void reserve_entries(protocol::Output& out, size_t count) {
  constexpr size_t kFirst = 64;
  constexpr size_t kHeader = 32;  // of the array that they are in
  out.reserve(kHeader + std::min(count, kFirst) * kEntryBytesMax);
}

void write_row(protocol::Output& out, const storage::Row& row) {
  char* const room = out.reserve(kRowBytesMax);
  Letters at(room);
  at << "*8\r\n:" << int64_t{row.id.type} << "\r\n$";
  at.id(row.id.channel) << "\r\n$";
  at.id(row.mark) << "\r\n:";
  at << int64_t{row.mentions} << "\r\n:" << int64_t{row.unread} << "\r\n:";
  at << int64_t{row.flags} << "\r\n:" << int64_t{row.manual ? 1 : 0} << "\r\n:";
  at << row.version << "\r\n";
  ENSURE_DEBUG(at.end() <= room + kRowBytesMax);
  out.commit_to(at.end());
}

void RowWriter::begin(const storage::RowsHead& head) {
  protocol::write_map_header(out_, resp_, 3);
  write_field(out_, "version", head.version);
  write_field(out_, "partial", head.partial ? 1 : 0);
  protocol::write_bulk(out_, "entries");
  protocol::write_array_header(out_, head.count);
}

}  // namespace tidemark::server
