#include "server/config/default_file.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "server/config/load.hpp"
#include "server/config/option_table.hpp"

using namespace tidemark::server;

namespace {

std::string repository_file(const std::string& path) {
  std::ifstream file(REPOSITORY_DIR "/" + path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("conf/tidemark.conf is what the table of options gives") {
  INFO("renew it with: tidemark-server --print-default-config > conf/tidemark.conf");
  CHECK(repository_file("conf/tidemark.conf") == default_config_text());
}

TEST_CASE("docs/configuration.md is what the table of options gives") {
  INFO("renew it with: tidemark-server --print-option-docs > docs/configuration.md");
  CHECK(repository_file("docs/configuration.md") == option_docs_text());
}

TEST_CASE("reading the default file sets every default and warns of nothing") {
  LoadedConfig loaded = load_config_text(default_config_text());
  CHECK(loaded.without_effect.empty());
  loaded.settings.dir.clear();  // "./" has become the whole path
  CHECK(loaded.settings == Settings{});
}

TEST_CASE("every option that is shown is in the default file and in the documentation") {
  const std::string text = default_config_text();
  const std::string docs = option_docs_text();
  for (const OptionTopic& topic : option_topics()) {
    for (const Option& option : topic.options) {
      CAPTURE(option.name);
      if (option.visibility == Visibility::hidden) continue;
      const std::string prefix = option.effect == Effect::accepted ? "\n# " : "\n";
      CHECK(text.find(prefix + std::string(option.name) + ' ') != std::string::npos);
      CHECK(docs.find("| `" + std::string(option.name) + "`") != std::string::npos);
    }
  }
}
