#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/wire/connection.hpp"
#include "tests/wire/everywhere.hpp"
#include "tests/wire/test_server.hpp"

// What the wire tests of collections share.
namespace tidemark::test {

// What one connection gets back for inline commands over RESP3, as bytes, without HELLO's reply.
inline std::string over_resp3(const TestServer& server, const std::vector<std::string>& lines) {
  Connection client(server.port());
  std::string sent = "HELLO 3\r\nPING\r\n";
  for (const std::string& line : lines) sent += line + "\r\n";
  client.write(sent + "QUIT\r\n");
  const std::string all = client.read_to_end();
  const size_t begin = all.find("+PONG\r\n") + 7;
  return all.substr(begin, all.size() - begin - std::string("+OK\r\n").size());
}

// The elements of a flat array of bulk strings, as run() prints it.
inline std::vector<std::string> elements_of(const std::string& array) {
  std::vector<std::string> elements;
  for (size_t at = 0; (at = array.find('"', at)) != std::string::npos;) {
    const size_t end = array.find('"', at + 1);
    elements.push_back(array.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return elements;
}

inline std::vector<std::string> sorted(std::vector<std::string> elements) {
  std::sort(elements.begin(), elements.end());
  return elements;
}

// The same, sorted, and joined by blanks.
inline std::string sorted_elements(const std::string& array) {
  std::string joined;
  for (const std::string& element : sorted(elements_of(array))) {
    joined += (joined.empty() ? "" : " ") + element;
  }
  return joined;
}

// All that SSCAN, HSCAN or ZSCAN of a key returns from its start to its end.
inline std::vector<std::string> scan_all_of(Connection& client, const std::string& command,
                                            const std::string& key,
                                            const std::vector<std::string>& options = {}) {
  std::vector<std::string> found;
  std::string cursor = "0";
  do {
    std::vector<std::string> words{command, key, cursor};
    words.insert(words.end(), options.begin(), options.end());
    auto part = elements_of(client.run(words));  // the cursor, and then the elements
    cursor = part.front();
    found.insert(found.end(), part.begin() + 1, part.end());
  } while (cursor != "0");
  return found;
}

}  // namespace tidemark::test
