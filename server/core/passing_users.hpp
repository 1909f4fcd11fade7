#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tidemark::server {

class OnCore;

// Users who were loaded while memory was full and nobody could be evicted for them, as under
// `noeviction`. They serve those who waited for them, and go: whoever reads what is not in memory
// gets it, and memory does not grow. Who has changes meanwhile goes when the store has them.
class PassingUsers {
 public:
  void add(std::string_view user) { arrived_.emplace_back(user); }
  bool arrived() const { return !arrived_.empty(); }
  // Lets those go who arrived in this round, or if there is room again, stay.
  void part(const OnCore& here);
  // The same for those who could not go then.
  void part_late(const OnCore& here);

 private:
  std::vector<std::string> arrived_;
  std::vector<std::string> dirty_;
};

}  // namespace tidemark::server
