#include "server/scripts/function_libraries.hpp"

#include <utility>

#include "server/command/arg_reader.hpp"
#include "storage/base/letter_case.hpp"

namespace tidemark::server {

const script::FunctionFacts* FunctionLibrary::find(Bytes function) const {
  for (const script::FunctionFacts& facts : functions) {
    if (equals_nocase(facts.name, function)) return &facts;
  }
  return nullptr;
}

FunctionLibraries::Library FunctionLibraries::find(Bytes name) const {
  const auto found = libraries_.find(name);
  return found == libraries_.end() ? nullptr : found->second;
}

FunctionLibraries::Library FunctionLibraries::find_by_function(Bytes function) const {
  const auto found = by_function_.find(lower_case(function));
  return found == by_function_.end() ? nullptr : found->second;
}

size_t FunctionLibraries::code_bytes() const {
  size_t bytes = 0;
  for (const auto& [name, library] : libraries_) bytes += library->code.size();
  return bytes;
}

std::optional<std::string> FunctionLibraries::collision(const FunctionLibrary& library) const {
  for (const script::FunctionFacts& facts : library.functions) {
    const Library other = find_by_function(facts.name);
    if (other != nullptr && other->name != library.name) return facts.name;
  }
  return std::nullopt;
}

void FunctionLibraries::set(Library library) {
  remove(library->name);
  for (const script::FunctionFacts& facts : library->functions) {
    by_function_.emplace(lower_case(facts.name), library);
  }
  std::string name = library->name;
  libraries_.emplace(std::move(name), std::move(library));
}

void FunctionLibraries::remove(Bytes name) {
  const auto found = libraries_.find(name);
  if (found == libraries_.end()) return;
  for (const script::FunctionFacts& facts : found->second->functions) {
    by_function_.erase(lower_case(facts.name));
  }
  libraries_.erase(found);
}

}  // namespace tidemark::server
