// The identifier of a C-FIND request, as a data set or as JSON, and a data set that it is matched
// with.
#include "net/worklist.h"
#include "store/dicom/byte_source.h"
#include "store/dicom/json_reader.h"
#include "store/dicom/reader.h"
#include "store/dicom/recode.h"
#include "store/dicom/text.h"
#include "store/dicom/writer.h"
#include "store/find/find_request.h"
#include "tests/fuzz/target.h"

namespace dcmfs::fuzz {
namespace {

Result<Dataset> read_either(std::string_view bytes) {
  if (bytes.starts_with('{')) return read_json_dataset(bytes);
  const auto source = memory_source(bytes);
  DCMFS_TRY(auto file, read_dicom(*source));
  return std::move(file.dataset);
}

// Whether two data sets say the same, whatever their character sets.
bool same_text(const Dataset& a, const Dataset& b) {
  for (const Element& element : a) {
    if (!info(element.vr).character_set || !is_valid_utf8(element.value) ||
        element.value.find('\x1b') != std::string::npos)
      continue;
    if (a.text(element.tag) != b.text(element.tag)) return false;
  }
  return true;
}

std::string check_answer(const std::vector<MatchKey>& keys, const Dataset& dataset,
                         std::string_view character_set) {
  Dataset answer = selected(keys, dataset);
  answer.character_set = CharacterSet::utf8();
  const Dataset sent = in_character_set(answer, character_set);
  if (!same_text(answer, sent)) return "an answer that says something else";
  if (!encode_dataset(sent, *find_transfer_syntax(uids::ExplicitVRLittleEndian)))
    return "an answer that cannot be written";
  return "";
}

}  // namespace

std::string identifier(std::string_view bytes) {
  const auto parsed = read_either(bytes);
  if (!parsed) return parsed.error().message.empty() ? "no reason" : "";
  for (const auto model : {FindModel::patient_root, FindModel::study_root}) {
    const FindNegotiation all{true, true, true, true, true, true};
    for (const auto& negotiated : {FindNegotiation(), all}) {
      const auto request = parse_find_request(*parsed, model, negotiated);
      if (!request && request.error().message.empty()) return "no reason";
      if (request) (void)is_answer(*request, Resource(), &*parsed);
    }
  }
  const auto worklist = net::parse_worklist_request(*parsed, "");
  if (!worklist) return worklist.error().message.empty() ? "no reason" : "";
  (void)net::worklist_answer(*worklist, *parsed);
  return check_answer(worklist->keys, *parsed, worklist->character_set);
}

}  // namespace dcmfs::fuzz
