#include "server/errors.hpp"

#include <string>

namespace tidemark::server {

namespace {

const char* text_of(Errc error) {
  switch (error) {
    case Errc::wrong_type:
      return "WRONGTYPE Operation against a key holding the wrong kind of value";
    case Errc::not_an_integer:
      return "ERR value is not an integer or out of range";
    case Errc::not_a_float:
      return "ERR value is not a valid float";
    case Errc::overflow:
      return "ERR increment or decrement would overflow";
    case Errc::nan_or_infinity:
      return "ERR increment would produce NaN or Infinity";
    case Errc::string_too_long:
      return "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    case Errc::out_of_range:
      return "ERR offset is out of range";
    case Errc::too_many_channels:
      return "ERR too many channels for this user (limit 131072)";
    case Errc::store_down:
      return "STOREDOWN the read state store is unavailable: unknown reason";
    case Errc::out_of_memory:
      return "OOM command not allowed when used memory > 'maxmemory'.";
    case Errc::corrupt:
      return "ERR Bad data format";
    case Errc::io:
      return "ERR input/output error";
  }
  return "ERR unknown error";
}

}  // namespace

protocol::Reply error_reply(Errc error) { return protocol::Reply::error(text_of(error)); }

protocol::Reply store_down(Bytes reason) {
  return protocol::Reply::error("STOREDOWN the read state store is unavailable: " +
                                std::string(reason));
}

protocol::Reply transaction_aborted(const protocol::Reply& why) {
  constexpr Bytes kUsualCode = "ERR ";
  Bytes text = why.bytes();
  if (text.starts_with(kUsualCode)) text.remove_prefix(kUsualCode.size());
  return protocol::Reply::error("EXECABORT Transaction discarded because of: " + std::string(text));
}

}  // namespace tidemark::server
