#pragma once

#include <string>

#include "storage/base/bytes.hpp"

namespace tidemark::server::script {

// In 40 lower-case digits: the names of scripts.
std::string sha1_hex(Bytes bytes);

}  // namespace tidemark::server::script
