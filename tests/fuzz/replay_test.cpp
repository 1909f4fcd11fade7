#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

// In builds without a fuzzer, a target is linked with this instead: it runs on the inputs that are
// kept, those to begin with and those that once broke something.

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data,
                                      size_t size);  // NOLINT: libFuzzer's name

TEST_CASE("the inputs that are kept do no harm") {
  int inputs = 0;
  for (const char* folder : {TIDEMARK_CORPUS, TIDEMARK_REGRESS}) {
    if (!std::filesystem::exists(folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      CAPTURE(entry.path().string());
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
      CHECK(LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) ==
            0);
      ++inputs;
    }
  }
  CHECK(inputs > 0);
}
