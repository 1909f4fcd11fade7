#include "bench/load/report.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace tidemark::bench {

namespace {

double micros(uint64_t ns) { return static_cast<double>(ns) / 1e3; }

double per_op_micros(double seconds, const PhaseReport& phase) {
  if (phase.replies == 0 || seconds < 0) return 0;
  return seconds * 1e6 / static_cast<double>(phase.replies);
}

double throughput(const PhaseReport& phase, uint64_t replies) {
  return phase.seconds > 0 ? static_cast<double>(replies) / phase.seconds : 0;
}

std::string json_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

struct Row {
  std::string name;
  const Histogram* latency_ns;
  uint64_t nulls;
  uint64_t errors;
};

// One row a command, and one for all where there are several.
std::vector<Row> rows_of(const PhaseReport& phase) {
  std::vector<Row> rows;
  Row all{.name = "all", .latency_ns = &phase.latency_ns, .nulls = 0, .errors = 0};
  for (const CommandReport& command : phase.commands) {
    rows.push_back({command.name, &command.latency_ns, command.nulls, command.errors});
    all.nulls += command.nulls;
    all.errors += command.errors;
  }
  if (rows.size() != 1) rows.push_back(all);
  return rows;
}

void table_of(std::string& out, const char* title, const PhaseReport& phase) {
  if (phase.replies == 0) return;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "{}: {} replies in {:.2f} s, {:.0f}/s\n", title, phase.replies, phase.seconds,
                 throughput(phase, phase.replies));
  fmt::format_to(to, "{:<20}{:>12}{:>12}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>10}{:>9}\n", "command",
                 "replies", "per s", "mean us", "p50", "p90", "p99", "p99.9", "max", "nulls",
                 "errors");
  for (const Row& row : rows_of(phase)) {
    const Histogram& h = *row.latency_ns;
    fmt::format_to(
        to, "{:<20}{:>12}{:>12.0f}{:>9.0f}{:>9.0f}{:>9.0f}{:>9.0f}{:>9.0f}{:>9.0f}{:>10}{:>9}\n",
        row.name, h.count(), throughput(phase, h.count()), h.mean() / 1e3, micros(h.percentile(50)),
        micros(h.percentile(90)), micros(h.percentile(99)), micros(h.percentile(99.9)),
        micros(h.max()), row.nulls, row.errors);
  }
  fmt::format_to(to, "CPU per operation: generator {:.3f} us",
                 per_op_micros(phase.client_cpu_seconds, phase));
  if (phase.server_cpu_seconds >= 0) {
    fmt::format_to(to, ", server {:.3f} us; server RSS {:.1f} MB",
                   per_op_micros(phase.server_cpu_seconds, phase),
                   static_cast<double>(phase.server_rss_bytes) / 1e6);
  }
  out += '\n';
  if (phase.never_sent != 0) {
    fmt::format_to(to,
                   "{} requests were due but never sent: the rate is above what the server "
                   "(or --pipeline) allows, and the latencies above are too kind\n",
                   phase.never_sent);
  }
  if (!phase.first_error.empty()) fmt::format_to(to, "first error: {}\n", phase.first_error);
}

std::string csv_of(const LoadPlan& plan, const PhaseReport& phase) {
  std::string out =
      "command,replies,seconds,per_second,mean_us,p50_us,p90_us,p99_us,p99.9_us,p99.99_us,max_us,"
      "nulls,errors,pipeline,connections,rate,never_sent,client_cpu_us_per_op,server_cpu_us_per_op,"
      "server_rss_bytes\n";
  auto to = std::back_inserter(out);
  for (const Row& row : rows_of(phase)) {
    const Histogram& h = *row.latency_ns;
    fmt::format_to(to, "{},{},{:.3f},{:.0f},{:.1f},{:.1f},{:.1f},{:.1f},{:.1f},{:.1f},{:.1f},",
                   row.name, h.count(), phase.seconds, throughput(phase, h.count()), h.mean() / 1e3,
                   micros(h.percentile(50)), micros(h.percentile(90)), micros(h.percentile(99)),
                   micros(h.percentile(99.9)), micros(h.percentile(99.99)), micros(h.max()));
    fmt::format_to(to, "{},{},{},{},{:.0f},{},{:.4f},{:.4f},{}\n", row.nulls, row.errors,
                   plan.pipeline, plan.connections, plan.rate, phase.never_sent,
                   per_op_micros(phase.client_cpu_seconds, phase),
                   per_op_micros(phase.server_cpu_seconds, phase), phase.server_rss_bytes);
  }
  return out;
}

void json_phase(std::string& out, const PhaseReport& phase) {
  auto to = std::back_inserter(out);
  fmt::format_to(to,
                 R"({{"seconds":{:.4f},"replies":{},"per_second":{:.1f},"never_sent":{},)"
                 R"("client_cpu_us_per_op":{:.4f},"server_cpu_us_per_op":{:.4f},)"
                 R"("server_rss_bytes":{},"first_error":{},"commands":[)",
                 phase.seconds, phase.replies, throughput(phase, phase.replies), phase.never_sent,
                 per_op_micros(phase.client_cpu_seconds, phase),
                 per_op_micros(phase.server_cpu_seconds, phase), phase.server_rss_bytes,
                 json_text(phase.first_error));
  const char* separator = "";
  for (const Row& row : rows_of(phase)) {
    const Histogram& h = *row.latency_ns;
    fmt::format_to(to,
                   R"({}{{"name":{},"replies":{},"nulls":{},"errors":{},"latency_us":{{)"
                   R"("min":{:.1f},"mean":{:.1f},"p50":{:.1f},"p90":{:.1f},"p99":{:.1f},)"
                   R"("p99.9":{:.1f},"p99.99":{:.1f},"max":{:.1f}}}}})",
                   separator, json_text(row.name), h.count(), row.nulls, row.errors,
                   micros(h.min()), h.mean() / 1e3, micros(h.percentile(50)),
                   micros(h.percentile(90)), micros(h.percentile(99)), micros(h.percentile(99.9)),
                   micros(h.percentile(99.99)), micros(h.max()));
    separator = ",";
  }
  fmt::format_to(to, R"(],"interval_seconds":{:.2f},"series":[)", phase.interval_seconds);
  separator = "";
  for (const Histogram& h : phase.intervals) {
    fmt::format_to(to,
                   R"({}{{"replies":{},"p50":{:.1f},"p99":{:.1f},"p99.9":{:.1f},"max":{:.1f}}})",
                   separator, h.count(), micros(h.percentile(50)), micros(h.percentile(99)),
                   micros(h.percentile(99.9)), micros(h.max()));
    separator = ",";
  }
  out += "]}";
}

std::string json_of(const LoadPlan& plan, const RunReport& report) {
  std::string out = fmt::format(
      R"({{"connections":{},"threads":{},"pipeline":{},"rate":{:.1f},"keys":{},"channels":{},)"
      R"("value_bytes":{},"resp":{},"seed":{},"fill":)",
      plan.connections, plan.threads, plan.pipeline, plan.rate, plan.keys, plan.channels,
      plan.format.value_bytes, plan.endpoint.resp, plan.seed);
  json_phase(out, report.fill);
  out += ",\"run\":";
  json_phase(out, report.measurement);
  return out + "}\n";
}

}  // namespace

std::string format_report(const LoadPlan& plan, const RunReport& report) {
  switch (plan.report) {
    case ReportFormat::csv:
      return csv_of(plan, plan.fill == FillMode::only ? report.fill : report.measurement);
    case ReportFormat::json:
      return json_of(plan, report);
    case ReportFormat::table:
      break;
  }
  std::string out;
  table_of(out, "fill", report.fill);
  table_of(out, "run", report.measurement);
  return out;
}

std::string format_series(const PhaseReport& report) {
  std::string out = "seconds,replies,p50_us,p99_us,p99.9_us,max_us\n";
  for (size_t i = 0; i < report.intervals.size(); ++i) {
    const Histogram& h = report.intervals[i];
    fmt::format_to(std::back_inserter(out), "{:.1f},{},{:.1f},{:.1f},{:.1f},{:.1f}\n",
                   static_cast<double>(i) * report.interval_seconds, h.count(),
                   micros(h.percentile(50)), micros(h.percentile(99)), micros(h.percentile(99.9)),
                   micros(h.max()));
  }
  return out;
}

}  // namespace tidemark::bench
