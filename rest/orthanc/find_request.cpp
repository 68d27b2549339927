#include "rest/orthanc/find_request.h"

#include <algorithm>
#include <chrono>

#include "rest/http/json.h"
#include "rest/http/media_type.h"
#include "rest/orthanc/resource_id.h"
#include "store/dicom/match.h"
#include "store/labels.h"
#include "store/number.h"

namespace dcmfs::rest {
namespace {

using namespace orthanc_errors;

Error bad(std::string message) {
  return {Errc::invalid_argument, std::move(message)};
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

enum class DayOf : std::uint8_t { first, last };

// A year or a month as its first or last day; anything else is left to the matcher.
std::string day_of(std::string_view date, DayOf which) {
  std::string text(date);
  if (!is_digits(date) || (date.size() != 4 && date.size() != 6)) return text;
  if (date.size() == 4) text += which == DayOf::first ? "01" : "12";
  if (which == DayOf::first) return text + "01";
  using namespace std::chrono;
  const year_month month{year(*parse_whole<int>(text.substr(0, 4))),
                         std::chrono::month(*parse_whole<unsigned>(text.substr(4)))};
  if (!month.ok()) return text;
  return text + std::to_string(static_cast<unsigned>((month / std::chrono::last).day()));
}

// Orthanc compares dates as texts, so clients write "1990-" and "199003-199104". DICOM has no such dates
// (PS3.5 6.2), so the search gets days: from the first one of what is before the hyphen, to the last one of
// what is behind it.
std::string in_days(std::string_view key) {
  std::string days;
  for (bool more = true; more;) {
    const auto end = key.find('\\');
    auto one = key.substr(0, end);
    more = end != key.npos;
    if (more) key.remove_prefix(end + 1);
    one = trimmed(one);
    const auto hyphen = one.find('-');
    if (hyphen == one.npos) {
      const auto first = day_of(one, DayOf::first);
      days += first == one ? first : first + '-' + day_of(one, DayOf::last);
    } else {
      days += day_of(one.substr(0, hyphen), DayOf::first) + '-' +
              day_of(one.substr(hyphen + 1), DayOf::last);
    }
    if (more) days += '\\';
  }
  return days;
}

// What a VR does not allow, Orthanc compares as text: "2004*" for a date, "1.2.*" for a UID.
Result<Matcher> matcher_of(Vr vr, std::string_view key, const MatchRules& rules) {
  auto parsed = Matcher::parse(vr, vr == Vr::DA ? in_days(key) : std::string(key), rules);
  if (parsed || !has_wildcard(key)) return parsed;
  return Matcher::parse(Vr::LO, key, rules);
}

Result<Vr> searched_vr(Tag tag, const std::string& name) {
  const Vr vr = vr_of(tag);
  if (vr == Vr::SQ) return bad("\"" + name + "\" is a sequence, which cannot be searched");
  return vr;
}

Result<> read_metadata(const Json::Value& body, const MatchRules& rules, Query& query) {
  const Json::Value& asked = body["MetadataQuery"];
  if (asked.isNull()) return {};
  if (!asked.isObject()) return bad("\"MetadataQuery\" must be an object");
  for (const std::string& name : asked.getMemberNames()) {
    if (!asked[name].isString()) return bad("\"MetadataQuery\" must have texts");
    DCMFS_TRY(auto matcher, Matcher::parse(Vr::UT, asked[name].asString(), rules));
    query.metadata.push_back({name, std::move(matcher)});
  }
  return {};
}

Result<> read_labels(const Json::Value& body, Query& query) {
  DCMFS_TRY(auto labels, json_strings(body, "Labels"));
  DCMFS_TRY(const auto how, json_string(body, "LabelsConstraint", "All"));
  using How = Query::Labelled::How;
  const std::pair<std::string_view, How> kConstraints[] = {
      {"All", How::all}, {"Any", How::any}, {"None", How::none}};
  const auto found = std::ranges::find(kConstraints, how, [](const auto& of) { return of.first; });
  if (found == std::end(kConstraints)) return bad("\"LabelsConstraint\" must be All, Any or None");
  if (!labels.empty() || found->second == How::none)
    query.labelled = {std::move(labels), found->second};
  return {};
}

struct OrderType {
  std::string_view name;
  bool is_metadata;
  Query::Order::As as;
};
constexpr OrderType kOrderTypes[] = {
    {"DicomTag", false, Query::Order::As::itself},
    {"DicomTagAsInt", false, Query::Order::As::integer},
    {"DicomTagAsFloat", false, Query::Order::As::real},
    {"Metadata", true, Query::Order::As::itself},
    {"MetadataAsInt", true, Query::Order::As::integer},
    {"MetadataAsFloat", true, Query::Order::As::real},
};

Result<> read_order(const Json::Value& body, Query& query) {
  const Json::Value& asked = body["OrderBy"];
  if (asked.isNull()) return {};
  if (!asked.isArray()) return bad("\"OrderBy\" must be a list");
  for (const Json::Value& each : asked) {
    if (!each.isObject()) return bad("\"OrderBy\" must be a list of objects");
    DCMFS_TRY(const auto named, json_string(each, "Type", "DicomTag"));
    DCMFS_TRY(const auto key, json_string(each, "Key", ""));
    DCMFS_TRY(const auto direction, json_string(each, "Direction", "ASC"));
    if (direction != "ASC" && direction != "DESC") return bad("\"Direction\" must be ASC or DESC");
    const auto* type = std::ranges::find(kOrderTypes, named, &OrderType::name);
    if (type == std::end(kOrderTypes))
      return bad("\"Type\" must be DicomTag or Metadata, or one of them with AsInt or AsFloat");
    Query::Order order{.tag = {}, .descending = direction == "DESC", .as = type->as};
    if (type->is_metadata) {
      order.metadata = key;
    } else {
      const auto tag = tag_of(key);
      if (!tag) return bad("\"OrderBy\" names an unknown tag");
      order.tag = *tag;
    }
    query.order_by.push_back(std::move(order));
  }
  return {};
}

// False: one of them is not there.
Result<bool> read_parents(const Services& services, const Json::Value& body, Query& query) {
  for (const LevelInfo& of : kLevels) {
    const std::string member = "Parent" + std::string(of.title);
    DCMFS_TRY(const auto id, json_string(body, member.c_str(), ""));
    if (id.empty()) continue;
    if (of.level > query.level) return bad('"' + member + "\" is below what is searched");
    auto found = find_resource(services, of.level, id);
    if (!found && found.error().code == Errc::not_found) return false;
    if (!found) return found.error();
    // The lowest that is named decides: it has the others above it, or should. One of the level that is searched is
    // the only one that can be found.
    query.below = *found;
  }
  return true;
}

Result<std::optional<Query>> read_rest(const Services& services, const Json::Value& body,
                                       const MatchRules& rules, Query query) {
  DCMFS_TRY(query.offset, json_number(body, "Since", 0));
  DCMFS_TRY(query.limit, json_number(body, "Limit", 0));
  if (query.offset < 0 || query.limit < 0)
    return bad("\"Since\" and \"Limit\" must not be negative");
  DCMFS_CHECK(read_metadata(body, rules, query));
  DCMFS_CHECK(read_labels(body, query));
  DCMFS_CHECK(read_order(body, query));
  DCMFS_TRY(const bool there, read_parents(services, body, query));
  if (!there) return std::optional<Query>();
  return std::optional(std::move(query));
}

}  // namespace

std::variant<std::optional<Query>, Failure> find_request(const Services& services,
                                                         const Json::Value& body) {
  Query query;
  const Json::Value& level = body["Level"];
  if (!level.isString())
    return Failure{400, kBadRequest, "Field \"Level\" is missing, or should be a string"};
  const auto named = level_named(level.asString());
  if (!named) return Failure{400, kOutOfRange, named.error().message};
  query.level = *named;

  const Json::Value& where = body["Query"];
  if (!where.isObject())
    return Failure{400, kBadRequest, "Field \"Query\" is missing, or should be a JSON object"};
  const auto sensitive = json_bool(body, "CaseSensitive", false);
  if (!sensitive) return failure_of(sensitive.error());
  const MatchRules rules{.ignore_case = !*sensitive, .exact_names = *sensitive};
  for (const std::string& name : where.getMemberNames()) {
    const auto tag = tag_of(name);
    if (!tag) return Failure{400, kUnknownTag, "\"" + name + "\" is no DICOM tag"};
    if (!where[name].isString())
      return Failure{400, kBadRequest, "Tag \"" + name + "\" should be associated with a string"};
    const auto vr = searched_vr(*tag, name);
    if (!vr) return failure_of(vr.error());
    auto matcher = matcher_of(*vr, where[name].asString(), rules);
    if (!matcher) return failure_of(matcher.error());
    query.where.push_back({*tag, *std::move(matcher)});
  }
  auto rest = read_rest(services, body, rules, std::move(query));
  if (!rest) return failure_of(rest.error());
  return *std::move(rest);
}

}  // namespace dcmfs::rest
