#include "server/commands/encoding_name.hpp"

namespace tidemark::server {

using storage::ValueType;

Bytes encoding_name(const Settings& settings, const storage::Entry& entry) {
  const Bytes name = entry.encoding_name();
  if (settings.encoding_names == EncodingNames::redis_7_2 || name != "listpack") return name;
  switch (entry.type()) {
    case ValueType::list:
      return "quicklist";
    case ValueType::set:
      return "hashtable";
    default:
      return name;
  }
}

}  // namespace tidemark::server
