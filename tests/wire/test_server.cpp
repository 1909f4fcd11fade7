#include "tests/wire/test_server.hpp"

#include <cstdlib>
#include <utility>

#include "server/config/load.hpp"
#include "server/log/log.hpp"
#include "server/server.hpp"
#include "storage/base/ensure.hpp"

namespace tidemark::test {

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
  ENSURE(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

TestServer::TestServer(Options options) {
  server::log::set_level(server::LogLevel::nothing);
  server::LoadedConfig config =
      server::load_config_text("port 0\nbind 127.0.0.1\ncores " + std::to_string(options.cores) +
                               "\nsave \"\"\ndir " + folder_.path().string() + "\nstore-path " +
                               (folder_.path() / "data").string() + "\n" + options.config);
  server_ = std::make_unique<server::Server>(std::move(config), std::move(options.store));
  thread_ = std::thread([this] { exit_code_ = server_->run(); });
}

int TestServer::port() const { return server_->port(); }

int TestServer::stop() {
  if (thread_.joinable()) {
    server_->shutdown().request();
    thread_.join();
  }
  return exit_code_;
}

int TestServer::wait_for_end() {
  if (thread_.joinable()) thread_.join();
  return exit_code_;
}

TestServer::~TestServer() { stop(); }

}  // namespace tidemark::test
