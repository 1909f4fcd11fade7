#include "bench/workload/workload_flags.hpp"

namespace tidemark::bench {

void add_workload_flags(Flags& flags, WorkloadConfig& config) {
  PopulationConfig& people = config.population;
  flags.add("--seed", "number", "same seed, same workload (1)", people.seed);
  flags.add("--users", "number", "(1000000)", people.users);
  flags.add("--theta", "number", "Zipf exponent over the users (0.99)", config.user_theta);
  flags.add("--channels-median", "number", "channels a user (12)", people.channels_median);
  flags.add("--channels-sigma", "number", "of the log-normal (1.4)", people.channels_sigma);
  flags.add("--channels-max", "number", "clipped there (4096)", people.channels_max);
  flags.add("--ack", "share", "(0.62)", config.ack);
  flags.add("--incr", "share", "(0.30)", config.incr);
  flags.add("--getall", "share", "half of them SINCE (0.03)", config.getall);
  flags.add("--lookup", "share", "GET, UNREAD, TOTAL (0.04)", config.lookup);
  flags.add("--set-or-del", "share", "(0.01)", config.set_or_del);
  flags.add("--late", "share", "about a message that is not the newest (0.05)", config.late);
  flags.add("--fanout", "share", "(0.0002)", config.fanout);
  flags.add("--fanout-max", "number", "users in one (65536)", config.fanout_max);
  flags.add("--fanout-cold", "share", "of the members beyond the hot users (0.90)",
            config.fanout_cold);
  flags.add("--hot", "share", "of the users, held to be in memory (0.20)", config.resident_share);
  flags.add("--storm-every", "number", "operations of a lane between storms (200000)",
            config.storm_every);
  flags.add("--storm-size", "number", "GETALL SINCE in a row (2000)", config.storm_size);
}

}  // namespace tidemark::bench
