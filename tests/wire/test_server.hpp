#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "storage/persist/store.hpp"

namespace tidemark::server {
class Server;
}

namespace tidemark::test {

// A temporary folder that goes with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// A whole server in this process: on a free port, with a temporary folder, until the end of the
// test. Several run side by side.
class TestServer {
 public:
  struct Options {
    int cores = 1;
    std::string config = "store none\n";              // more lines of configuration
    std::unique_ptr<storage::Store> store = nullptr;  // instead of the configured one
  };

  explicit TestServer(Options options);
  TestServer() : TestServer(Options{}) {}
  // Shuts down as SIGTERM does.
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const;
  server::Server& server() { return *server_; }
  const std::filesystem::path& folder() const { return folder_.path(); }
  // Shuts down and returns the exit code; the destructor does it otherwise.
  int stop();
  // Waits until it ends by itself, and returns the exit code.
  int wait_for_end();

 private:
  TempFolder folder_;
  std::unique_ptr<server::Server> server_;
  std::thread thread_;
  int exit_code_ = 0;
};

}  // namespace tidemark::test
