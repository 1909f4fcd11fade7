#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/base/endpoint.hpp"
#include "protocol/reply_parser.hpp"

namespace tidemark::bench {

// One command on a connection of its own. Throws BenchError, also where no reply comes in time.
protocol::DecodedReply query(const Endpoint& endpoint, const std::vector<Bytes>& words,
                             int seconds = 10);

// The fields of a section of INFO, in order; empty where the server does not know the section.
std::vector<std::pair<std::string, std::string>> query_info(const Endpoint& endpoint,
                                                            Bytes section);

}  // namespace tidemark::bench
