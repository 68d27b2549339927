#include "store/find/find_answer.h"

#include "store/dicom/recode.h"

namespace dcmfs {
namespace {

Element empty_element(const MatchKey& key) {
  Element element;
  element.tag = key.tag;
  element.vr = key.vr;
  return element;
}

void set_indexed(Dataset& answer, const FindRequest::AnswerKey& of, const Resource& resource) {
  const auto found = resource.attributes.find(of.index_tag);
  if (found == resource.attributes.end()) {
    answer.set(empty_element(of.key));
  } else {
    answer.set_text(of.key.tag, of.key.vr, found->second);
  }
}

}  // namespace

Dataset find_answer(const FindRequest& request, const FoundResource& found,
                    std::string_view our_aet) {
  const Resource& resource = found.resource;
  const LevelInfo& level = info(request.query.level);
  Dataset answer;
  for (const FindRequest::AnswerKey& of : request.keys) {
    switch (of.source) {
      case FindRequest::Source::index:
        set_indexed(answer, of, resource);
        break;
      case FindRequest::Source::dataset:
        answer.set(found.dataset != nullptr ? selected(of.key, *found.dataset)
                                            : empty_element(of.key));
        break;
      case FindRequest::Source::ourselves:
        if (of.key.tag == tags::AvailableTransferSyntaxUID)
          answer.set_text(of.key.tag, found.transfer_syntax);
        break;
      case FindRequest::Source::nowhere:
        break;
    }
  }
  answer.set_text(tags::QueryRetrieveLevel, level.query_retrieve);
  answer.set_text(tags::RetrieveAETitle, our_aet);
  answer.set_text(level.unique_key, uid_of(resource.uids, level.level));
  // Times stand as they were stored, in the zone that their object names.
  if (request.timezone) {
    const auto zone = resource.attributes.find(tags::TimezoneOffsetFromUTC);
    if (zone != resource.attributes.end() && !zone->second.empty())
      answer.set_text(tags::TimezoneOffsetFromUTC, zone->second);
    else
      answer.erase(tags::TimezoneOffsetFromUTC);
  }
  return in_character_set(answer, request.character_set);
}

}  // namespace dcmfs
