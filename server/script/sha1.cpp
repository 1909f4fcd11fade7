#include "server/script/sha1.hpp"

#include <openssl/sha.h>

#include <array>

namespace tidemark::server::script {

std::string sha1_hex(Bytes bytes) {
  constexpr Bytes kDigits = "0123456789abcdef";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string text;
  text.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

}  // namespace tidemark::server::script
