#include <doctest/doctest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "storage/base/number.hpp"
#include "storage/rdb/file_reader.hpp"
#include "storage/rdb/file_sink.hpp"
#include "storage/rdb/file_source.hpp"
#include "storage/rdb/file_writer.hpp"
#include "storage/rdb/value_reader.hpp"
#include "storage/rdb/value_skipper.hpp"
#include "storage/value/list.hpp"
#include "storage/value/sorted_set.hpp"
#include "tests/storage/rdb/fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;
using namespace tidemark::storage::rdb;
using tidemark::test::from_hex;

namespace {

// A temporary folder with a snapshot in it.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rdb-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file() const { return (path_ / "dump.rdb").string(); }
  std::string temporary() const { return (path_ / "temp.rdb").string(); }
  size_t files() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      count += entry.exists() ? 1 : 0;
    }
    return count;
  }
  std::string contents() const {
    std::ifstream file(this->file(), std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    return bytes.str();
  }
  void write(const std::string& bytes) const { std::ofstream(file(), std::ios::binary) << bytes; }

 private:
  std::filesystem::path path_;
};

EntryOwner with_expiry(EntryOwner entry, int64_t expire_at_ms) {
  return EntryOwner(Entry::set_expiry(entry.release(), expire_at_ms));
}

// Strings, a list of `elements`, and a sorted set, in two databases.
void write_sample(FileWriter& writer, size_t elements, bool with_checksum = true) {
  writer.begin(FileWriter::Ends::none);
  writer.put_aux("redis-ver", "7.2.4");
  writer.put_function("#!lua name=mylib");
  writer.begin_database(DbIndex(0), 2, 1);
  writer.put_key(*with_expiry(Entry::make_string("a", "1"), 4'000'000'000'000), {});
  auto* list = make_object<List>();
  for (size_t i = 0; i < elements; ++i) {
    list->push(ListEnd::back, "element " + std::to_string(i), test::default_limits().list);
  }
  writer.put_key(*Entry::make_object("list", ValueType::list, list), {.idle_seconds = 70});
  writer.begin_database(DbIndex(9), 1, 0);
  auto* set = make_object<SortedSet>();
  set->update("m", test::default_limits().sorted_set,
              [](std::optional<double>) { return std::optional(1.5); });
  writer.put_key(*Entry::make_object("z", ValueType::zset, set), {.frequency = 200});
  writer.end(with_checksum);
}

void write_sample_file(const Folder& folder, size_t elements, bool with_checksum = true) {
  FileSink sink(folder.file(), folder.temporary());
  Writer writer(Compression::lzf, sink);
  FileWriter records(writer);
  write_sample(records, elements, with_checksum);
  CHECK_FALSE(writer.failed());
  CHECK(sink.commit());
}

// Every record, a line each; at the end "end", or what is wrong.
std::string read(const Folder& folder, bool skip_values = false) {
  const auto source = FileSource::open(folder.file(), FileSource::Summed::yes);
  REQUIRE(source != nullptr);
  FileReader reader(*source, FileReader::Verify::yes);
  std::string text;
  for (;;) {
    switch (reader.next()) {
      case FileReader::Record::function:
        text += "function " + std::string(reader.function()) + "\n";
        break;
      case FileReader::Record::key: {
        text += std::to_string(reader.db().value()) + " " + std::string(reader.key());
        if (reader.expire_at_ms()) text += " until " + to_text(*reader.expire_at_ms());
        if (reader.use().idle_seconds) {
          text += " idle " + std::to_string(*reader.use().idle_seconds);
        }
        if (reader.use().frequency) {
          text += " used " + std::to_string(unsigned{*reader.use().frequency});
        }
        if (skip_values) {
          if (!skip_value(reader.values(), reader.type())) reader.refuse("cannot skip");
          text += "\n";
          break;
        }
        const auto entry =
            read_value(reader.values(), reader.type(), reader.key(), test::default_limits());
        if (!entry) reader.refuse("no value");
        text += " " + test::render(entry) + "\n";
        break;
      }
      case FileReader::Record::end:
        return text + "end";
      case FileReader::Record::failed:
        return text + reader.error();
    }
  }
}

constexpr const char* kSample =
    "function #!lua name=mylib\n"
    "0 a until 4000000000000 string int: 1\n"
    "0 list idle 70 list listpack: element 0 element 1\n"
    "9 z used 200 zset listpack: m=1.5\n"
    "end";

}  // namespace

TEST_CASE("a snapshot is written whole and read back") {
  const Folder folder;
  write_sample_file(folder, 2);
  CHECK(folder.files() == 1);
  CHECK(folder.contents().starts_with("REDIS0011"));
  CHECK(read(folder) == kSample);
  CHECK(read(folder, true) ==
        "function #!lua name=mylib\n0 a until 4000000000000\n0 list idle 70\n9 z used 200\nend");
  write_sample_file(folder, 2, false);
  CHECK(folder.contents().ends_with(std::string(8, '\0')));
  CHECK(read(folder) == kSample);
}

TEST_CASE("a snapshot larger than what is read at once is read in pieces") {
  const Folder folder;
  write_sample_file(folder, 200'000);
  CHECK(folder.contents().size() > 500'000);
  const std::string text = read(folder);
  CHECK(text.find("element 199999\n9 z used 200") != std::string::npos);
  CHECK(text.ends_with("end"));
  CHECK(read(folder, true).ends_with("end"));
}

TEST_CASE("a snapshot that was cut short or changed anywhere is refused") {
  const Folder folder;
  write_sample_file(folder, 2);
  const std::string whole = folder.contents();
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    folder.write(whole.substr(0, cut));
    CHECK_FALSE(read(folder).ends_with("end"));
    CHECK_FALSE(read(folder, true).ends_with("end"));
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x20);
    folder.write(changed);
    CAPTURE(at);
    CHECK_FALSE(read(folder).ends_with("\nend"));
  }
  folder.write(whole.substr(0, whole.size() - 1) + '!');
  CHECK(read(folder).find("Wrong RDB checksum expected: (") != std::string::npos);
}

TEST_CASE("what is no snapshot, or one of a version to come, is refused by its first bytes") {
  const Folder folder;
  const auto refused = [&folder](const std::string& bytes, const std::string& why) {
    folder.write(bytes);
    CHECK(read(folder) == why);
  };
  refused("", "Wrong signature trying to load DB from file");
  refused("REDIX0011\xff", "Wrong signature trying to load DB from file");
  refused("REDIS0013\xff", "Can't handle RDB format version 0013");
  refused("REDIS0000\xff", "Can't handle RDB format version 0000");
  refused("REDIS00a1\xff", "Can't handle RDB format version 00a1");
  refused("REDIS9999\xff", "Can't handle RDB format version 9999");
}

TEST_CASE("records of older and newer versions are read or stepped over") {
  const Folder folder;
  // Version 4: seconds, and nothing behind the end.
  folder.write("REDIS0004" + from_hex("fe00 fd00943577 00 0161 0162 ff"));
  CHECK(read(folder) == "0 a until 2000000000000 string embstr: b\nend");
  // Version 12: how many keys a slot has.
  folder.write("REDIS0012" + from_hex("fe00 fb0100 f4050100 00 0161 0162 ff 0000000000000000"));
  CHECK(read(folder) == "0 a string embstr: b\nend");
  folder.write("REDIS0011" + from_hex("f7 81 00"));
  CHECK(read(folder) == "a record of a kind that is not known: 247");
  folder.write("REDIS0011" + from_hex("fe 80 00010000"));
  CHECK_FALSE(read(folder).ends_with("end"));
  // A module's value.
  folder.write("REDIS0011" + from_hex("07 0161 00 ff 0000000000000000"));
  CHECK(read(folder) == "0 a corrupt\nno value");
  CHECK(read(folder, true) == "0 a\ncannot skip");
}

TEST_CASE("a file that does not take its place leaves the older one, and nothing else") {
  const Folder folder;
  write_sample_file(folder, 1);
  const std::string before = folder.contents();
  {
    FileSink sink(folder.file(), folder.temporary());
    CHECK(sink.write("half"));
  }
  CHECK(folder.contents() == before);
  CHECK(folder.files() == 1);
  FileSink nowhere(folder.file(), folder.file() + "/temp");
  CHECK_FALSE(nowhere.write("x"));
  CHECK_FALSE(nowhere.commit());
  CHECK(nowhere.error() == "open: Not a directory");
  CHECK(folder.contents() == before);
}

TEST_CASE("a file that is not there is told apart from one that is no file") {
  const Folder folder;
  errno = 0;
  CHECK(FileSource::open(folder.file(), FileSource::Summed::no) == nullptr);
  CHECK(errno == ENOENT);
  std::filesystem::create_directory(folder.file());
  CHECK(FileSource::open(folder.file(), FileSource::Summed::no) == nullptr);
  CHECK(errno == EINVAL);
}

TEST_CASE("a value of every encoding is stepped over by exactly its bytes") {
  // As DUMP has them, without the footer.
  const std::vector<const char*> values{
      "00c0ff",
      "00c3094064016161e05700016161",
      "0102016101 62",
      "0b0e0200000003000000feff01002c01",
      "02020161c001",
      "0302016104 2d312e35 0162fd",
      "05020161000000000000f03f0162000000000000f03f",
      "04010166 0176",
      "1203020a0a000000010081610 2ff01c3091e017878e01100017878020a0a0000000100816202ff",
      "101919000000060081660281760201010201816702f290eefe04ff",
      "1300000101 0000 0101 0100",
      "0f00000101 00",
      "0f00000101 01 0167 0101 01 00000000000000010000000000000001 0000000000000000 01"
      " 01 0163 0000000000000000 01 00000000000000010000000000000001",
      "18 0010000000000000 02 01 0166 0176 00 0167 0177",
      "19 0010000000000000 07 07000000 0000 ff",
      "1500000101 0000 0101 01 01 0167 0101 01 00"
      " 01 0163 0000000000000000 0000000000000000 00",
  };
  for (const char* hex : values) {
    CAPTURE(hex);
    const std::string bytes = from_hex(hex) + "rest";
    Reader reader{Bytes(bytes)};
    const uint8_t type = reader.next_byte();
    CHECK(skip_value(reader, type));
    CHECK(reader.remaining() == 4);
    for (size_t cut = 1; cut + 4 < bytes.size(); ++cut) {
      Reader shorter(Bytes(bytes).substr(1, cut - 1));
      CHECK_FALSE(skip_value(shorter, type));
    }
  }
}
