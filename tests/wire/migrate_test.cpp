// MIGRATE: keys go from one server to another, whole or not at all, and no loop waits for that.

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/test_server.hpp"

using tidemark::test::Connection;
using tidemark::test::TestServer;

namespace {

// A port at which connections are made, and never answered.
class SilentPort {
 public:
  SilentPort() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(listen(fd_, 8) == 0);
    REQUIRE(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~SilentPort() { close(fd_); }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  std::string port() const { return std::to_string(port_); }
  // Waits for somebody to connect, and closes the connection.
  void accept_and_close() const { close(accept(fd_, nullptr, nullptr)); }
  // The same, but says something, again and again, until the other end hangs up.
  void accept_and_say(const std::string& text) const {
    const int connection = accept(fd_, nullptr, nullptr);
    while (send(connection, text.data(), text.size(), MSG_NOSIGNAL) > 0) {
    }
    close(connection);
  }

 private:
  int fd_;
  int port_ = 0;
};

std::vector<std::string> migrate(const std::string& port, const std::string& key,
                                 const std::vector<std::string>& options = {},
                                 const std::string& timeout = "60000") {
  std::vector<std::string> call = {"MIGRATE", "127.0.0.1", port, key, "0", timeout};
  call.insert(call.end(), options.begin(), options.end());
  return call;
}

void wait_until_held(Connection& asker) {
  while (asker.run({"CLIENT", "LIST"}).find("flags=b") == std::string::npos) {
  }
}

}  // namespace

TEST_CASE("a key of every type arrives as it was, with its time to live, and is gone here") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer from({.cores = cores});
    TestServer to({.cores = 5 - cores});
    const std::string port = std::to_string(to.port());
    Connection here(from.port());
    Connection there(to.port());
    CHECK(here.run({"SET", "string", "value"}) == "OK");
    CHECK(here.run({"RPUSH", "list", "a", "b", "1"}) == "3");
    CHECK(here.run({"SADD", "set", "1", "2"}) == "2");
    CHECK(here.run({"HSET", "hash", "f", "v"}) == "1");
    CHECK(here.run({"ZADD", "zset", "1.5", "m"}) == "1");
    CHECK(here.run({"XADD", "stream", "1-1", "f", "v"}) == "\"1-1\"");
    CHECK(here.run({"SET", "dying", "x", "PX", "1000000"}) == "OK");
    for (const char* const key : {"string", "list", "set", "hash", "zset", "stream", "dying"}) {
      CAPTURE(key);
      const std::string payload = here.run({"DUMP", key});
      CHECK(here.run(migrate(port, key)) == "OK");
      CHECK(here.run({"EXISTS", key}) == "0");
      CHECK(there.run({"DUMP", key}) == payload);
    }
    const long long ttl = std::stoll(there.run({"PTTL", "dying"}));
    CHECK(ttl > 0);
    CHECK(ttl <= 1000000);
    CHECK(there.run({"PTTL", "string"}) == "-1");
  }
}

TEST_CASE("COPY keeps, REPLACE overwrites, KEYS moves many, and what is not there does not count") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer from({.cores = cores});
    TestServer to({.cores = cores});
    const std::string port = std::to_string(to.port());
    Connection here(from.port());
    Connection there(to.port());
    CHECK(here.run({"MSET", "a", "1", "b", "2", "c", "3", "d", "4"}) == "OK");
    CHECK(here.run(migrate(port, "a", {"COPY"})) == "OK");
    CHECK(here.run({"GET", "a"}) == "\"1\"");
    CHECK(there.run({"GET", "a"}) == "\"1\"");
    CHECK(here.run({"SET", "a", "new"}) == "OK");
    CHECK(here.run(migrate(port, "a")) ==
          "!ERR Target instance replied with error: BUSYKEY Target key name already exists.");
    CHECK(here.run({"GET", "a"}) == "\"new\"");
    CHECK(here.run(migrate(port, "a", {"replace"})) == "OK");
    CHECK(there.run({"GET", "a"}) == "\"new\"");
    // Of several those that arrive are gone, whatever becomes of the others.
    CHECK(there.run({"SET", "c", "mine"}) == "OK");
    CHECK(here.run(migrate(port, "", {"KEYS", "b", "none", "c", "d"})) ==
          "!ERR Target instance replied with error: BUSYKEY Target key name already exists.");
    CHECK(here.run({"EXISTS", "b"}) == "0");
    CHECK(here.run({"EXISTS", "c"}) == "1");
    CHECK(here.run({"EXISTS", "d"}) == "0");
    CHECK(there.run({"MGET", "b", "c", "d"}) == "[\"2\", \"mine\", \"4\"]");
    CHECK(here.run(migrate(port, "none")) == "NOKEY");
    CHECK(here.run(migrate(port, "", {"KEYS", "x", "y"})) == "NOKEY");
    CHECK(here.run(migrate(port, "", {"KEYS"})) == "NOKEY");
    CHECK(here.run({"MIGRATE", "127.0.0.1", port, "c", "99", "1000"}) ==
          "!ERR Target instance replied with error: ERR DB index is out of range");
    CHECK(here.run({"MIGRATE", "127.0.0.1", port, "c", "3", "1000"}) == "OK");
    CHECK(there.run({"SELECT", "3"}) == "OK");
    CHECK(there.run({"GET", "c"}) == "\"3\"");
  }
}

TEST_CASE("MIGRATE logs in, and SLOWLOG does not show the password") {
  TestServer from;
  TestServer to({.cores = 1, .config = "store none\nrequirepass secret\n"});
  const std::string port = std::to_string(to.port());
  Connection here(from.port());
  CHECK(here.run({"CONFIG", "SET", "slowlog-log-slower-than", "0"}) == "OK");
  CHECK(here.run({"MSET", "a", "1", "b", "2"}) == "OK");
  CHECK(here.run(migrate(port, "a")).find("NOAUTH") != std::string::npos);
  CHECK(here.run(migrate(port, "a", {"AUTH", "wrong"})).find("WRONGPASS") != std::string::npos);
  CHECK(here.run(migrate(port, "a", {"AUTH", "secret"})) == "OK");
  CHECK(here.run(migrate(port, "b", {"COPY", "AUTH2", "default", "secret"})) == "OK");
  const std::string log = here.run({"SLOWLOG", "GET"});
  CHECK(log.find("secret") == std::string::npos);
  CHECK(log.find("\"AUTH2\", \"(redacted)\", \"(redacted)\"") != std::string::npos);
}

TEST_CASE("what is wrong with a call of MIGRATE is said in the words of Redis, and in its order") {
  TestServer server;
  Connection client(server.port());
  const std::string number = "!ERR value is not an integer or out of range";
  const std::string syntax = "!ERR syntax error";
  const std::vector<std::pair<std::vector<std::string>, std::string>> calls = {
      {{"h", "1", "k", "0", "100"}, "NOKEY"},
      {{"h", "1", "k", "0"}, "!ERR wrong number of arguments for 'migrate' command"},
      {{"h", "1", "k", "x", "100"}, number},
      {{"h", "1", "k", "0", "x"}, number},
      {{"h", "1", "k", "0", "9223372036854775808"}, number},
      {{"h", "1", "k", "0", "-9223372036854775808"}, "NOKEY"},
      {{"h", "1", "k", "x", "x", "foo"}, syntax},
      {{"h", "1", "k", "0", "100", "auth"}, syntax},
      {{"h", "1", "k", "0", "100", "auth2", "a"}, syntax},
      {{"h", "1", "k", "0", "100", "keys", "a"},
       "!ERR When using MIGRATE KEYS option, the key argument must be set to the empty string"},
      {{std::string(300, 'h'), "1", "k", "0", "100"}, "NOKEY"},
  };
  for (const auto& [words, answer] : calls) {
    std::vector<std::string> call{"MIGRATE"};
    call.insert(call.end(), words.begin(), words.end());
    CAPTURE(call.back());
    CHECK(client.run(call) == answer);
  }
  CHECK(client.run({"SET", "k", "v"}) == "OK");
  // Names that cannot be names, and ports that cannot be ports.
  for (const std::string& host : {std::string(300, 'h'), std::string("\xff\xfe"), std::string()}) {
    CHECK(client.run({"MIGRATE", host, "x", "k", "0", "1000"}) ==
          "!IOERR error or timeout connecting to the client");
  }
  CHECK(client.run({"GET", "k"}) == "\"v\"");
}

TEST_CASE("while another server does not answer, writes wait, reads go on, and nothing is lost") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer server({.cores = cores});
    const SilentPort silent;
    Connection boss(server.port());
    Connection mover(server.port());
    Connection writer(server.port());
    CHECK(boss.run({"SET", "k", "v"}) == "OK");
    mover.write("MIGRATE 127.0.0.1 " + silent.port() + " k 0 60000\r\n");
    while (boss.run({"CLIENT", "LIST"}).find("cmd=migrate") == std::string::npos) {
    }
    writer.write("APPEND k w\r\n");
    wait_until_held(boss);
    CHECK(boss.run({"GET", "k"}) == "\"v\"");
    CHECK(boss.run({"MULTI"}) == "OK");
    CHECK(boss.run({"GET", "k"}) == "QUEUED");
    CHECK(boss.run({"EXEC"}) == "[\"v\"]");
    silent.accept_and_close();
    CHECK(mover.receive() == "!IOERR error or timeout reading to target instance");
    CHECK(writer.receive() == "2");
    CHECK(boss.run({"GET", "k"}) == "\"vw\"");
  }
}

TEST_CASE("MIGRATE gives up when its time is over, and when nobody is there") {
  TestServer server;
  const SilentPort silent;
  Connection client(server.port());
  CHECK(client.run({"SET", "k", "v"}) == "OK");
  CHECK(client.run(migrate(silent.port(), "k", {}, "20")) ==
        "!IOERR error or timeout reading to target instance");
  CHECK(client.run(migrate("1", "k")) == "!IOERR error or timeout writing to target instance");
  // To itself: it is the write that has to wait, which happens when this has given up.
  CHECK(client.run({"MIGRATE", "127.0.0.1", std::to_string(server.port()), "k", "1", "20"}) ==
        "!IOERR error or timeout reading to target instance");
  CHECK(client.run({"GET", "k"}) == "\"v\"");
}

TEST_CASE("nothing goes to a server that refuses the password or the database") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    TestServer from({.cores = cores});
    TestServer to;
    const std::string port = std::to_string(to.port());
    Connection here(from.port());
    CHECK(here.run({"SET", "k", "v"}) == "OK");
    CHECK(here.run({"MIGRATE", "127.0.0.1", port, "k", "99", "60000"}) ==
          "!ERR Target instance replied with error: ERR DB index is out of range");
    CHECK(here.run(migrate(port, "k", {"AUTH", "wrong"})).find("ERR AUTH <password> called") !=
          std::string::npos);
    CHECK(here.run({"GET", "k"}) == "\"v\"");
    CHECK(Connection(to.port()).run({"DBSIZE"}) == "0");
  }
}

TEST_CASE("a server that says no end of what is no reply is not listened to") {
  for (const std::string text : {"x", "+x", "$500000000\r\n", "*1\r\n"}) {
    CAPTURE(text);
    TestServer server;
    const SilentPort talker;
    Connection client(server.port());
    CHECK(client.run({"SET", "k", "v"}) == "OK");
    client.write("MIGRATE 127.0.0.1 " + talker.port() + " k 0 60000\r\n");
    talker.accept_and_say(text);
    CHECK(client.receive() == "!IOERR error or timeout reading to target instance");
    CHECK(client.run({"SET", "k", "w"}) == "OK");
  }
}

TEST_CASE("a transaction cannot wait for another server") {
  TestServer server;
  Connection client(server.port());
  CHECK(client.run({"SET", "k", "v"}) == "OK");
  CHECK(client.run({"MULTI"}) == "OK");
  CHECK(client.run(migrate("1", "k")) == "QUEUED");
  CHECK(client.run({"EXEC"}).find("MIGRATE waits for another server") != std::string::npos);
}

TEST_CASE("a server that ends while keys are on their way ends") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    const SilentPort silent;
    TestServer server({.cores = cores});
    Connection boss(server.port());
    Connection mover(server.port());
    CHECK(boss.run({"SET", "k", "v"}) == "OK");
    mover.write("MIGRATE 127.0.0.1 " + silent.port() + " k 0 60000\r\n");
    while (boss.run({"CLIENT", "LIST"}).find("cmd=migrate") == std::string::npos) {
    }
    CHECK(server.stop() == 0);
  }
}

TEST_CASE("a client that goes while its keys are on their way leaves nothing behind") {
  for (const int cores : {1, 4}) {
    CAPTURE(cores);
    const SilentPort silent;
    TestServer server({.cores = cores});
    Connection boss(server.port());
    CHECK(boss.run({"SET", "k", "v"}) == "OK");
    {
      Connection mover(server.port());
      mover.write("MIGRATE 127.0.0.1 " + silent.port() + " k 0 60000\r\n");
      while (boss.run({"CLIENT", "LIST"}).find("cmd=migrate") == std::string::npos) {
      }
      CHECK(boss.run({"CLIENT", "KILL", "TYPE", "NORMAL"}) == "1");
    }
    silent.accept_and_close();
    CHECK(boss.run({"SET", "k", "w"}) == "OK");
  }
}
