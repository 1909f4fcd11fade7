#include "storage/keyspace/edit.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <memory>

#include "tests/storage/keyspace/fixture.hpp"

using namespace tidemark;
using namespace tidemark::storage;
using Lines = std::vector<std::string>;

namespace {

// The least that a class of values must offer: a bag of numbered blocks.
class Bag {
 public:
  static constexpr ValueType kType = ValueType::list;
  static inline int alive = 0;

  Bag() { ++alive; }
  Bag(const Bag& other) : count_(other.count_) { ++alive; }
  ~Bag() { --alive; }
  void add(size_t count) { count_ += count; }
  void remove(size_t count) { count_ -= count; }
  size_t size() const { return count_; }
  size_t memory_bytes() const { return count_ * 100; }
  Bytes encoding_name() const { return "bag"; }
  bool free_some(size_t budget) {
    count_ -= std::min(budget, count_);
    return count_ > 0;
  }

 private:
  size_t count_ = 0;
};

void install_bag() { install_object_type(ValueType::list, object_functions_of<Bag>()); }

Result<Edit<String>> edit(Partition& p, Bytes key, IfAbsent if_absent = IfAbsent::create) {
  return p.db().edit<String>(hash_key(key), if_absent);
}

}  // namespace

TEST_CASE("an edit of a string that came to nothing leaves no key and says nothing") {
  Partition p;
  {
    auto string = edit(p, "k");
    CHECK(*(*string)->set_range(5, "") == 0);
  }
  CHECK(p.db().size() == 0);
  CHECK(p.hook.take().empty());
  CHECK(p.keyspace.used_bytes() == 0);
  CHECK_FALSE(*edit(p, "k", IfAbsent::leave));
}

TEST_CASE("an appended string grows from integer to embedded to buffer, and keeps its bytes") {
  Partition p;
  std::string expected = "12";
  p.set("k", expected);
  CHECK(p.encoding("k") == "int");
  for (int i = 0; i < 300; ++i) {
    const std::string tail = "tail" + std::to_string(i);
    expected += tail;
    CHECK(*(*edit(p, "k"))->append(tail) == expected.size());
    REQUIRE(p.get("k") == expected);
  }
  CHECK(p.encoding("k") == "raw");
  p.db().check();
}

TEST_CASE("what APPEND creates is encoded as if it had been set, what it extends is raw") {
  Partition p;
  CHECK(*(*edit(p, "n"))->append("123") == 3);
  CHECK(p.encoding("n") == "int");
  CHECK(*(*edit(p, "n"))->append("4") == 4);
  CHECK(p.encoding("n") == "raw");
  CHECK(p.get("n") == "1234");
  CHECK(*(*edit(p, "n"))->increment(1) == 1235);
  CHECK(p.encoding("n") == "int");
  CHECK(p.hook.take() == Lines{"written(new) n", "written n", "written n"});
}

TEST_CASE("encodings have Redis's names and thresholds") {
  Partition p;
  const auto encoding_of = [&](Bytes text) {
    p.set("k", text);
    return p.encoding("k");
  };
  CHECK(encoding_of("0") == "int");
  CHECK(encoding_of("-9223372036854775808") == "int");
  CHECK(encoding_of("9223372036854775808") == "embstr");
  CHECK(encoding_of("007") == "embstr");
  CHECK(encoding_of("-0") == "embstr");
  CHECK(encoding_of("") == "embstr");
  CHECK(encoding_of(std::string(44, 'x')) == "embstr");
  CHECK(encoding_of(std::string(45, 'x')) == "raw");
  CHECK(encoding_of(std::string(5000, 'x')) == "raw");
}

TEST_CASE("a range may be set within, across and beyond the end, with zeros in between") {
  Partition p;
  p.set("k", "Hello World");
  CHECK(*(*edit(p, "k"))->set_range(6, "Redis") == 11);
  CHECK(p.get("k") == "Hello Redis");
  CHECK(*(*edit(p, "k"))->set_range(9, "ound") == 13);
  CHECK(p.get("k") == "Hello Redound");
  CHECK(*(*edit(p, "k"))->set_range(2000, "end") == 2003);
  CHECK(p.get("k") == "Hello Redound" + std::string(1987, '\0') + "end");
  CHECK(*(*edit(p, "new"))->set_range(2, "x") == 3);
  CHECK(p.get("new") == std::string("\0\0x", 3));
}

TEST_CASE("a string does not grow beyond its limit, and a refusal changes nothing") {
  Partition p;
  p.set("k", "12345");
  CHECK((*edit(p, "k"))->append("6789", 8).error() == Errc::string_too_long);
  CHECK((*edit(p, "k"))->set_range(7, "ab", 8).error() == Errc::string_too_long);
  CHECK((*edit(p, "k"))->set_range(std::numeric_limits<size_t>::max(), "ab").error() ==
        Errc::string_too_long);
  CHECK((*edit(p, "new"))->append("123456789", 8).error() == Errc::string_too_long);
  CHECK(p.get("k") == "12345");
  CHECK(p.encoding("k") == "int");
  CHECK(p.hook.take() == Lines{"written(new) k"});
  CHECK(p.db().size() == 1);
}

TEST_CASE("counters start from nothing and refuse what is no number") {
  Partition p;
  CHECK(*(*edit(p, "n"))->increment(5) == 5);
  CHECK(*(*edit(p, "n"))->increment(-7) == -2);
  CHECK((*edit(p, "n"))->increment(std::numeric_limits<int64_t>::min()).error() == Errc::overflow);
  CHECK(p.get("n") == "-2");
  p.set("t", "text");
  CHECK((*edit(p, "t"))->increment(1).error() == Errc::not_an_integer);
  CHECK((*edit(p, "t"))->increment_float(1).error() == Errc::not_a_float);
  CHECK(*(*edit(p, "f"))->increment_float(1.5L) == "1.5");
  CHECK(*(*edit(p, "f"))->increment_float(1.5L) == "3");
  CHECK(p.get("f") == "3");
}

TEST_CASE("an edit keeps the time to live") {
  Partition p;
  p.set("k", "1", Ttl::at(kNow + 10));
  CHECK(*(*edit(p, "k"))->append(std::string(3000, 'x')) == 3001);
  CHECK(p.db().peek(hash_key("k"))->expire_at_ms() == kNow + 10);
}

TEST_CASE("another type is refused by strings and by objects alike") {
  install_bag();
  Partition p;
  p.set("s", "text");
  CHECK(p.db().edit<Bag>(hash_key("s"), IfAbsent::create).error() == Errc::wrong_type);
  CHECK(p.db().find_as<Bag>(hash_key("s")).error() == Errc::wrong_type);
  (*p.db().edit<Bag>(hash_key("b"), IfAbsent::create))->add(1);
  CHECK(p.db().edit<String>(hash_key("b"), IfAbsent::create).error() == Errc::wrong_type);
  CHECK(p.db().find_string(hash_key("b")).error() == Errc::wrong_type);
}

TEST_CASE("an edited object is counted, announced once, and removed when it is left empty") {
  install_bag();
  {
    Partition p;
    const HashedKey key = hash_key("b");
    {
      auto bag = p.db().edit<Bag>(key, IfAbsent::create);
      CHECK(bag->origin() == Origin::created);
      (*bag)->add(3);
      (*bag)->add(4);
    }
    CHECK(p.hook.take() == Lines{"written(new) b"});
    CHECK((*p.db().find_as<Bag>(key))->size() == 7);
    CHECK(p.encoding("b") == "bag");
    p.db().check();
    {
      auto bag = p.db().edit<Bag>(key, IfAbsent::leave);
      bag->nothing_changed();
    }
    CHECK(p.hook.take().empty());
    (*p.db().edit<Bag>(key, IfAbsent::leave))->remove(7);
    CHECK(p.hook.take() == Lines{"emptied b"});
    static_cast<void>(p.db().edit<Bag>(key, IfAbsent::create));
    CHECK(p.hook.take().empty());
    CHECK(p.keyspace.used_bytes() == 0);
  }
  CHECK(Bag::alive == 0);
}

TEST_CASE("a big object is freed in slices, a small one at once, and none is leaked") {
  install_bag();
  {
    Partition p;
    for (const Bytes key : {Bytes("small"), Bytes("big"), Bytes("copied")}) {
      (*p.db().edit<Bag>(hash_key(key), IfAbsent::create))->add(key == "small" ? 10 : 10'000);
    }
    CHECK(p.db().unlink(hash_key("small")));
    CHECK(p.keyspace.disposal().empty());
    CHECK(p.db().unlink(hash_key("big")));
    CHECK(p.keyspace.disposal().pending_objects() == 1);
    CHECK(p.keyspace.disposal().pending_bytes() >= 1'000'000);
    unsigned slices = 1;
    while (p.keyspace.slice(1000)) ++slices;
    CHECK(slices == 10);

    // What is no key's is freed alike.
    for (const size_t count : {10, 1'500}) {
      Bag* bag = make_object<Bag>();
      bag->add(count);
      p.keyspace.dispose(bag);
      CHECK(p.keyspace.disposal().pending_objects() == (count == 10 ? 0 : 1));
    }
    CHECK(p.keyspace.slice(1000));
    CHECK_FALSE(p.keyspace.slice(1000));

    p.db(1).put(hash_key("copy"), p.db().peek(hash_key("copied"))->copy("copy"));
    p.db(1).check();
    p.set("copied", "a string now");
    CHECK(p.keyspace.disposal().pending_objects() == 1);
    p.db(2).put(hash_key("moved"), p.db(1).take(hash_key("copy")));
    p.db(2).set_object(hash_key("moved"), make_object<Bag>());
    p.db(2).flush();
  }
  CHECK(Bag::alive == 0);
}
