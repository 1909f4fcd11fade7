#pragma once

#include <atomic>
#include <memory>

namespace rocksdb {
class Env;
}

namespace tidemark::fault {

// What a disk can do wrong. Set and cleared while RocksDB runs on it.
struct DiskFaults {
  std::atomic<bool> full = false;        // writes fail with ENOSPC
  std::atomic<bool> broken = false;      // writes fail with EIO
  std::atomic<bool> sync_fails = false;  // fsync fails, once
};

// RocksDB's environment on the real file system, with faults. `faults` outlives it.
std::unique_ptr<rocksdb::Env> make_fault_disk(DiskFaults& faults);

}  // namespace tidemark::fault
