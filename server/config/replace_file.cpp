#include "server/config/replace_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace tidemark::server {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }
  bool valid() const { return value_ >= 0; }

 private:
  int value_;
};

bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

mode_t permissions_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return status.st_mode & 07777;
  return 0644;
}

bool sync_directory(const std::string& directory) {
  const Descriptor descriptor(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return descriptor.valid() && ::fsync(descriptor.value()) == 0;
}

// The file that the path leads to through links, or the path itself where there is none yet.
std::string resolved(const std::string& path) {
  std::error_code error;
  const std::filesystem::path target = std::filesystem::canonical(path, error);
  return error ? path : target.string();
}

}  // namespace

bool read_whole_file(const std::string& path, std::string& text, std::string& error) {
  text.clear();
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    if (errno == ENOENT) return true;
    error = std::strerror(errno);
    return false;
  }
  char buffer[16384];
  for (;;) {
    const ssize_t count = ::read(file.value(), buffer, sizeof buffer);
    if (count == 0) return true;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      error = std::strerror(errno);
      return false;
    }
    text.append(buffer, static_cast<size_t>(count));
  }
}

bool replace_file(const std::string& path, std::string_view text, std::string& error) {
  const std::string target = resolved(path);
  std::string temporary = target + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!file.valid()) {
    error = std::strerror(errno);
    return false;
  }
  const bool done = write_all(file.value(), text) &&
                    ::fchmod(file.value(), permissions_of(target)) == 0 &&
                    ::fsync(file.value()) == 0 && ::rename(temporary.c_str(), target.c_str()) == 0;
  if (!done) {
    error = std::strerror(errno);
    ::unlink(temporary.c_str());
    return false;
  }
  const std::string directory = std::filesystem::path(target).parent_path().string();
  if (!sync_directory(directory.empty() ? "." : directory)) {
    error = std::strerror(errno);
    return false;
  }
  return true;
}

}  // namespace tidemark::server
