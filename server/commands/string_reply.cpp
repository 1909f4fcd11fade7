#include "server/commands/string_reply.hpp"

#include "server/errors.hpp"

namespace tidemark::server {

using storage::Entry;
using storage::ValueType;

Reply string_reply(const Entry* entry) {
  if (entry == nullptr) return Reply::null();
  if (entry->type() != ValueType::string) return error_reply(Errc::wrong_type);
  if (entry->is_integer()) return Reply::bulk_integer(entry->integer());
  IntegerText unused;
  return Reply::bulk(entry->text(unused));
}

Reply string_copy(const Entry* entry) {
  if (entry == nullptr) return Reply::null();
  if (entry->type() != ValueType::string) return error_reply(Errc::wrong_type);
  IntegerText scratch;
  return Reply::bulk_copy(entry->text(scratch));
}

}  // namespace tidemark::server
