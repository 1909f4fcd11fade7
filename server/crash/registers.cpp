#include "server/crash/registers.hpp"

namespace tidemark::server::crash {

namespace {

constexpr size_t kPointerDigits = 16;

#if defined(__x86_64__)

struct Register {
  Bytes name;
  int index;
};

constexpr Register kRegisters[] = {
    {"RAX", REG_RAX}, {"RBX", REG_RBX}, {"RCX", REG_RCX}, {"RDX", REG_RDX},      {"RDI", REG_RDI},
    {"RSI", REG_RSI}, {"RBP", REG_RBP}, {"RSP", REG_RSP}, {"R8 ", REG_R8},       {"R9 ", REG_R9},
    {"R10", REG_R10}, {"R11", REG_R11}, {"R12", REG_R12}, {"R13", REG_R13},      {"R14", REG_R14},
    {"R15", REG_R15}, {"RIP", REG_RIP}, {"EFL", REG_EFL}, {"CSGSFS", REG_CSGSFS}};

uint64_t value_of(const ucontext_t& context, int index) {
  return static_cast<uint64_t>(context.uc_mcontext.gregs[index]);
}

#endif

void add_register(Bytes name, uint64_t value, size_t position, SafeText& text) {
  constexpr size_t kPerLine = 2;
  text.add(position % kPerLine == 0 ? '\n' : ' ').add(name).add(':').hex(value, kPointerDigits);
}

}  // namespace

#if defined(__x86_64__)

const void* instruction_of(const ucontext_t& context) {
  return reinterpret_cast<const void*>(value_of(context, REG_RIP));
}

const void* stack_of(const ucontext_t& context) {
  return reinterpret_cast<const void*>(value_of(context, REG_RSP));
}

void describe_registers(const ucontext_t& context, SafeText& text) {
  size_t position = 0;
  for (const Register& row : kRegisters) {
    add_register(row.name, value_of(context, row.index), position++, text);
  }
}

#elif defined(__aarch64__)

const void* instruction_of(const ucontext_t& context) {
  return reinterpret_cast<const void*>(context.uc_mcontext.pc);
}

const void* stack_of(const ucontext_t& context) {
  return reinterpret_cast<const void*>(context.uc_mcontext.sp);
}

void describe_registers(const ucontext_t& context, SafeText& text) {
  size_t position = 0;
  for (const uint64_t value : context.uc_mcontext.regs) {
    SafeText name;
    name.add('X').padded(position, 2);
    add_register(name.view(), value, position++, text);
  }
  add_register("SP", context.uc_mcontext.sp, position++, text);
  add_register("PC", context.uc_mcontext.pc, position++, text);
}

#else

const void* instruction_of(const ucontext_t&) { return nullptr; }
const void* stack_of(const ucontext_t&) { return nullptr; }
void describe_registers(const ucontext_t&, SafeText& text) {
  text.add("\nnot known on this machine");
}

#endif

}  // namespace tidemark::server::crash
