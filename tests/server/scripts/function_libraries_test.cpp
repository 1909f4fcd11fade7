#include "server/scripts/function_libraries.hpp"

#include <doctest/doctest.h>

#include "server/scripts/function_payload.hpp"

using namespace tidemark;
using namespace tidemark::server;

namespace {

using storage::rdb::Compression;

FunctionLibraries::Library library(const std::string& name,
                                   std::initializer_list<const char*> functions) {
  FunctionLibrary made{.name = name, .code = "", .compiled_name = name, .functions = {}};
  for (const char* const function : functions) made.functions.push_back({.name = function});
  return std::make_shared<const FunctionLibrary>(made);
}

}  // namespace

TEST_CASE("functions are found in any case of letters, libraries are not") {
  FunctionLibraries libraries;
  libraries.set(library("Lib", {"One", "two"}));
  CHECK(libraries.find("Lib") != nullptr);
  CHECK(libraries.find("lib") == nullptr);
  REQUIRE(libraries.find_by_function("oNE") != nullptr);
  CHECK(libraries.find_by_function("ONE")->find("one")->name == "One");
  CHECK(libraries.find_by_function("three") == nullptr);
  CHECK(libraries.function_count() == 2);
}

TEST_CASE("two libraries have no function of the same name") {
  FunctionLibraries libraries;
  libraries.set(library("a", {"f"}));
  CHECK(libraries.collision(*library("b", {"x", "F"})) == "F");
  CHECK_FALSE(libraries.collision(*library("b", {"x"})).has_value());
  // In place of itself it collides with nothing.
  CHECK_FALSE(libraries.collision(*library("a", {"f"})).has_value());
}

TEST_CASE("a library that is set again or removed leaves no function behind") {
  FunctionLibraries libraries;
  libraries.set(library("a", {"f", "g"}));
  libraries.set(library("a", {"h"}));
  CHECK(libraries.find_by_function("f") == nullptr);
  CHECK(libraries.find_by_function("h") != nullptr);
  CHECK(libraries.function_count() == 1);
  libraries.remove("nosuch");
  libraries.remove("a");
  CHECK(libraries.find_by_function("h") == nullptr);
  CHECK(libraries.all().empty());
  CHECK(libraries.function_count() == 0);
}

TEST_CASE("a copy of the libraries is its own") {
  FunctionLibraries libraries;
  libraries.set(library("a", {"f"}));
  FunctionLibraries copy = libraries;
  copy.set(library("b", {"g"}));
  copy.remove("a");
  CHECK(libraries.find_by_function("f") != nullptr);
  CHECK(libraries.find_by_function("g") == nullptr);
}

TEST_CASE("codes come out of a payload as they went in") {
  const std::string code(5000, 'x');
  for (const auto compression : {Compression::none, Compression::lzf}) {
    const FunctionCodes read =
        read_function_payload(make_function_payload({"a", code}, compression));
    CHECK(read.error == "");
    CHECK(read.codes == std::vector<std::string>{"a", code});
  }
  CHECK(read_function_payload(make_function_payload({}, Compression::none)).codes.empty());
}

TEST_CASE("a payload that was cut or changed is refused, wherever that was") {
  const std::string payload = make_function_payload({"#!lua name=a", "b"}, Compression::lzf);
  for (size_t i = 0; i < payload.size(); ++i) {
    CAPTURE(i);
    CHECK(read_function_payload(Bytes(payload).substr(0, i)).error != "");
    std::string changed = payload;
    changed[i] = static_cast<char>(changed[i] ^ 0x40);
    CHECK(read_function_payload(changed).error != "");
  }
}
