#include "rest/dicomweb/search_parameters.h"

#include <algorithm>
#include <array>
#include <map>

#include "rest/dicomweb/stored_instances.h"
#include "store/attributes.h"
#include "store/dicom/match.h"
#include "store/dicom/text.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kSequencesMax = 7;  // in one path of an attribute

// PS3.18 tables 10.6.3-3 to 10.6.3-5.
struct Required {
  Level level;
  Tag tag;
};
constexpr Tag kRequestAttributesSequence{0x0040, 0x0275};
constexpr std::array kRequired{
    Required{Level::study, tags::StudyDate},
    Required{Level::study, tags::StudyTime},
    Required{Level::study, tags::AccessionNumber},
    Required{Level::study, tags::InstanceAvailability},
    Required{Level::study, tags::ModalitiesInStudy},
    Required{Level::study, tags::ReferringPhysicianName},
    Required{Level::study, tags::TimezoneOffsetFromUTC},
    Required{Level::study, tags::StudyDescription},
    Required{Level::study, tags::PatientName},
    Required{Level::study, tags::PatientID},
    Required{Level::study, tags::PatientBirthDate},
    Required{Level::study, tags::PatientSex},
    Required{Level::study, tags::StudyInstanceUID},
    Required{Level::study, tags::StudyID},
    Required{Level::study, tags::NumberOfStudyRelatedSeries},
    Required{Level::study, tags::NumberOfStudyRelatedInstances},
    Required{Level::series, tags::Modality},
    Required{Level::series, tags::TimezoneOffsetFromUTC},
    Required{Level::series, tags::SeriesDescription},
    Required{Level::series, tags::StudyInstanceUID},
    Required{Level::series, tags::SeriesInstanceUID},
    Required{Level::series, tags::SeriesNumber},
    Required{Level::series, tags::NumberOfSeriesRelatedInstances},
    Required{Level::series, tags::PerformedProcedureStepStartDate},
    Required{Level::series, tags::PerformedProcedureStepStartTime},
    Required{Level::series, kRequestAttributesSequence},
    Required{Level::instance, tags::SOPClassUID},
    Required{Level::instance, tags::SOPInstanceUID},
    Required{Level::instance, tags::InstanceAvailability},
    Required{Level::instance, tags::TimezoneOffsetFromUTC},
    Required{Level::instance, tags::StudyInstanceUID},
    Required{Level::instance, tags::SeriesInstanceUID},
    Required{Level::instance, tags::InstanceNumber},
    Required{Level::instance, tags::Rows},
    Required{Level::instance, tags::Columns},
    Required{Level::instance, tags::BitsAllocated},
    Required{Level::instance, tags::NumberOfFrames},
    Required{Level::instance, tags::AvailableTransferSyntaxUID},
};

// Of the query itself (PS3.18 8.3), not of attributes.
constexpr std::array<std::string_view, 8> kReserved{
    "includefield",       "fuzzymatching",        "limit", "offset", "accept", "charset",
    "emptyvaluematching", "multiplevaluematching"};

// "PatientName", "00100010", "RequestAttributesSequence.ScheduledProcedureStepID"; empty: none of that.
std::vector<Tag> sequence_path(std::string_view text) {
  std::vector<Tag> path;
  for (const auto part : split(text, '.')) {
    const auto tag = tag_of(part);
    if (!tag || tag->is_group_length() || tag->group <= 2 || path.size() > kSequencesMax) return {};
    if (!path.empty() && vr_of(path.back()) != Vr::SQ) return {};
    path.push_back(*tag);
  }
  return path;
}

// The data set that the last attribute of the path is in; sequences before it get their one item.
Dataset& below(Dataset& identifier, const std::vector<Tag>& path) {
  Dataset* at = &identifier;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    Element* sequence = at->find(path[i]);
    at = sequence != nullptr && !sequence->items.empty() ? &sequence->items.front()
                                                         : &at->add_item(path[i]);
    at->character_set = CharacterSet::utf8();
  }
  return *at;
}

void ask_for(Dataset& identifier, const std::vector<Tag>& path) {
  if (path.empty()) return;
  Dataset& at = below(identifier, path);
  if (at.contains(path.back())) return;
  Element asked;
  asked.tag = path.back();
  asked.vr = vr_of(path.back());
  at.set(std::move(asked));
}

// PS3.18 8.3.4.1: UIDs also by comma. CS has no commas in its values (PS3.5 6.2), so there it is taken, too.
std::string key_of(Vr vr, std::string value) {
  if (vr == Vr::UI || vr == Vr::CS) std::ranges::replace(value, ',', '\\');
  return value;
}

Result<> add_key(Dataset& identifier, const std::vector<Tag>& path, const std::string& value) {
  const Tag tag = path.back();
  // Also where a data set could not hold it: "abc" for a number.
  auto matcher = Matcher::parse(tag, value);
  if (!matcher) return std::move(matcher).error();
  Dataset& at = below(identifier, path);
  if (const auto before = at.text(tag); before && !before->empty())
    at.set_text(tag, *before + '\\' + value);
  else
    at.set_text(tag, value);
  return {};
}

// Whether a key for what the path says names another than that.
bool contradicts(const std::string& by_path, const std::string& key) {
  if (key.empty() || key == "*") return false;
  const auto listed = split(key, '\\');
  return std::ranges::none_of(listed, [&](std::string_view one) { return trim(one) == by_path; });
}

Result<> check_bounds(SearchParameters& out, const Request& request) {
  DCMFS_TRY(const auto limit, request.query.number("limit"));
  DCMFS_TRY(const auto offset, request.query.number("offset"));
  constexpr std::int64_t kOffsetMax = std::int64_t{1} << 40;
  if (limit) out.limit = std::min(*limit, kResultsMax);
  if (offset) out.offset = std::min(*offset, kOffsetMax);
  return {};
}

// PS3.18 8.3.4: "true" or "false"; false if it is not said.
Result<bool> is_true(const Parameters& query, std::string_view name) {
  const auto* said = query.find(name);
  if (said == nullptr || *said == "false") return false;
  if (*said == "true") return true;
  return Error{Errc::invalid_argument, std::string(name) + " must be true or false"};
}

}  // namespace

Result<SearchParameters> parse_search(const Request& request, Level level) {
  SearchParameters out;
  DCMFS_CHECK(check_bounds(out, request));
  DCMFS_TRY(out.how.fuzzy_names, is_true(request.query, "fuzzymatching"));
  DCMFS_TRY(out.how.empty_values, is_true(request.query, "emptyvaluematching"));
  DCMFS_TRY(out.how.multiple_values, is_true(request.query, "multiplevaluematching"));
  Dataset& identifier = out.identifier;
  identifier.character_set = CharacterSet::utf8();
  identifier.set_text(tags::QueryRetrieveLevel, info(level).query_retrieve);
  const NamedUids above = uids_of_path(request);
  std::map<Tag, std::string> by_path;
  for (const auto& [tag, uid] : {std::pair(tags::StudyInstanceUID, above.study),
                                 std::pair(tags::SeriesInstanceUID, above.series)}) {
    if (uid.empty()) continue;
    if (uid.find_first_of("\\*?\"") != uid.npos) return Error{Errc::not_found, "this is no UID"};
    identifier.set_text(tag, uid);
    by_path.emplace(tag, uid);
  }
  bool all = false;
  for (const auto& [name, value] : request.query.all()) {
    if (name == "includefield") {
      for (const auto field : split(value, ',')) {
        if (field == "all") all = true;
        ask_for(identifier, sequence_path(trim(field)));
      }
      continue;
    }
    if (std::ranges::find(kReserved, name) != kReserved.end()) continue;
    const auto path = sequence_path(name);
    if (path.empty()) {
      out.has_unknown = true;
    } else if (vr_of(path.back()) == Vr::SQ && value.empty()) {
      ask_for(identifier, path);
    } else if (const auto said = path.size() == 1 ? by_path.find(path.back()) : by_path.end();
               said != by_path.end()) {
      out.has_contradiction =
          out.has_contradiction || contradicts(said->second, key_of(Vr::UI, value));
    } else {
      DCMFS_CHECK(add_key(identifier, path, key_of(vr_of(path.back()), value)));
    }
  }
  // Where the path does not say which study or series it is, the answer tells of it, too.
  for (const Required& required : kRequired) {
    const bool told_by_path = (required.level == Level::study && !above.study.empty()) ||
                              (required.level == Level::series && !above.series.empty());
    if (required.level == level || (required.level < level && !told_by_path))
      ask_for(identifier, {required.tag});
  }
  if (all)
    for (const Attribute& attribute : attributes())
      if (attribute.level <= level) ask_for(identifier, {attribute.tag});
  return out;
}

}  // namespace dcmfs::rest
