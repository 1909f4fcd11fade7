#include "server/commands/database_arg.hpp"

namespace tidemark::server {

DbIndex read_database(const Context& ctx, ArgReader& args) {
  const int64_t index = args.next_integer();
  if (index < kDatabaseLow || index > kDatabaseHigh) {
    args.fail("ERR value is out of range, value must between -2147483648 and 2147483647");
  }
  return existing_database(ctx, args, index);
}

DbIndex existing_database(const Context& ctx, ArgReader& args, int64_t index) {
  const auto count = static_cast<int64_t>(ctx.here().data().keyspace.database_count());
  if (index < 0 || index >= count) {
    args.fail("ERR DB index is out of range");
    return {};
  }
  return DbIndex(static_cast<uint16_t>(index));
}

}  // namespace tidemark::server
