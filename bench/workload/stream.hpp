#pragma once

#include <cstdint>

#include "bench/base/distribution.hpp"
#include "bench/base/random.hpp"
#include "bench/workload/operation.hpp"
#include "bench/workload/population.hpp"

namespace tidemark::bench {

// What the users do. Shares are of all operations, storms and fan-outs aside; bench/README.md says
// which figures are published somewhere and which are assumed.
struct WorkloadConfig {
  PopulationConfig population;
  double user_theta = 0.99;  // Zipf over the users
  double ack = 0.62;
  double incr = 0.30;
  double getall = 0.03;      // half of them SINCE
  double lookup = 0.04;      // GET, UNREAD and TOTAL alike
  double set_or_del = 0.01;  // two SET to one DEL; one DEL in a hundred erases the user
  double late = 0.05;        // acks and counters about a message that is not the newest
  double fanout = 0.0002;    // sizes log-uniform from 1 to fanout_max
  uint32_t fanout_max = 65'536;
  double fanout_cold = 0.90;  // members beyond the hottest `resident_share` of the users
  double resident_share = 0.20;
  uint64_t storm_every = 200'000;  // operations of a lane between storms; 0: none
  uint64_t storm_size = 2'000;     // GETALL SINCE in a row, users drawn uniformly
};

// The operations of one lane, for ever. Users are dealt to lanes by their number; all that concerns
// a user happens in one lane, fan-outs included, so that a lane's order is the user's history.
class WorkloadStream {
 public:
  struct Lane {
    uint32_t index = 0;
    uint32_t of = 1;  // at most the number of users
  };
  WorkloadStream(const WorkloadConfig& config, Lane lane);

  Operation next();

 private:
  uint32_t user_of_rank(uint64_t rank) const;
  uint32_t pick_user();
  RowId pick_channel(uint32_t user);
  int64_t message();
  Operation ack(uint32_t user);
  Operation incr(uint32_t user);
  Operation lookup(uint32_t user);
  Operation set_or_del(uint32_t user);
  Operation fanout();

  WorkloadConfig config_;
  Population population_;
  Lane lane_;
  uint32_t lane_users_;
  Random random_;
  Zipf ranks_;
  Shuffle shuffle_;
  uint64_t operations_ = 0;
  uint64_t storm_left_ = 0;
};

}  // namespace tidemark::bench
