// tidemark-hit-ratio: how good a server's LRU is. Runs a Zipf trace through the wire (GET, and SET
// where it missed), and through an exact LRU that holds as many keys as the server does.

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>

#include "bench/base/distribution.hpp"
#include "bench/base/endpoint.hpp"
#include "bench/base/flags.hpp"
#include "bench/base/random.hpp"
#include "bench/base/reply_counter.hpp"
#include "bench/base/request_template.hpp"
#include "bench/lru/exact_lru.hpp"

namespace {

using namespace tidemark::bench;

struct Settings {
  Endpoint endpoint;
  uint32_t keys = 1'000'000;
  double theta = 0.99;
  uint64_t requests = 5'000'000;
  double warmup = 0.5;  // share of the requests that is not counted
  uint32_t batch = 64;
  uint64_t value_bytes = 64;
  uint64_t seed = 1;
  uint32_t capacity = 0;  // where not 0: only simulate, with so many keys
};

// A blocking pipeline over one connection.
class Pipeline {
 public:
  explicit Pipeline(const Endpoint& endpoint) : socket_(connect_to(endpoint)), in_(1 << 18) {
    fcntl(socket_.fd(), F_SETFL, 0);
  }

  // Sends everything and returns the replies' kinds.
  const std::vector<ReplyKind>& round(const std::string& out, size_t requests) {
    kinds_.clear();
    size_t sent = 0;
    while (sent != out.size()) {
      const ssize_t put = send(socket_.fd(), out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
      if (put <= 0) throw BenchError("cannot send to the server");
      sent += static_cast<size_t>(put);
    }
    while (kinds_.size() < requests) {
      const ssize_t got = recv(socket_.fd(), in_.data(), in_.size(), 0);
      if (got <= 0) throw BenchError("the server does not reply");
      if (!counter_.feed({in_.data(), static_cast<size_t>(got)},
                         [&](ReplyKind kind) { kinds_.push_back(kind); })) {
        throw BenchError("a reply is not RESP");
      }
    }
    if (!counter_.first_error().empty()) throw BenchError(counter_.first_error());
    return kinds_;
  }

 private:
  Socket socket_;
  std::vector<char> in_;
  ReplyCounter counter_;
  std::vector<ReplyKind> kinds_;
};

// The trace: the same for the server and for the simulation.
class Trace {
 public:
  explicit Trace(const Settings& settings)
      : random_(settings.seed),
        picker_({.distribution = {.order = KeyOrder::zipf, .theta = settings.theta},
                 .count = settings.keys}) {}
  uint32_t next() { return static_cast<uint32_t>(picker_.pick(random_)); }

 private:
  Random random_;
  KeyPicker picker_;
};

void append(std::string& out, const RequestTemplate& command, uint32_t key) {
  const size_t at = out.size();
  out.resize(at + command.bytes());
  command.write(out.data() + at, {.key = key});
}

// Counts hits among the requests after the warm-up.
struct Hits {
  uint64_t warmup = 0;
  uint64_t seen = 0;
  uint64_t hits = 0;
  void count(bool hit) {
    if (++seen > warmup && hit) ++hits;
  }
  double ratio() const { return static_cast<double>(hits) / static_cast<double>(seen - warmup); }
};

double server_ratio(const Settings& settings) {
  const PlaceholderFormat format{.value_bytes = settings.value_bytes};
  const RequestTemplate get("GET __key__", format);
  const RequestTemplate set("SET __key__ __data__", format);
  Pipeline pipeline(settings.endpoint);
  Trace trace(settings);
  Hits hits{.warmup =
                static_cast<uint64_t>(settings.warmup * static_cast<double>(settings.requests))};
  std::vector<uint32_t> keys;
  std::vector<uint32_t> missing;
  std::string out;
  for (uint64_t done = 0; done < settings.requests; done += keys.size()) {
    keys.clear();
    out.clear();
    const uint64_t batch = std::min<uint64_t>(settings.batch, settings.requests - done);
    for (uint64_t i = 0; i < batch; ++i) {
      keys.push_back(trace.next());
      append(out, get, keys.back());
    }
    missing.clear();
    const std::vector<ReplyKind>& kinds = pipeline.round(out, keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      // A key that missed earlier in the same batch would have been brought in by then.
      const bool again = std::find(missing.begin(), missing.end(), keys[i]) != missing.end();
      const bool hit = kinds[i] == ReplyKind::value || again;
      hits.count(hit);
      if (!hit) missing.push_back(keys[i]);
    }
    if (missing.empty()) continue;
    out.clear();
    for (const uint32_t key : missing) append(out, set, key);
    pipeline.round(out, missing.size());
  }
  return hits.ratio();
}

double exact_ratio(const Settings& settings, uint32_t capacity) {
  ExactLru lru(settings.keys, capacity);
  Trace trace(settings);
  Hits hits{.warmup =
                static_cast<uint64_t>(settings.warmup * static_cast<double>(settings.requests))};
  for (uint64_t i = 0; i < settings.requests; ++i) hits.count(lru.access(trace.next()));
  return hits.ratio();
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  Settings settings;
  Flags flags(
      "tidemark-hit-ratio: the hit ratio of a server that evicts, or of an exact LRU, on a Zipf "
      "trace.");
  flags.add("--host", "address", "(127.0.0.1)", settings.endpoint.host);
  flags.add("--port", "number", "(6379)", settings.endpoint.port);
  flags.add("--keys", "number", "(1000000)", settings.keys);
  flags.add("--theta", "number", "of the Zipf distribution (0.99)", settings.theta);
  flags.add("--requests", "number", "(5000000)", settings.requests);
  flags.add("--warmup", "share", "of them, not counted (0.5)", settings.warmup);
  flags.add("--batch", "number", "requests in flight (64)", settings.batch);
  flags.add("--data-size", "bytes", "(64)", settings.value_bytes);
  flags.add("--seed", "number", "(1)", settings.seed);
  flags.add("--simulate", "keys", "no server: an exact LRU that holds so many keys",
            settings.capacity);
  try {
    if (flags.parse(argc, argv) == FlagsResult::helped) return 0;
    if (settings.keys == 0 || settings.keys == UINT32_MAX || settings.batch == 0 ||
        settings.requests == 0 || settings.warmup >= 1 || settings.theta <= 0) {
      throw BenchError(
          "--keys, --batch, --requests and --theta must be positive, --warmup below 1");
    }
    const double ratio =
        settings.capacity != 0 ? exact_ratio(settings, settings.capacity) : server_ratio(settings);
    std::printf("%.6f\n", ratio);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tidemark-hit-ratio: %s\n", error.what());
    return 1;
  }
}
