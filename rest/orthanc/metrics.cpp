#include "rest/orthanc/metrics.h"

#include <cmath>
#include <cstdio>

#include "rest/http/media_type.h"
#include "rest/services.h"

namespace dcmfs::rest {
namespace {

struct Seen {
  Store::Statistics statistics;
  Store::Space space;
  std::int64_t last_change;
  std::int64_t up_ms;
};

double megabytes(std::int64_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

struct Metric {
  std::string_view name, type, help;
  double (*value)(const Seen&);
};
// Ours in the base units that Prometheus recommends; behind them those that dashboards for Orthanc ask for.
constexpr Metric kMetrics[] = {
    {"dcmfs_patients", "gauge", "Patients in the store",
     [](const Seen& s) { return static_cast<double>(s.statistics.patients); }},
    {"dcmfs_studies", "gauge", "Studies in the store",
     [](const Seen& s) { return static_cast<double>(s.statistics.studies); }},
    {"dcmfs_series", "gauge", "Series in the store",
     [](const Seen& s) { return static_cast<double>(s.statistics.series); }},
    {"dcmfs_instances", "gauge", "Instances in the store",
     [](const Seen& s) { return static_cast<double>(s.statistics.instances); }},
    {"dcmfs_stored_bytes", "gauge", "Bytes of all instances",
     [](const Seen& s) { return static_cast<double>(s.statistics.bytes); }},
    {"dcmfs_available_bytes", "gauge", "Bytes that can still be written where the store is",
     [](const Seen& s) { return static_cast<double>(s.space.available_bytes); }},
    {"dcmfs_changes_total", "counter", "Changes since the store was made",
     [](const Seen& s) { return static_cast<double>(s.last_change); }},
    {"dcmfs_up_seconds", "gauge", "Since the program was started",
     [](const Seen& s) { return std::floor(static_cast<double>(s.up_ms) / 1000); }},
    {"orthanc_count_patients", "gauge", "As dcmfs_patients",
     [](const Seen& s) { return static_cast<double>(s.statistics.patients); }},
    {"orthanc_count_studies", "gauge", "As dcmfs_studies",
     [](const Seen& s) { return static_cast<double>(s.statistics.studies); }},
    {"orthanc_count_series", "gauge", "As dcmfs_series",
     [](const Seen& s) { return static_cast<double>(s.statistics.series); }},
    {"orthanc_count_instances", "gauge", "As dcmfs_instances",
     [](const Seen& s) { return static_cast<double>(s.statistics.instances); }},
    {"orthanc_disk_size_mb", "gauge", "As TotalDiskSize of /statistics",
     [](const Seen& s) { return megabytes(s.statistics.bytes + s.statistics.attachment_bytes); }},
    {"orthanc_uncompressed_size_mb", "gauge", "As dcmfs_stored_bytes",
     [](const Seen& s) { return megabytes(s.statistics.bytes); }},
    {"orthanc_last_change", "counter", "As dcmfs_changes_total",
     [](const Seen& s) { return static_cast<double>(s.last_change); }},
    {"orthanc_up_time_s", "gauge", "As dcmfs_up_seconds",
     [](const Seen& s) { return std::floor(static_cast<double>(s.up_ms) / 1000); }},
};

}  // namespace

Result<Response> metrics(const Services& services, Request&) {
  Seen seen{};
  DCMFS_TRY(seen.statistics, services.store.statistics());
  DCMFS_TRY(seen.space, services.store.space());
  seen.last_change = services.store.changes().last();
  seen.up_ms = (now() - services.facts.started).count();
  std::string text;
  for (const Metric& metric : kMetrics) {
    const std::string name(metric.name);
    char value[40];
    std::snprintf(value, sizeof value, "%.15g", metric.value(seen));
    text += "# HELP " + name + ' ' + std::string(metric.help) + "\n# TYPE " + name + ' ' +
            std::string(metric.type) + '\n' + name + ' ' + value + '\n';
  }
  return Response{.type = "text/plain; version=0.0.4; charset=utf-8", .body = std::move(text)};
}

Result<Response> show_metrics_switch(const Services&, Request&) {
  return text_response("1");
}

Result<Response> put_metrics_switch(const Services&, Request& request) {
  if (trimmed(request.body.text) == "1") return text_response({});
  return Error{Errc::denied, "metrics cannot be switched off: they are counted when somebody asks"};
}

}  // namespace dcmfs::rest
