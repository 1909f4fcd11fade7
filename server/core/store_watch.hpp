#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace tidemark::server {

class OnCore;

// What one core last knew of its dealings with the store.
struct StoreTroubles {
  bool cannot_commit = false;
  bool cannot_load = false;
  bool buffer_full = false;
  size_t users_refused = 0;
};

// Tells the log when the store of read states fails, and when that is over: once, however many
// cores have noticed. Each core looks for itself, now and then.
class StoreWatch {
 public:
  void look(const OnCore& here);

 private:
  struct Trouble {
    std::atomic<uint32_t> cores = 0;  // that have it
    std::atomic<int64_t> since_us = 0;
  };
  static void follow(Trouble& trouble, bool& known, bool now, int64_t now_us,
                     const std::function<std::string()>& words, const char* words_at_end);

  Trouble commits_;
  Trouble loads_;
  Trouble buffer_;
};

}  // namespace tidemark::server
