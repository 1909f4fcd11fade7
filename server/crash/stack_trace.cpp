#include "server/crash/stack_trace.hpp"

#include <elf.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <span>

namespace tidemark::server::crash {

namespace {

constexpr int kFramesMax = 100;
constexpr size_t kObjectsMax = 128;

// The program, or a library that it was loaded with.
struct Object {
  const char* path;  // as the loader has it; empty for the program
  uintptr_t base;
  uintptr_t begin;
  uintptr_t end;
};

// Written once, before any handler is there.
std::array<Object, kObjectsMax> objects;
size_t object_count = 0;

int remember_object(dl_phdr_info* info, size_t, void*) {
  if (object_count == objects.size()) return 1;
  Object object{.path = info->dlpi_name, .base = info->dlpi_addr, .begin = UINTPTR_MAX, .end = 0};
  for (const ElfW(Phdr) & header : std::span(info->dlpi_phdr, info->dlpi_phnum)) {
    if (header.p_type != PT_LOAD) continue;
    object.begin = std::min(object.begin, info->dlpi_addr + header.p_vaddr);
    object.end = std::max(object.end, info->dlpi_addr + header.p_vaddr + header.p_memsz);
  }
  objects[object_count++] = object;
  return 0;
}

const Object* object_of(uintptr_t address) {
  for (const Object& object : std::span(objects.data(), object_count)) {
    if (address >= object.begin && address < object.end) return &object;
  }
  return nullptr;
}

// A file of a program or library, mapped for as long as it is asked.
class MappedFile {
 public:
  explicit MappedFile(const char* path) {
    const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    struct stat about {};
    if (::fstat(fd, &about) == 0 && about.st_size > 0) {
      size_ = static_cast<size_t>(about.st_size);
      void* const at = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
      if (at != MAP_FAILED) bytes_ = static_cast<const char*>(at);
    }
    ::close(fd);
  }
  ~MappedFile() {
    if (bytes_ != nullptr) ::munmap(const_cast<char*>(bytes_), size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // Empty where the file is shorter than that.
  template <typename T>
  std::span<const T> at(uint64_t offset, uint64_t count) const {
    if (bytes_ == nullptr || offset > size_ || count > (size_ - offset) / sizeof(T)) return {};
    return {reinterpret_cast<const T*>(bytes_ + offset), static_cast<size_t>(count)};
  }

 private:
  const char* bytes_ = nullptr;
  size_t size_ = 0;
};

struct Function {
  Bytes name;
  uint64_t offset = 0;
};

// The function of one table of symbols that holds the address, which counts from the object's base.
Function find_in(const MappedFile& file, const ElfW(Shdr) & symbols, const ElfW(Shdr) & names,
                 uint64_t address) {
  const auto text = file.at<char>(names.sh_offset, names.sh_size);
  for (const ElfW(Sym) & symbol :
       file.at<ElfW(Sym)>(symbols.sh_offset, symbols.sh_size / sizeof(ElfW(Sym)))) {
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || address < symbol.st_value) continue;
    if (address - symbol.st_value >= symbol.st_size || symbol.st_name >= text.size()) continue;
    const auto name = text.subspan(symbol.st_name);
    return {.name = {name.data(), strnlen(name.data(), name.size())},
            .offset = address - symbol.st_value};
  }
  return {};
}

Function find_function(const MappedFile& file, uint64_t address) {
  const auto header = file.at<ElfW(Ehdr)>(0, 1);
  if (header.empty()) return {};
  const auto sections = file.at<ElfW(Shdr)>(header[0].e_shoff, header[0].e_shnum);
  for (const unsigned type : {SHT_SYMTAB, SHT_DYNSYM}) {
    for (const ElfW(Shdr) & section : sections) {
      if (section.sh_type != type || section.sh_link >= sections.size()) continue;
      const Function found = find_in(file, section, sections[section.sh_link], address);
      if (!found.name.empty()) return found;
    }
  }
  return {};
}

// "_ZN8tidemark6server4Core3runEv" reads better as "tidemark::server::Core::run". A name with
// templates or operators in it stays as it is, for c++filt.
bool add_readable(Bytes mangled, SafeText& text) {
  constexpr Bytes kNested = "_ZN";
  constexpr Bytes kAnonymous = "_GLOBAL__N_1";
  if (!mangled.starts_with(kNested)) return false;
  Bytes rest = mangled.substr(kNested.size());
  if (rest.starts_with('K')) rest.remove_prefix(1);
  SafeText readable;
  while (!rest.empty() && rest.front() != 'E') {
    size_t length = 0;
    while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9' && length < rest.size()) {
      length = length * 10 + static_cast<size_t>(rest.front() - '0');
      rest.remove_prefix(1);
    }
    if (length == 0 || length > rest.size()) return false;
    if (!readable.view().empty()) readable.add("::");
    const Bytes part = rest.substr(0, length);
    readable.add(part == kAnonymous ? Bytes("(anonymous)") : part);
    rest.remove_prefix(length);
  }
  if (rest.empty()) return false;
  text.add(readable.view());
  return true;
}

}  // namespace

void prepare_stack_traces() {
  // Loads libgcc, which the handler must not have to.
  std::array<void*, 1> frame{};
  (void)backtrace(frame.data(), 1);
  object_count = 0;
  dl_iterate_phdr(remember_object, nullptr);
}

void describe_address(const void* address, SafeText& text) {
  const auto place = reinterpret_cast<uintptr_t>(address);
  const Object* const object = object_of(place);
  if (object != nullptr) {
    const bool program = object->path[0] == '\0';
    const uint64_t inside = place - object->base;
    const MappedFile file(program ? "/proc/self/exe" : object->path);
    const Function function = find_function(file, inside);
    text.add(program ? Bytes("tidemark-server") : Bytes(object->path)).add('(');
    if (!function.name.empty() && !add_readable(function.name, text)) text.add(function.name);
    // Without a name the place within the file, which addr2line takes.
    text.add("+0x").hex(function.name.empty() ? inside : function.offset).add(')');
  }
  text.add("[0x").hex(place).add("]");
}

void write_stack_here(void (*write)(Bytes line)) {
  std::array<void*, kFramesMax> frames;
  const int count = backtrace(frames.data(), kFramesMax);
  for (const void* const frame : std::span(frames.data(), static_cast<size_t>(count))) {
    SafeText line;
    describe_address(frame, line);
    write(line.add('\n').view());
  }
}

}  // namespace tidemark::server::crash
