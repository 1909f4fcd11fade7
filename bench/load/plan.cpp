#include "bench/load/plan.hpp"

namespace tidemark::bench {

const std::vector<Scenario>& scenarios() {
  static const char* const kAckFill = "READSTATE.ACK __key__ __channel__ __id__";
  static const char* const kHashFill = "HSET __key__ __channel__ __id__";
  static const std::vector<Scenario> all{
      {"get-set",
       "GET:SET 10:1",
       "SET __key__ __data__",
       {{"GET __key__", 10}, {"SET __key__ __data__", 1}},
       1,
       "key:"},
      {"get", "GET", "SET __key__ __data__", {{"GET __key__", 1}}, 1, "key:"},
      {"set", "SET", "SET __key__ __data__", {{"SET __key__ __data__", 1}}, 1, "key:"},
      {"readstate-ack",
       "a user acknowledges a new message",
       kAckFill,
       {{kAckFill, 1}},
       50,
       "user:"},
      {"readstate-get",
       "one read state of a user",
       kAckFill,
       {{"READSTATE.GET __key__ __channel__", 1}},
       50,
       "user:"},
      {"readstate-incr",
       "a mention",
       kAckFill,
       {{"READSTATE.INCR __key__ __channel__ __id__", 1}},
       50,
       "user:"},
      {"readstate-mixed",
       "ACK:INCR:GET:GETALL:TOTAL 62:30:3:3:2",
       kAckFill,
       {{kAckFill, 62},
        {"READSTATE.INCR __key__ __channel__ __id__", 30},
        {"READSTATE.GET __key__ __channel__", 3},
        {"READSTATE.GETALL __key__", 3},
        {"READSTATE.TOTAL __key__", 2}},
       50,
       "user:"},
      {"hash-set", "read states as a hash a user: HSET", kHashFill, {{kHashFill, 1}}, 50, "user:"},
      {"hash-get",
       "read states as a hash a user: HGET",
       kHashFill,
       {{"HGET __key__ __channel__", 1}},
       50,
       "user:"},
      {"hash-mixed",
       "HSET:HGET 1:1",
       kHashFill,
       {{kHashFill, 1}, {"HGET __key__ __channel__", 1}},
       50,
       "user:"},
  };
  return all;
}

}  // namespace tidemark::bench
