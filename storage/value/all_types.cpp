#include "storage/value/all_types.hpp"

#include "storage/value/hash.hpp"
#include "storage/value/list.hpp"
#include "storage/value/set.hpp"
#include "storage/value/sorted_set.hpp"
#include "storage/value/stream.hpp"
#include "storage/value/value_type.hpp"

namespace tidemark::storage {

void install_value_types() {
  // A line for each class.
  install_object_type(Set::kType, object_functions_of<Set>());
  install_object_type(List::kType, object_functions_of<List>());
  install_object_type(SortedSet::kType, object_functions_of<SortedSet>());
  install_object_type(Hash::kType, object_functions_of<Hash>());
  install_object_type(Stream::kType, object_functions_of<Stream>());
}

}  // namespace tidemark::storage
