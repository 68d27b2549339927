#include "rest/dicomweb/metadata.h"

#include "rest/dicomweb/base_url.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/error.h"
#include "rest/http/text_source.h"
#include "rest/services.h"
#include "store/dicom/dicom_json.h"

namespace dcmfs::rest {
namespace {

// So few are made before they are sent, so that they can be packed and have an ETag or a length.
constexpr std::size_t kHeldInstancesMax = 64;

std::string metadata_of(const OpenInstance& instance, std::string_view base) {
  Dataset dataset = instance.file.dicom().dataset;
  const Uids uids{.patient_id = {},
                  .study = dataset.text_or(tags::StudyInstanceUID, ""),
                  .series = dataset.text_or(tags::SeriesInstanceUID, ""),
                  .sop_instance = dataset.text_or(tags::SOPInstanceUID, "")};
  if (!instance.stored.transfer_syntax.empty())
    dataset.set_text(tags::AvailableTransferSyntaxUID, instance.stored.transfer_syntax);
  const auto url = retrieve_url(base, uids);
  return dicom_json(dataset, url.empty() ? url : url + "/bulkdata");
}

// The next piece of the list; what was removed meanwhile is left out.
class MetadataList {
 public:
  MetadataList(const Services& services, std::vector<RowId> rows, std::string base)
      : services_(services), rows_(std::move(rows)), base_(std::move(base)) {}

  Result<std::optional<std::string>> next() {
    if (closed_) return std::optional<std::string>();
    while (at_ < rows_.size()) {
      const auto instance = open_instance(services_, rows_[at_++]);
      if (!instance && instance.error().code == Errc::not_found) continue;
      if (!instance) return instance.error();
      std::string piece = first_ ? "[" : ",";
      first_ = false;
      return std::optional(piece + metadata_of(*instance, base_));
    }
    closed_ = true;
    return std::optional<std::string>(first_ ? "[]\n" : "]\n");
  }

 private:
  const Services& services_;
  std::vector<RowId> rows_;
  std::string base_;
  std::size_t at_ = 0;
  bool first_ = true, closed_ = false;
};

}  // namespace

Result<Response> retrieve_metadata(const Services& services, Request& request) {
  if (!takes_dicom_json(request)) return failure_response(not_acceptable(kDicomJson), request);
  DCMFS_TRY(auto rows, find_instances(services.store, uids_of_path(request)));
  auto base = base_url(services, request);
  Response response{.type = std::string(kDicomJson)};
  if (rows.size() == 1) {
    DCMFS_TRY(const auto stored, services.store.file(rows.front()));
    response.etag = etag_of_bytes(stored, "metadata " + base);
  }
  const bool is_held = rows.size() <= kHeldInstancesMax;
  const auto list = std::make_shared<MetadataList>(services, std::move(rows), std::move(base));
  if (!is_held) {
    response.body = Streamed{.source = std::make_unique<TextSource>([list] { return list->next(); }), .size = {}};
    return response;
  }
  std::string text;
  for (;;) {
    DCMFS_TRY(const auto piece, list->next());
    if (!piece) break;
    text += *piece;
  }
  response.body = std::move(text);
  return response;
}

}  // namespace dcmfs::rest
