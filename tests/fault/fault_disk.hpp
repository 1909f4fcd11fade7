#pragma once

#include <atomic>
#include <memory>

namespace rocksdb {
class Env;
}

namespace tidemark::fault {

// RocksDB's environment on the real file system, with what a disk can do wrong. Faults are set and
// cleared while RocksDB runs on it; reads go on.
class FaultDisk {
 public:
  FaultDisk();
  ~FaultDisk();
  FaultDisk(const FaultDisk&) = delete;
  FaultDisk& operator=(const FaultDisk&) = delete;

  // Lives as long as this.
  rocksdb::Env* env() const { return env_.get(); }

  std::atomic<bool> full = false;            // writes fail with ENOSPC
  std::atomic<bool> tables_full = false;     // the same, of table files alone: logs still fit
  std::atomic<bool> broken = false;          // writes fail with EIO
  std::atomic<bool> manifests_fail = false;  // the same, of what opening writes first
  std::atomic<bool> sync_fails = false;      // fsync fails, once

 private:
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace tidemark::fault
