#pragma once

namespace tidemark::storage {

// Makes the keyspace know every class of values. Called at start, before any partition exists; a
// second call changes nothing.
void install_value_types();

}  // namespace tidemark::storage
