#include "server/net/stream.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>

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
