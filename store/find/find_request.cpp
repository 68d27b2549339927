#include "store/find/find_request.h"

#include <algorithm>
#include <utility>

#include "store/attributes.h"
#include "store/dicom/text.h"

namespace dcmfs {
namespace {

Error refused(std::string why) {
  return {Errc::invalid_argument, std::move(why)};
}

Result<Level> level_of_request(const Dataset& identifier, const ModelLevels& model) {
  const auto named = identifier.text_or(tags::QueryRetrieveLevel, "");
  if (named.empty()) return refused("QueryRetrieveLevel is missing");
  for (const LevelInfo& level : kLevels)
    if (level.query_retrieve == named && model.has(level.level)) return level.level;
  return refused("QueryRetrieveLevel is none of this information model");
}

// PS3.4 C.4.1.2.1
Result<> check_hierarchy(const Dataset& identifier, Level level, const ModelLevels& model) {
  for (const LevelInfo& of : kLevels) {
    const std::string keyword = keyword_of(of.unique_key);
    const auto text = identifier.text(of.unique_key);
    if (of.level >= model.top && of.level < level) {
      if (!text || text->empty()) return refused(keyword + " of a level above is missing");
      if (has_wildcard(*text) || text->find('\\') != std::string::npos)
        return refused(keyword + " of a level above is not a single value");
    } else if (of.level > level && text) {
      return refused(keyword + " is of a level below");
    }
  }
  return {};
}

// What describes the request and is never matched (PS3.4 C.4.1.1.3.1).
bool is_about_the_request(Tag tag) {
  return tag == tags::QueryRetrieveLevel || tag == tags::QueryRetrieveView;
}

class RequestParser {
 public:
  RequestParser(const FindNegotiation& negotiated, Level level, LowerLevels lower_levels)
      : negotiated_(negotiated) {
    request_.lower_levels = lower_levels;
    request_.query.level = level;
    request_.query.totals = Query::Totals::none;
  }

  Result<FindRequest> parse(const Dataset& identifier) {
    MatchRules rules;
    rules.fuzzy_names = negotiated_.fuzzy_names;
    DCMFS_TRY(const auto keys, parse_keys(identifier, rules));
    request_.character_set = identifier.text_or(tags::SpecificCharacterSet, "");
    if (negotiated_.timezone) offset_ = identifier.text_or(tags::TimezoneOffsetFromUTC, "");
    request_.timezone = !offset_.empty();
    for (const MatchKey& key : keys) {
      if (is_about_the_request(key.tag)) continue;
      add_answer(key);
      DCMFS_CHECK(add_condition(key, keys));
    }
    if (request_.query.where.size() + request_.by_dataset.size() > kConditionsMax)
      return Error{Errc::too_large, "the identifier has too many keys with values"};
    return std::move(request_);
  }

 private:
  using Source = FindRequest::Source;

  // Of whole studies the standard knows ModalitiesInStudy alone, but many ask for Modality.
  bool means_modalities_in_study(Tag tag) const {
    return tag == tags::Modality && request_.query.level < Level::series;
  }

  Source source_of(const MatchKey& key) const {
    if (!key.is_supported) return Source::nowhere;
    if (key.tag == tags::RetrieveAETitle) return Source::ourselves;
    if (key.tag == tags::AvailableTransferSyntaxUID)
      return request_.query.level == Level::instance ? Source::ourselves : Source::nowhere;
    const Tag tag = means_modalities_in_study(key.tag) ? tags::ModalitiesInStudy : key.tag;
    const auto level = level_of(tag);
    if (level && *level <= request_.query.level) return Source::index;
    if (level && (request_.lower_levels == LowerLevels::left_out || is_computed(tag)))
      return Source::nowhere;
    return Source::dataset;
  }

  void add_answer(const MatchKey& key) {
    FindRequest::AnswerKey answer{key, source_of(key), key.tag};
    if (means_modalities_in_study(key.tag)) answer.index_tag = tags::ModalitiesInStudy;
    if (answer.source == Source::nowhere) request_.all_supported = false;
    if (answer.source == Source::dataset) request_.reads_dataset = true;
    if (answer.source == Source::index && is_computed(answer.index_tag))
      request_.query.also.push_back(answer.index_tag);
    request_.keys.push_back(std::move(answer));
  }

  Result<> add_condition(const MatchKey& key, const std::vector<MatchKey>& all) {
    if (key.is_universal() || key.tag == tags::TimezoneOffsetFromUTC) return {};
    if (key.tag == tags::RetrieveAETitle || key.tag == tags::AvailableTransferSyntaxUID) {
      request_.all_supported = false;  // answered, but not matched
      return {};
    }
    if (is_a_property(key.tag) && add_moment(key, all)) return {};
    DCMFS_CHECK(check_matched_alone(key));
    const Tag tag = means_modalities_in_study(key.tag) ? tags::ModalitiesInStudy : key.tag;
    if (!level_of(tag)) {  // the store would read the file, too, and the answer once more
      request_.by_dataset.push_back(key);
      request_.reads_dataset = true;
      return {};
    }
    request_.query.where.push_back({tag, *key.matcher});
    return {};
  }

  // Of the level that is asked for, or of one above it: there is one value.
  bool is_a_property(Tag tag) const {
    const auto level = level_of(tag);
    return !level || *level <= request_.query.level;
  }

  // False: it is matched alone.
  bool add_moment(const MatchKey& key, const std::vector<MatchKey>& all) {
    const auto add = [&](std::optional<MomentKey> moment, Tag date) {
      if (!moment) return false;
      if (!level_of(date)) request_.reads_dataset = true;
      request_.moments.push_back(*std::move(moment));
      return true;
    };
    if (key.vr == Vr::DT) return add(MomentKey::of(key.tag, key.text, offset_), key.tag);
    const MomentPair* pair = find_moment_pair(key.tag);
    if (pair == nullptr) return false;
    const auto text_of = [&](Tag tag) {
      const auto found = std::ranges::find(all, tag, &MatchKey::tag);
      return found == all.end() || found->is_universal() ? "" : found->text;
    };
    const MomentKey::Asked asked{text_of(pair->date), text_of(pair->time), offset_,
                                 negotiated_.combined_date_time};
    auto moment = MomentKey::of(*pair, asked);
    if (!moment) return false;
    // Both keys come here. The date, which is first, brings the time along.
    if (key.tag == pair->time && !asked.date.empty()) return true;
    const std::string dates = moment->dates();
    if (auto matcher = Matcher::parse(Vr::DA, dates);
        level_of(pair->date) && matcher && !matcher->universal())
      request_.query.where.push_back({pair->date, *std::move(matcher)});
    return add(std::move(moment), pair->date);
  }

  const FindNegotiation& negotiated_;
  std::string offset_;
  FindRequest request_;
};

}  // namespace

ModelLevels levels_of(FindModel model) {
  switch (model) {
    case FindModel::patient_root:
      return {Level::patient, Level::instance};
    case FindModel::study_root:
      return {Level::study, Level::instance};
    case FindModel::patient_study_only:
      return {Level::patient, Level::study};
  }
  return {Level::patient, Level::instance};
}

Result<FindRequest> parse_find_request(const Dataset& identifier, FindModel model,
                                       const FindNegotiation& negotiated, Hierarchy hierarchy,
                                       LowerLevels lower_levels) {
  const ModelLevels of = levels_of(model);
  DCMFS_TRY(const Level level, level_of_request(identifier, of));
  if (hierarchy == Hierarchy::strict && !negotiated.relational)
    DCMFS_CHECK(check_hierarchy(identifier, level, of));
  return RequestParser(negotiated, level, lower_levels).parse(identifier);
}

bool is_answer(const FindRequest& request, const Resource& resource, const Dataset* dataset) {
  if (dataset != nullptr && !matches(request.by_dataset, *dataset)) return false;
  const auto value_of = [&](Tag tag) -> std::optional<std::string> {
    const auto indexed = resource.attributes.find(tag);
    if (indexed != resource.attributes.end()) return indexed->second;
    return dataset != nullptr && !level_of(tag) ? dataset->text(tag) : std::nullopt;
  };
  return std::ranges::all_of(request.moments,
                             [&](const MomentKey& key) { return key.matches(value_of); });
}

}  // namespace dcmfs
