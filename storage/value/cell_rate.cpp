#include "storage/value/cell_rate.hpp"

#include <algorithm>

namespace tidemark::storage {

namespace {

// Sums and products of numbers that are not negative; remembers whether any was, or grew too large.
class Amounts {
 public:
  int64_t product(int64_t a, int64_t b) {
    int64_t result = 0;
    fit_ = fit_ && a >= 0 && b >= 0 && !__builtin_mul_overflow(a, b, &result);
    return result;
  }
  int64_t sum(int64_t a, int64_t b) {
    int64_t result = 0;
    fit_ = fit_ && a >= 0 && b >= 0 && !__builtin_add_overflow(a, b, &result);
    return result;
  }
  bool fit() const { return fit_; }

 private:
  bool fit_ = true;
};

}  // namespace

std::optional<CellVerdict> ask_for_cells(const CellRate& rate, std::optional<int64_t> arrival_ns,
                                         int64_t quantity, int64_t now_ns) {
  if (rate.count <= 0 || rate.period_ns <= 0) return std::nullopt;
  Amounts amounts;
  const int64_t limit = amounts.sum(rate.burst, 1);
  // What one costs. More than one in a nanosecond is as much as anybody can ask for.
  const int64_t interval = std::max<int64_t>(rate.period_ns / rate.count, 1);
  const int64_t tolerance = amounts.product(interval, limit);
  const int64_t cost = amounts.product(interval, quantity);
  const int64_t start = std::max(arrival_ns.value_or(now_ns), now_ns);
  const int64_t arrival = amounts.sum(start, cost);
  if (!amounts.fit()) return std::nullopt;

  CellVerdict verdict{.limit = limit};
  // Neither difference overflows: all of them are positive.
  const int64_t early_ns = arrival - now_ns - tolerance;
  verdict.limited = early_ns > 0;
  if (verdict.limited && cost <= tolerance) verdict.retry_after_ns = early_ns;
  verdict.arrival_ns = arrival;
  verdict.reset_after_ns = (verdict.limited ? start : arrival) - now_ns;
  verdict.remaining = std::max<int64_t>((tolerance - verdict.reset_after_ns) / interval, 0);
  return verdict;
}

}  // namespace tidemark::storage
