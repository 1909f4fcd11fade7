#pragma once

#include <string>

#include "storage/base/bytes.hpp"
#include "storage/rdb/source.hpp"

namespace tidemark::storage::rdb {

// A file that takes its place when it is whole: written beside it under another name, synced, and
// renamed. Whoever looks finds the old file or the new one, also after a crash.
class FileSink : public Sink {
 public:
  // `temporary` is in the folder of `path`.
  FileSink(std::string path, std::string temporary);
  // Leaves nothing behind that has not taken its place.
  ~FileSink() override;
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  bool write(Bytes bytes) override;
  // What commit() begins with, and what takes long: no more is written.
  bool sync();
  // False where it did not take its place.
  bool commit();

  // What went wrong, in the operating system's words; empty for nothing.
  const std::string& error() const { return error_; }

 private:
  bool fail(const char* what);
  bool sync_folder();

  std::string path_;
  std::string temporary_;
  int fd_ = -1;
  bool committed_ = false;
  std::string error_;
};

}  // namespace tidemark::storage::rdb
