#include "rest/dicomweb/metadata.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <system_error>
#include <thread>

#include "rest/dicomweb/base_url.h"
#include "rest/dicomweb/metadata_texts.h"
#include "rest/dicomweb/multipart_source.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/error.h"
#include "rest/http/text_source.h"
#include "rest/services.h"
#include "store/dicom/dicom_json.h"
#include "store/dicom/native_model.h"

namespace dcmfs::rest {
namespace {

// So few are made before they are sent, so that they can be packed and have an ETag or a length.
constexpr std::size_t kHeldInstancesMax = 64;
constexpr std::size_t kPieceInstances = 64;  // made at a time, by so many threads:
constexpr unsigned kThreadsMax = 4;
// Longer lists would drive out what others ask for, and themselves.
constexpr std::size_t kRememberedInstancesMax = 2000;

using Text = std::shared_ptr<const std::string>;

// Null: it was removed meanwhile.
Result<Text> text_of(const Services& services, RowId row, const std::string& base, MetadataTexts* remembered) {
  auto stored = services.store.file(row);
  if (!stored && stored.error().code == Errc::not_found) return Text();
  if (!stored) return std::move(stored).error();
  if (auto kept = remembered ? remembered->find(*stored, base) : nullptr) return kept;
  auto file = InstanceFile::open(services, row);
  if (!file && file.error().code == Errc::not_found) return Text();
  if (!file) return std::move(file).error();
  const OpenInstance instance{*std::move(stored), *std::move(file)};
  auto text = std::make_shared<const std::string>(metadata_of(instance, base, ModelForm::json));
  if (!remembered) return text;
  // Not of a file that came in its place meanwhile.
  const auto after = services.store.file(row);
  if (after && after->sha256 == instance.stored.sha256) remembered->keep(*after, base, text);
  return text;
}

// The list in pieces, each made by several threads.
class MetadataList {
 public:
  MetadataList(const Services& services, std::vector<RowId> rows, std::string base)
      : services_(services),
        rows_(std::move(rows)),
        base_(std::move(base)),
        remembered_(rows_.size() <= kRememberedInstancesMax ? services.metadata_texts : nullptr) {}

  Result<std::optional<std::string>> next() {
    if (closed_) return std::optional<std::string>();
    std::string piece;
    if (at_ == rows_.size()) {
      closed_ = true;
      return std::optional<std::string>(first_ ? "[]\n" : "]\n");
    }
    const auto rows = std::span(rows_).subspan(at_, std::min(kPieceInstances, rows_.size() - at_));
    at_ += rows.size();
    DCMFS_TRY(const auto texts, texts_of_all(rows));
    for (const Text& text : texts) {
      if (text == nullptr) continue;
      piece += first_ ? '[' : ',';
      first_ = false;
      piece += *text;
    }
    return std::optional(std::move(piece));
  }

 private:
  Result<std::vector<Text>> texts_of_all(std::span<const RowId> rows) const {
    std::vector<Result<Text>> made(rows.size(), Text());
    std::atomic<std::size_t> taken = 0;
    const auto work = [&] {
      for (std::size_t i; (i = taken++) < rows.size();) {
        try {
          made[i] = text_of(services_, rows[i], base_, remembered_);
        } catch (const std::exception&) {  // no memory
          made[i] = Error{Errc::too_large, "not enough memory"};
        }
      }
    };
    {
      std::vector<std::jthread> threads;
      const auto count = std::min<std::size_t>(std::clamp(std::thread::hardware_concurrency(), 1u, kThreadsMax), rows.size());
      try {
        while (threads.size() + 1 < count) threads.emplace_back(work);
      } catch (const std::system_error&) {  // no more threads: those that there are do it
      }
      work();
    }
    std::vector<Text> texts;
    for (auto& one : made) {
      if (!one) return std::move(one).error();
      texts.push_back(*std::move(one));
    }
    return texts;
  }

  const Services& services_;
  std::vector<RowId> rows_;
  std::string base_;
  MetadataTexts* const remembered_;
  std::size_t at_ = 0;
  bool first_ = true, closed_ = false;
};

// Each instance is a part.
Response documents(const Services& services, std::vector<RowId> rows, std::string base) {
  return multipart_response(kDicomXml, [&services, rows = std::move(rows), base = std::move(base),
                                        at = std::size_t{0}]() mutable -> Result<std::optional<OutgoingPart>> {
    while (at < rows.size()) {
      const auto instance = open_instance(services, rows[at++]);
      if (instance) return std::optional(part_of(metadata_of(*instance, base, ModelForm::xml), std::string(kDicomXml)));
      if (instance.error().code != Errc::not_found) return instance.error();  // else removed meanwhile
    }
    return std::optional<OutgoingPart>();
  });
}

}  // namespace

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

Result<Response> retrieve_metadata(const Services& services, Request& request) {
  const auto form = model_form(request);
  if (!form) return failure_response(not_acceptable(kModelForms), request);
  DCMFS_TRY(auto rows, find_instances(services.store, uids_of_path(request)));
  auto base = base_url(services, request);
  if (*form == ModelForm::xml) return documents(services, std::move(rows), std::move(base));
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
