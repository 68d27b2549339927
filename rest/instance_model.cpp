#include "rest/instance_model.h"

#include "rest/base_url.h"
#include "store/dicom/dicom_json.h"
#include "store/dicom/native_model.h"

namespace dcmfs::rest {

std::string metadata_of(const OpenInstance& instance, std::string_view base, ModelForm form) {
  const Dataset& dataset = instance.file.dicom().dataset;
  Dataset also;
  if (!instance.stored.transfer_syntax.empty())
    also.set_text(tags::AvailableTransferSyntaxUID, instance.stored.transfer_syntax);
  auto url = instance_url(base, dataset);
  if (!url.empty()) url += "/bulkdata";
  return form == ModelForm::json ? dicom_json(dataset, url, also)
                                 : native_dicom_model(dataset, url, also);
}

}  // namespace dcmfs::rest
