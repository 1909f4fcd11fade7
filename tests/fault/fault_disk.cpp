#include "tests/fault/fault_disk.hpp"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <string>
#include <utility>

namespace tidemark::fault {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

enum class Kind : uint8_t { table, manifest, other };

Kind kind_of(const std::string& name) {
  if (name.ends_with(".sst")) return Kind::table;
  return name.find("/MANIFEST-") == std::string::npos ? Kind::other : Kind::manifest;
}

IOStatus check(const FaultDisk& disk, Kind kind) {
  if (disk.full.load() || (disk.tables_full.load() && kind == Kind::table)) {
    return IOStatus::NoSpace("No space left on device");
  }
  if (disk.broken.load() || (disk.manifests_fail.load() && kind == Kind::manifest))
    return IOStatus::IOError("Input/output error");
  return IOStatus::OK();
}

class FaultFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, FaultDisk& disk, Kind kind)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk), kind_(kind) {}

  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  IODebugContext* debug) override {
    const IOStatus fault = check(disk_, kind_);
    return fault.ok() ? FSWritableFileOwnerWrapper::Append(data, options, debug) : fault;
  }
  IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* debug) override {
    const IOStatus fault = check(disk_, kind_);
    return fault.ok() ? FSWritableFileOwnerWrapper::Append(data, options, info, debug) : fault;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    if (disk_.sync_fails.exchange(false)) return IOStatus::IOError("fsync failed");
    return FSWritableFileOwnerWrapper::Sync(options, debug);
  }

 private:
  FaultDisk& disk_;
  const Kind kind_;
};

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultFileSystem(FaultDisk& disk)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}

  const char* Name() const override { return "fault disk"; }

  IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* debug) override {
    const IOStatus status = FileSystemWrapper::NewWritableFile(name, options, result, debug);
    if (status.ok())
      *result = std::make_unique<FaultFile>(std::move(*result), disk_, kind_of(name));
    return status;
  }

 private:
  FaultDisk& disk_;
};

}  // namespace

FaultDisk::FaultDisk() : env_(rocksdb::NewCompositeEnv(std::make_shared<FaultFileSystem>(*this))) {}

FaultDisk::~FaultDisk() = default;

}  // namespace tidemark::fault
