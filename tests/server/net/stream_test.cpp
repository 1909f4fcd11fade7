#include "server/net/stream.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>

#include "server/net/loop.hpp"

using tidemark::Bytes;
using tidemark::server::Loop;
using tidemark::server::Stream;

namespace {

struct NoHandler : Stream::Handler {
  std::span<char> read_space() override { return {}; }
  void on_bytes(Bytes) override {}
  void on_end(Bytes) override {}
  void on_written() override {}
};

// Writes down whose bytes arrived, in the order of the reads.
struct Scribe : Stream::Handler {
  Scribe(Loop& on, char letter, std::string& record, size_t& missing)
      : loop(on), name(letter), reads(record), missing_bytes(missing) {}
  std::span<char> read_space() override { return {}; }
  void on_bytes(Bytes bytes) override {
    reads += name;
    missing_bytes -= bytes.size();
    if (missing_bytes == 0) loop.stop();
  }
  void on_end(Bytes) override {}
  void on_written() override {}

  Loop& loop;
  char name;
  std::string& reads;
  size_t& missing_bytes;
};

struct SocketPair {
  SocketPair() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0); }
  ~SocketPair() { close(ends[1]); }
  // As much as the kernel takes.
  size_t fill() const {
    const std::string block(4096, 'x');
    size_t sent = 0;
    for (;;) {
      const ssize_t taken = write(ends[1], block.data(), block.size());
      if (taken <= 0) return sent;
      sent += static_cast<size_t>(taken);
    }
  }
  std::array<int, 2> ends{};  // the first is the stream's, which closes it
};

}  // namespace

TEST_CASE("more than 4 GiB are handed to the kernel as what they are") {
  // Room that nobody wrote to costs no memory. Its size has but a few bits below the 33rd.
  constexpr size_t kBytes = (size_t{4} << 30) + 8;
  const auto huge = std::make_unique_for_overwrite<char[]>(kBytes);
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  {
    Loop loop;
    NoHandler handler;
    Stream stream(loop, ends[0], Stream::Kind::unix_socket, handler);
    CHECK(stream.try_write({huge.get(), kBytes}) > 8);
  }
  close(ends[1]);
}

TEST_CASE("a peer that has sent a lot takes turns with the others") {
  Loop loop;
  const SocketPair flood_ends;
  const SocketPair other_ends;
  const size_t flood_bytes = flood_ends.fill();
  REQUIRE(flood_bytes > 128 * 1024);  // three reads
  REQUIRE(write(other_ends.ends[1], "hello", 5) == 5);

  std::string reads;
  size_t missing = flood_bytes + 5;
  Scribe flood_scribe(loop, 'f', reads, missing);
  Scribe other_scribe(loop, 'o', reads, missing);
  {
    Stream flood(loop, flood_ends.ends[0], Stream::Kind::unix_socket, flood_scribe);
    Stream other(loop, other_ends.ends[0], Stream::Kind::unix_socket, other_scribe);
    flood.start_reading();
    other.start_reading();
    loop.run();
  }
  CHECK(missing == 0);
  CHECK(reads.find('o') <= 1);
}
