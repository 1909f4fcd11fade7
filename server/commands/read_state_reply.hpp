#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/output.hpp"
#include "protocol/reply.hpp"
#include "storage/readstate/read_states.hpp"

namespace tidemark::server {

// How read states look in replies. Ids are bulk strings: JavaScript loses integers above 2^53.

// A name and an integer of a map.
void write_field(protocol::Output& out, Bytes name, int64_t value);
// A map of a row's fields: what READSTATE.GET gives for each channel.
void write_entry(protocol::Output& out, protocol::RespVersion resp, const storage::Row& row);
// Makes room for so many entries, or the first of them.
void reserve_entries(protocol::Output& out, size_t count);
// An array of the same fields without their names, for lists that may be long.
void write_row(protocol::Output& out, const storage::Row& row);

// GETALL's reply, written row by row.
class RowWriter final : public storage::RowReceiver {
 public:
  explicit RowWriter(protocol::RespVersion resp) : resp_(resp) {}
  void begin(const storage::RowsHead& head) override;
  void row(const storage::Row& row) override { write_row(out_, row); }
  protocol::Reply reply() { return protocol::Reply::encoded(std::move(out_)); }

 private:
  protocol::RespVersion resp_;
  protocol::Output out_;
};

}  // namespace tidemark::server
