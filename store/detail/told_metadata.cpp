#include "store/detail/told_metadata.h"

#include <algorithm>
#include <vector>

#include "store/detail/level_sql.h"
#include "store/origin.h"

namespace dcmfs::detail {
namespace {

std::string date_time(const std::string& ms) {
  return "strftime('%Y%m%dT%H%M%S', " + ms + " / 1000, 'unixepoch')";
}

// The aliases differ from every table's name: the expressions stand inside queries over these.
std::string of_origin(std::string_view column, std::string_view origin = "instance.origin") {
  return "(SELECT nullif(o." + std::string(column) +
         ", '') FROM origin o WHERE o.id = " + std::string(origin) + ")";
}

// Orthanc has it of every instance, "" where none is known.
std::string remote_aet(std::string_view origin) {
  return "coalesce(" + of_origin("remote_aet", origin) + ", '')";
}

// Likewise of all that came by HTTP.
std::string http_username() {
  return "(SELECT o.http_username FROM origin o WHERE o.id = instance.origin AND (o.way = " +
         std::to_string(static_cast<int>(Origin::Way::rest_api)) + " OR o.http_username <> ''))";
}

std::string way() {
  std::string words;
  for (int i = 0; i <= static_cast<int>(Origin::Way::import); ++i) {
    words += " WHEN " + std::to_string(i) + " THEN '" +
             std::string(name(static_cast<Origin::Way>(i))) + "'";
  }
  return "CASE coalesce((SELECT o.way FROM origin o WHERE o.id = instance.origin), 0)" + words +
         " END";
}

std::vector<Told> make_told() {
  const std::string of_first =
      "(SELECT n.origin FROM instance n WHERE n.id = " + first_instance(Level::series) + ")";
  const auto updated = [](Level level) {
    const std::string newest = newest_reception(level);
    return Told{"LastUpdate", level, date_time(newest), newest};
  };
  const std::string expected = expected_instances();
  const std::string index = index_in_series("instance");
  return {
      updated(Level::patient),
      updated(Level::study),
      updated(Level::series),
      {"ExpectedNumberOfInstances", Level::series, "CAST(" + expected + " AS TEXT)", expected},
      {"RemoteAET", Level::series, remote_aet(of_first), ""},
      {"ReceptionDate", Level::instance, date_time("instance.received"), "instance.received"},
      {"Origin", Level::instance, way(), ""},
      {"RemoteAET", Level::instance, remote_aet("instance.origin"), ""},
      {"CalledAET", Level::instance, of_origin("called_aet"), ""},
      {"RemoteIP", Level::instance, of_origin("remote_ip"), ""},
      {"HttpUsername", Level::instance, http_username(), ""},
      {"HttpHost", Level::instance, of_origin("http_host"), ""},
      {"IndexInSeries", Level::instance, "CAST(" + index + " AS TEXT)", index},
      {"TransferSyntax", Level::instance,
       "(SELECT t.uid FROM transfer_syntax t WHERE t.id = instance.transfer_syntax)", ""},
      {"SopClassUid", Level::instance, "nullif(instance.SOPClassUID, '')", ""},
  };
}

}  // namespace

std::span<const Told> told_metadata() {
  static const std::vector<Told> kTold = make_told();
  return kTold;
}

const Told* find_told(Level level, std::string_view name) {
  const auto told = told_metadata();
  const auto found = std::ranges::find_if(
      told, [&](const Told& one) { return one.level == level && one.name == name; });
  return found == told.end() ? nullptr : &*found;
}

std::string kept_metadata(Level level, std::string_view name) {
  return "(SELECT m.value FROM metadata m WHERE m.level = " + std::to_string(index_of(level)) +
         " AND m.row = " + std::string(table(level)) + ".id AND m.name = " + std::string(name) +
         ")";
}

}  // namespace dcmfs::detail
