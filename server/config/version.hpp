#pragma once

#include <string_view>

namespace tidemark::server {

// The release of Redis whose behaviour this server has; clients read it as redis_version.
inline constexpr std::string_view kRedisVersion = "7.2.4";

// The project's own release, from CMakeLists.txt.
inline constexpr std::string_view kTidemarkVersion = TIDEMARK_VERSION;

}  // namespace tidemark::server
