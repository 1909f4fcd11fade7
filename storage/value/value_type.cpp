#include "storage/value/value_type.hpp"

#include <array>

#include "storage/base/ensure.hpp"

namespace tidemark::storage {
namespace {

// Written before any partition exists, read by all of them.
constinit std::array<ObjectFunctions, kValueTypeCount> installed{};

}  // namespace

Bytes type_name(ValueType type) {
  switch (type) {
    case ValueType::string:
      return "string";
    case ValueType::list:
      return "list";
    case ValueType::set:
      return "set";
    case ValueType::zset:
      return "zset";
    case ValueType::hash:
      return "hash";
    case ValueType::stream:
      return "stream";
  }
  ENSURE(false);
}

const ObjectFunctions& object_functions(ValueType type) {
  const ObjectFunctions& functions = installed[static_cast<size_t>(type)];
  ENSURE(functions.destroy != nullptr);
  return functions;
}

void install_object_type(ValueType type, const ObjectFunctions& functions) {
  installed[static_cast<size_t>(type)] = functions;
}

}  // namespace tidemark::storage
