#include "storage/rdb/file_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "storage/rdb/crc64.hpp"

namespace tidemark::storage::rdb {

namespace {

constexpr size_t kChunkBytes = size_t{256} << 10;

}  // namespace

std::unique_ptr<FileSource> FileSource::open(const std::string& path, Summed summed) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  struct stat facts {};
  if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    ::close(fd);
    errno = EINVAL;
    return nullptr;
  }
  return std::unique_ptr<FileSource>(
      new FileSource(fd, static_cast<uint64_t>(facts.st_size), summed));
}

FileSource::~FileSource() { ::close(fd_); }

// Adds what was consumed of the buffer to the sum.
void FileSource::take(size_t consumed) {
  if (summed_ == Summed::yes && consumed > counted_) {
    sum_ = crc64(sum_, Bytes(buffer_).substr(counted_, consumed - counted_));
  }
  counted_ = std::max(counted_, consumed);
}

uint64_t FileSource::checksum(size_t unread) {
  take(buffer_.size() - unread);
  return sum_;
}

Bytes FileSource::fill(Bytes unread, size_t wanted) {
  take(buffer_.size() - unread.size());
  buffer_.erase(0, buffer_.size() - unread.size());
  counted_ = 0;
  const uint64_t most = buffer_.size() + bytes_behind();
  const auto target = static_cast<size_t>(std::min<uint64_t>(std::max(wanted, kChunkBytes), most));
  size_t have = buffer_.size();
  buffer_.resize(std::max(have, target));
  while (have < target) {
    const ssize_t got = ::read(fd_, buffer_.data() + have, target - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<size_t>(got);
    read_ += static_cast<uint64_t>(got);
  }
  buffer_.resize(have);
  return buffer_;
}

}  // namespace tidemark::storage::rdb
