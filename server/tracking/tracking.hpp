#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "storage/base/ids.hpp"

namespace tidemark::server {

// To whom a client's invalidations go in its place.
struct Redirect {
  uint64_t client_id = 0;
  CoreId home;
};

// What a client has asked for by CLIENT TRACKING ON. Lives at its home.
struct TrackingOptions {
  // Which reads are remembered: all; those that CLIENT CACHING asked for; all but those.
  enum class Reads : uint8_t { all, opt_in, opt_out };
  Reads reads = Reads::all;
  bool broadcast = false;  // of all keys with one of `prefixes`, read or not
  bool no_loop = false;    // not of what it changes itself
  std::optional<Redirect> redirect;
  std::set<std::string> prefixes;
};

class Tracking {
 public:
  explicit Tracking(TrackingOptions options) : options_(std::move(options)) {}

  const TrackingOptions& options() const { return options_; }
  // Whether it is itself told of keys that it has read.
  bool is_told_itself() const { return !options_.broadcast && !options_.redirect; }
  // The client it redirects to has gone.
  bool broken() const { return broken_; }
  void set_broken() { broken_ = true; }

  // CLIENT CACHING was called: for the next command that is not CLIENT's, or transaction.
  void choose() { chosen_ = true; }
  bool chosen() const { return chosen_; }
  // Before each command, also one that will be refused.
  enum class Next : uint8_t { about_client, any };
  void begin(Next next, bool in_transaction) {
    if (!in_transaction && before_ == Next::any) chosen_ = false;
    before_ = next;
  }
  // Whether the keys that are read now are remembered.
  bool remembers() const {
    if (options_.broadcast) return false;
    switch (options_.reads) {
      case TrackingOptions::Reads::all:
        return true;
      case TrackingOptions::Reads::opt_in:
        return chosen_;
      case TrackingOptions::Reads::opt_out:
        return !chosen_;
    }
    return false;
  }

  size_t memory_bytes() const {
    size_t bytes = sizeof *this;
    for (const std::string& prefix : options_.prefixes) bytes += kPrefixBytes + prefix.size();
    return bytes;
  }

 private:
  static constexpr size_t kPrefixBytes = 64;
  TrackingOptions options_;
  bool chosen_ = false;
  Next before_ = Next::any;
  bool broken_ = false;
};

}  // namespace tidemark::server
