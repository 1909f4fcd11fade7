#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/script/function_interpreter.hpp"
#include "storage/base/bytes.hpp"

namespace tidemark::server {

// A library of functions as FUNCTION LOAD brought it. Constant.
struct FunctionLibrary {
  std::string name;
  std::string code;
  // What a core has compiled of it is known by this, so that a library that is loaded anew is never
  // taken for the one before it.
  std::string compiled_name;
  std::vector<script::FunctionFacts> functions;

  // In any case of letters; null where there is none.
  const script::FunctionFacts* find(Bytes function) const;
};

// The libraries of the server: a plain value. Names of libraries are told apart by the case of
// their letters, those of functions are not, and no two libraries have a function of the same name.
class FunctionLibraries {
 public:
  using Library = std::shared_ptr<const FunctionLibrary>;

  // Null where there is none.
  Library find(Bytes name) const;
  // The library that has the function.
  Library find_by_function(Bytes function) const;
  // By name.
  const std::map<std::string, Library, std::less<>>& all() const { return libraries_; }
  size_t function_count() const { return by_function_.size(); }
  size_t code_bytes() const;

  // The name of a function that another library has, too.
  std::optional<std::string> collision(const FunctionLibrary& library) const;
  // In place of the one of that name, if there is one. REQUIRES: no collision.
  void set(Library library);
  void remove(Bytes name);

 private:
  std::map<std::string, Library, std::less<>> libraries_;
  std::unordered_map<std::string, Library> by_function_;  // by the name in lower case
};

}  // namespace tidemark::server
