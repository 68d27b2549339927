#include "rest/dicomweb/store_report.h"

#include "rest/base_url.h"
#include "store/dicom/dicom_json.h"
#include "store/dicom/native_model.h"

namespace dcmfs::rest {
namespace {

constexpr Tag kStoredAtUrl{0x0008, 0x1190}, kWarningReason{0x0008, 0x1196},
    kOtherFailuresSequence{0x0008, 0x119a};

}  // namespace

FailureReason failure_reason(Errc code) {
  using enum FailureReason;
  switch (code) {
    case Errc::already_exists:
      return duplicate_instance;
    case Errc::not_dicom:
    case Errc::corrupt:
    case Errc::invalid_argument:
      return cannot_understand;
    case Errc::not_supported:
      return sop_class_not_supported;
    case Errc::too_large:
    case Errc::no_space:
    case Errc::over_quota:
      return out_of_resources;
    case Errc::denied:
      return not_authorized;
    case Errc::not_found:
    case Errc::io:
    case Errc::busy:
    case Errc::cancelled:
    case Errc::timed_out:
      return processing_failure;
  }
  return processing_failure;
}

NamedInstance named_in(const Dataset& dataset) {
  return {uids_in(dataset), dataset.text_or(tags::SOPClassUID, "")};
}

StoreReport::StoreReport(std::string base) : base_(std::move(base)) {
  answer_.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
}

void StoreReport::stored(const NamedInstance& who, WarningReason warning) {
  ++stored_;
  Dataset& item = answer_.add_item(tags::ReferencedSOPSequence);
  item.set_text(tags::ReferencedSOPClassUID, who.sop_class);
  item.set_text(tags::ReferencedSOPInstanceUID, who.uids.sop_instance);
  item.set_text(kStoredAtUrl, Vr::UR, retrieve_url(base_, who.uids));
  if (warning != WarningReason::none) {
    ++warned_;
    item.set_number(kWarningReason, static_cast<int>(warning));
  }
  Uids study{.patient_id = {}, .study = who.uids.study, .series = {}, .sop_instance = {}};
  if (study_.study.empty()) study_ = study;
  one_study_ = one_study_ && study_ == study;
}

void StoreReport::failed(const std::optional<NamedInstance>& who, FailureReason reason) {
  ++failed_;
  const bool is_named = who && !who->uids.sop_instance.empty() && !who->sop_class.empty();
  Dataset& item = answer_.add_item(is_named ? tags::FailedSOPSequence : kOtherFailuresSequence);
  if (is_named) {
    item.set_text(tags::ReferencedSOPClassUID, who->sop_class);
    item.set_text(tags::ReferencedSOPInstanceUID, who->uids.sop_instance);
  }
  item.set_number(tags::FailureReason, static_cast<int>(reason));
}

Response StoreReport::response(ModelForm form) && {
  // Type 2 (PS3.18 table I.1-1): empty where there is none of one study.
  answer_.set_text(kStoredAtUrl, Vr::UR,
                   stored_ > 0 && one_study_ ? retrieve_url(base_, study_) : "");
  const int status = stored_ == 0 && failed_ > 0 ? 409 : failed_ > 0 || warned_ > 0 ? 202 : 200;
  if (form == ModelForm::xml)
    return {.status = status, .type = std::string(kDicomXml), .body = native_dicom_model(answer_)};
  return {.status = status, .type = std::string(kDicomJson), .body = dicom_json(answer_) + '\n'};
}

}  // namespace dcmfs::rest
