#include "server/commands/list_value.hpp"

#include <algorithm>
#include <utility>

#include "protocol/encode.hpp"
#include "server/config/settings.hpp"

namespace tidemark::server {

using storage::List;
using storage::ListEnd;
using storage::PackedElement;

ListEnd read_list_end(ArgReader& args) {
  if (args.accept("left")) return ListEnd::front;
  if (!args.accept("right")) args.fail_syntax();
  return ListEnd::back;
}

void check_list_elements(ArgReader& args, std::span<const Bytes> elements) {
  for (const Bytes element : elements) {
    if (element.size() > List::kElementBytesMax) args.fail("ERR Element too large");
  }
}

Result<List*> find_list(const Context& ctx, Bytes key) {
  return ctx.database(key).find_as<List>(ctx.hashed(key));
}

Result<List*> find_list_to_read(const Context& ctx, Bytes key) {
  storage::Entry* const entry = ctx.find_to_read(key);
  if (entry == nullptr) return static_cast<List*>(nullptr);
  if (entry->type() != List::kType) return Errc::wrong_type;
  return static_cast<List*>(entry->object());
}

Reply pop_element(Context& ctx, Bytes key, ListEnd end) {
  ctx.name_changes(key, pop_event(end));
  auto list = *ctx.database(key).edit<List>(ctx.hashed(key), storage::IfAbsent::leave);
  const size_t index = end == ListEnd::front ? 0 : list->size() - 1;
  IntegerText scratch;
  Reply element = Reply::bulk_copy(list->get(index).text(scratch));
  list->erase(index, 1, list_limits(ctx));
  return element;
}

Reply pop_elements(Context& ctx, Bytes key, ListEnd end, uint64_t count) {
  ctx.name_changes(key, pop_event(end));
  auto list = *ctx.database(key).edit<List>(ctx.hashed(key), storage::IfAbsent::leave);
  const size_t size = list->size();
  const size_t popped = std::min<uint64_t>(count, size);
  protocol::Output out;
  protocol::write_array_header(out, popped);
  list->visit(end, end == ListEnd::front ? 0 : size - 1, popped, [&](const PackedElement& element) {
    write_list_element(out, element);
    return true;
  });
  list->erase(end == ListEnd::front ? 0 : size - popped, popped, list_limits(ctx));
  return Reply::encoded(std::move(out));
}

void write_list_element(protocol::Output& out, const PackedElement& element) {
  if (element.is_integer()) {
    protocol::write_bulk_integer(out, element.integer());
  } else {
    IntegerText unused;
    protocol::write_bulk(out, element.text(unused));
  }
}

}  // namespace tidemark::server
