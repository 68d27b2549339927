#include "rest/instance_model.h"

#include "rest/base_url.h"
#include "store/dicom/dicom_json.h"
#include "store/dicom/native_model.h"

namespace dcmfs::rest {

std::string metadata_of(const OpenInstance& instance, std::string_view base, ModelForm form) {
  const Dataset& dataset = instance.file.dicom().dataset;
  const Uids uids{.patient_id = {},
                  .study = dataset.text_or(tags::StudyInstanceUID, ""),
                  .series = dataset.text_or(tags::SeriesInstanceUID, ""),
                  .sop_instance = dataset.text_or(tags::SOPInstanceUID, "")};
  Dataset also;
  if (!instance.stored.transfer_syntax.empty())
    also.set_text(tags::AvailableTransferSyntaxUID, instance.stored.transfer_syntax);
  auto url = retrieve_url(base, uids);
  if (!url.empty()) url += "/bulkdata";
  return form == ModelForm::json ? dicom_json(dataset, url, also) : native_dicom_model(dataset, url, also);
}

}  // namespace dcmfs::rest
