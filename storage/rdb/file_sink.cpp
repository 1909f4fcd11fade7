#include "storage/rdb/file_sink.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace tidemark::storage::rdb {

FileSink::FileSink(std::string path, std::string temporary)
    : path_(std::move(path)), temporary_(std::move(temporary)) {
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) (void)fail("open");
}

FileSink::~FileSink() {
  if (fd_ >= 0) ::close(fd_);
  if (!committed_) (void)::unlink(temporary_.c_str());
}

bool FileSink::fail(const char* what) {
  if (error_.empty()) error_ = std::string(what) + ": " + std::strerror(errno);
  return false;
}

bool FileSink::write(Bytes bytes) {
  while (!bytes.empty() && error_.empty()) {
    const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return fail("write");
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return error_.empty();
}

// So that the new name is there after a crash.
bool FileSink::sync_folder() {
  const std::string folder = std::filesystem::path(path_).parent_path().string();
  const int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail("open folder");
  const bool synced = ::fsync(fd) == 0 || fail("fsync folder");
  ::close(fd);
  return synced;
}

bool FileSink::sync() {
  if (!error_.empty()) return false;
  if (::fsync(fd_) != 0) return fail("fsync");
  return ::close(std::exchange(fd_, -1)) == 0 || fail("close");
}

bool FileSink::commit() {
  if (fd_ >= 0 && !sync()) return false;
  if (!error_.empty()) return false;
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) return fail("rename");
  committed_ = true;
  return sync_folder();
}

}  // namespace tidemark::storage::rdb
