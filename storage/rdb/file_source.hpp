#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "storage/base/bytes.hpp"
#include "storage/rdb/source.hpp"

namespace tidemark::storage::rdb {

// The bytes of a snapshot, from front to back, and their checksum: of a file, or in memory.
class FileSource : public Source {
 public:
  // Whether checksum() will be asked for.
  enum class Summed : uint8_t { no, yes };

  // Null where the file is not there or cannot be opened: errno says which.
  static std::unique_ptr<FileSource> open(const std::string& path, Summed summed);
  ~FileSource() override;
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  Bytes fill(Bytes unread, size_t wanted) override;
  uint64_t bytes_behind() const override { return size_ - read_; }

  uint64_t size() const { return size_; }
  // Before the last `unread` bytes of what fill() returned last.
  uint64_t offset(size_t unread) const { return read_ - unread; }
  // Of all bytes before those.
  uint64_t checksum(size_t unread);

 private:
  FileSource(int fd, uint64_t size, Summed summed) : fd_(fd), size_(size), summed_(summed) {}
  void take(size_t consumed);

  int fd_;
  uint64_t size_;
  Summed summed_;
  uint64_t read_ = 0;  // from the file
  std::string buffer_;
  size_t counted_ = 0;  // of the buffer's bytes: those that are in the sum
  uint64_t sum_ = 0;
};

}  // namespace tidemark::storage::rdb
