// A request to modify or to anonymize, a NUL, and the file that this is done to.
#include "store/dicom/confidentiality_profile.h"
#include "store/dicom/modify.h"
#include "store/dicom/reader.h"
#include "tests/fuzz/target.h"

namespace dcmfs::fuzz {
namespace {

struct Outcome {
  std::string wrong;  // "" if nothing is
  std::string bytes;  // "" if it was refused
};

// Small enough that some values stay on disk.
constexpr ReadOptions kOptions{.value_bytes_max = 64};

Outcome run_edit(const DicomFile& file, const Edit& edit) {
  const auto edited = apply(file, edit);
  if (!edited) return {edited.error().message.empty() ? "no reason" : "", ""};
  const auto parts = encode_with(file, edited->dataset);
  if (!parts) return {parts.error().message.empty() ? "no reason" : "", ""};
  Outcome outcome;
  const auto written = parts->write([&](std::string_view piece) -> Result<> {
    outcome.bytes += piece;
    return {};
  });
  if (!written) return {"what was whole could not be copied", ""};
  if (parts->size() && *parts->size() != std::ssize(outcome.bytes))
    outcome.wrong = "another size than promised";
  return outcome;
}

bool has_what_must_go(const Dataset& dataset, ProfileEdition edition) {
  for (const Element& element : dataset) {
    const ProfileRow* row = find_profile_row(element.tag, edition);
    if (element.tag.is_private() || (row != nullptr && row->action == ProfileAction::x))
      return true;
    for (const Dataset& item : element.items)
      if (has_what_must_go(item, edition)) return true;
  }
  return false;
}

bool asks_for_exceptions(const EditRequest& request) {
  return !request.keep.empty() || !request.replace.empty() || request.keep_private_tags;
}

// What came out is read, is whole, and stays the same when nothing is done to it.
std::string check_file(const std::string& bytes) {
  const auto source = memory_source(bytes);
  const auto file = read_dicom(*source, kOptions);
  if (!file) return "an edited file that is none: " + file.error().message;
  if (file->truncated) return "an edited file that ends too early";
  const Outcome again = run_edit(*file, {});
  if (!again.wrong.empty()) return again.wrong;
  return again.bytes == bytes ? "" : "an edited file that changes by itself";
}

}  // namespace

std::string edit(std::string_view bytes) {
  const std::size_t end = bytes.find('\0');
  if (end == std::string_view::npos) return "";
  const auto request = read_edit_request(bytes.substr(0, end), "FUZZ");
  if (!request) return request.error().message.empty() ? "no reason" : "";
  const std::string_view content = bytes.substr(end + 1);
  const auto source = memory_source(content);
  const auto file = read_dicom(*source, kOptions);
  if (!file) return "";

  const UidMap uids = UidMap::from_secret("fuzz");
  for (const EditLevel level : {EditLevel::patient, EditLevel::study, EditLevel::instance}) {
    const auto how = Modification::modify({.level = level}, *request, uids);
    if (!how) continue;
    const Outcome outcome = run_edit(*file, how->edit_of(file->dataset));
    if (!outcome.wrong.empty()) return outcome.wrong;
    if (outcome.bytes.empty()) continue;
    if (auto wrong = check_file(outcome.bytes); !wrong.empty()) return wrong;
  }
  const auto how = Modification::anonymize(
      {}, *request, uids, {.patient_id = "1", .patient_name = "A", .method = "", .options = {}});
  if (!how) return how.error().message.empty() ? "no reason" : "";
  const Outcome outcome = run_edit(*file, how->edit_of(file->dataset));
  if (!outcome.wrong.empty() || outcome.bytes.empty()) return outcome.wrong;
  if (auto wrong = check_file(outcome.bytes); !wrong.empty()) return wrong;
  const auto after_source = memory_source(outcome.bytes);
  const auto after = read_dicom(*after_source, kOptions);
  if (!asks_for_exceptions(*request) && has_what_must_go(after->dataset, request->edition))
    return "an anonymized file that has what the profile removes";
  return "";
}

}  // namespace dcmfs::fuzz
