#include "storage/persist/rocksdb_operators.hpp"

#include <rocksdb/compaction_filter.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/slice_transform.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "storage/persist/rocksdb_format.hpp"

namespace tidemark::storage {
namespace {

Bytes bytes_of(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

template <typename Slices>
std::vector<Bytes> bytes_of_all(const Slices& slices) {
  std::vector<Bytes> all;
  all.reserve(slices.size());
  for (const rocksdb::Slice& slice : slices) all.push_back(bytes_of(slice));
  return all;
}

// The names below are what RocksDB calls them in its own files and logs.
class ReadStateMerge final : public rocksdb::MergeOperator {
 public:
  const char* Name() const override { return "tidemark.read_state_merge"; }

  bool FullMergeV2(const MergeOperationInput& in, MergeOperationOutput* out) const override {
    const Bytes existing = in.existing_value == nullptr ? Bytes() : bytes_of(*in.existing_value);
    Result<std::string> merged =
        rocksdb_format::merge(bytes_of(in.key), in.existing_value == nullptr ? nullptr : &existing,
                              bytes_of_all(in.operand_list));
    if (!merged) return false;
    out->new_value = std::move(*merged);
    return true;
  }

  bool PartialMergeMulti(const rocksdb::Slice&, const std::deque<rocksdb::Slice>& operands,
                         std::string* new_value, rocksdb::Logger*) const override {
    Result<std::string> merged = rocksdb_format::merge_operands(bytes_of_all(operands));
    if (!merged) return false;
    *new_value = std::move(*merged);
    return true;
  }
};

class UserPrefix final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "tidemark.user_prefix"; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return {key.data(), rocksdb_format::user_key_bytes(bytes_of(key))};
  }
  bool InDomain(const rocksdb::Slice& key) const override {
    return rocksdb_format::user_key_bytes(bytes_of(key)) > 0;
  }
};

class NoRowFilter final : public rocksdb::CompactionFilter {
 public:
  const char* Name() const override { return "tidemark.no_row_filter"; }
  bool Filter(int, const rocksdb::Slice&, const rocksdb::Slice& value, std::string*,
              bool*) const override {
    return rocksdb_format::is_no_row(bytes_of(value));
  }
};

}  // namespace

std::shared_ptr<rocksdb::MergeOperator> make_read_state_merge_operator() {
  return std::make_shared<ReadStateMerge>();
}

std::shared_ptr<const rocksdb::SliceTransform> make_user_prefix() {
  return std::make_shared<UserPrefix>();
}

std::unique_ptr<const rocksdb::CompactionFilter> make_no_row_filter() {
  return std::make_unique<NoRowFilter>();
}

}  // namespace tidemark::storage
