#pragma once

#include <string_view>

#include "protocol/reply.hpp"
#include "storage/base/bytes.hpp"
#include "storage/base/result.hpp"

namespace tidemark::server {

// What a client sees of an expected failure. The texts are Redis's where Redis has them: clients
// parse them.
protocol::Reply error_reply(Errc error);

// "STOREDOWN the read state store is unavailable: <reason>"
protocol::Reply store_down(Bytes reason);

// What EXEC answers where it is refused for this.
protocol::Reply transaction_aborted(const protocol::Reply& why);

inline constexpr Bytes kSyntaxError = "ERR syntax error";
inline constexpr Bytes kNotAnInteger = "ERR value is not an integer or out of range";
inline constexpr Bytes kNotAFloat = "ERR value is not a valid float";
inline constexpr Bytes kLoading = "LOADING Redis is loading the dataset in memory";
inline constexpr Bytes kNoSuchKey = "ERR no such key";

}  // namespace tidemark::server
