#pragma once

#include <string>

namespace tidemark::server {

// conf/tidemark.conf: every documented option with its default, its range and what it does.
std::string default_config_text();

// docs/configuration.md: the same as tables.
std::string option_docs_text();

}  // namespace tidemark::server
