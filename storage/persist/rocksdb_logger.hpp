#pragma once

#include <memory>

#include "storage/persist/rocksdb_store.hpp"

namespace rocksdb {
class Logger;
}

namespace tidemark::storage {

// What RocksDB has to say goes to `log`, from errors on, and not to a file of its own: that one
// ends the process where the disk is full, since RocksDB asserts that nobody writes to a file after
// a write to it failed, and then does so itself.
std::shared_ptr<rocksdb::Logger> make_rocksdb_logger(RocksDbStore::Log log);

}  // namespace tidemark::storage
