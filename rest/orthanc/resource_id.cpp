#include "rest/orthanc/resource_id.h"

#include <algorithm>
#include <cstdio>

#include "rest/http/hexadecimal.h"
#include "store/dicom/json_writer.h"
#include "store/dicom/text.h"

namespace dcmfs::rest {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return 'a' <= c && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return out;
}

}  // namespace

Result<Key> find_resource(const Services& services, Level level, std::string_view id) {
  const auto parsed = ResourceId::parse(id);
  if (!parsed)
    return Error{Errc::not_found, "there is no such " + std::string(info(level).singular)};
  return services.store.key(level, *parsed);
}

Result<Key> find_resource(const Services& services, std::string_view id) {
  for (const LevelInfo& of : kLevels) {
    auto found = find_resource(services, of.level, id);
    if (found || found.error().code != Errc::not_found) return found;
  }
  return Error{Errc::not_found, "there is no such resource"};
}

Result<Level> level_named(std::string_view word) {
  const std::string wanted = upper(word);
  for (const LevelInfo& of : kLevels)
    if (wanted == upper(of.singular) || wanted == upper(of.plural) || wanted == of.query_retrieve ||
        wanted == std::string(of.query_retrieve) + 'S')
      return of.level;
  return Error{Errc::invalid_argument, "the level must be Patient, Study, Series or Instance"};
}

std::string_view plural_title(Level level) {
  constexpr std::string_view kTitles[] = {"Patients", "Studies", "Series", "Instances"};
  return kTitles[index_of(level)];
}

std::string path_of(Level level, const ResourceId& id) {
  return '/' + std::string(info(level).plural) + '/' + id.str();
}

void write_id(JsonWriter& json, const ResourceId& id) {
  const auto text = id.dashed();
  json.text({text.data(), text.size()});
}

void write_reference(JsonWriter& json, Level level, const ResourceId& id) {
  json.member("ID", id.str()).member("Path", path_of(level, id)).member("Type", info(level).title);
}

// Rows are never given twice, and bytes never change under one.
std::string file_uuid(RowId instance, const ResourceId& id) {
  const auto high = static_cast<std::uint64_t>(id.prefix());
  const auto low = static_cast<std::uint64_t>(value(instance));
  return uuid_text(high, low);
}

std::string time_text(Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  char text[40];
  std::snprintf(text, sizeof text, "%04d%02u%02uT%02d%02d%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace dcmfs::rest
