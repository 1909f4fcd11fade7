#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/wire/connection.hpp"
#include "tests/wire/server_process.hpp"
#include "tests/wire/test_server.hpp"

// A server whose store cannot be opened says why and ends with exit code 1.
namespace tidemark::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> with_store(const fs::path& path) {
  return {"--cores", "1", "--store", "rocksdb", "--store-path", path.string()};
}

void check_refused(const fs::path& path, const std::string& reason) {
  const FailedStart end = run_server_to_its_end(with_store(path));
  CHECK(end.exit_code == 1);
  CHECK_MESSAGE(end.log.find(reason) != std::string::npos, end.log);
  CHECK_MESSAGE(end.log.find(path.string()) != std::string::npos, end.log);
}

void make_store(const fs::path& path) {
  ServerProcess server(with_store(path));
  Connection client(server.port());
  CHECK(client.run({"READSTATE.ACK", "u", "1", "5"}) != "0");
  CHECK(client.run({"READSTATE.COMMIT"}) == "1");
}

TEST_CASE("a store that another server has open is not opened twice, and the server is named") {
  const TempFolder folder;
  ServerProcess server(with_store(folder.path() / "data"));
  check_refused(folder.path() / "data", "is in use by process " + std::to_string(server.pid()));
  // The other one did not notice.
  Connection client(server.port());
  CHECK(client.run({"READSTATE.ACK", "u", "1", "5"}) != "0");
  CHECK(client.run({"READSTATE.COMMIT"}) == "1");
}

TEST_CASE("a damaged store is not opened, and left as it is") {
  const TempFolder folder;
  const fs::path path = folder.path() / "data";
  make_store(path);
  const fs::path current = path / "CURRENT";
  fs::rename(current, folder.path() / "CURRENT");
  std::ofstream(current) << "nonsense\n";
  check_refused(path, "is corrupt");
  fs::remove(current);
  check_refused(path, "is corrupt");
  fs::rename(folder.path() / "CURRENT", current);
  ServerProcess server(with_store(path));
  Connection client(server.port());
  CHECK(client.run({"READSTATE.GET", "u", "1"}).find("\"mark\", \"5\"") != std::string::npos);
}

TEST_CASE("a store-path that is no directory, or beneath none, is refused") {
  const TempFolder folder;
  const fs::path file = folder.path() / "file";
  std::ofstream(file) << "x";
  check_refused(file, "is not a directory");
  check_refused(file / "below", "cannot create store-path");
}

}  // namespace
}  // namespace tidemark::test
