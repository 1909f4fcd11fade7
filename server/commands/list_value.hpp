#pragma once

#include <cstdint>
#include <optional>

#include "server/command/arg_reader.hpp"
#include "server/command/context.hpp"
#include "server/commands/list_limits.hpp"
#include "storage/keyspace/edit.hpp"
#include "storage/value/list.hpp"

// What the families of list commands share.
namespace tidemark::server {

// LEFT or RIGHT; a syntax error for anything else.
storage::ListEnd read_list_end(ArgReader& args);
// Fails where one is too long to be an element of a list.
void check_list_elements(ArgReader& args, std::span<const Bytes> elements);

// The list at a key, to be looked at; null where there is none.
Result<storage::List*> find_list(const Context& ctx, Bytes key);
// The same for those who only read, which counts as a hit or a miss.
Result<storage::List*> find_list_to_read(const Context& ctx, Bytes key);

// What notifications call a pop or a push at that end.
constexpr Bytes pop_event(storage::ListEnd end) {
  return end == storage::ListEnd::front ? "lpop" : "rpop";
}
constexpr Bytes push_event(storage::ListEnd end) {
  return end == storage::ListEnd::front ? "lpush" : "rpush";
}

// Removes the element at an end and returns it. REQUIRES: the list is there.
Reply pop_element(Context& ctx, Bytes key, storage::ListEnd end);
// Removes up to `count` elements at an end and returns them in an array.
// REQUIRES: the list is there.
Reply pop_elements(Context& ctx, Bytes key, storage::ListEnd end, uint64_t count);

// An element as a part of a reply.
void write_list_element(protocol::Output& out, const storage::PackedElement& element);

}  // namespace tidemark::server
