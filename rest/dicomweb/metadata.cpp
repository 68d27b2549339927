#include "rest/dicomweb/metadata.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <system_error>
#include <thread>

#include "rest/base_url.h"
#include "rest/dicomweb/metadata_keeper.h"
#include "rest/dicomweb/metadata_pack.h"
#include "rest/dicomweb/multipart_source.h"
#include "rest/dicomweb/negotiation.h"
#include "rest/dicomweb/stored_instances.h"
#include "rest/http/error.h"
#include "rest/http/text_source.h"
#include "rest/instance_model.h"
#include "rest/services.h"
#include "store/dicom/json.h"
#include "store/guarded.h"

namespace dcmfs::rest {
namespace {

// So few are made before they are sent, so that they can be packed and have an ETag or a length.
constexpr std::size_t kHeldInstancesMax = 64;
constexpr std::size_t kPieceInstances = 64;  // made at a time, by so many threads:
constexpr unsigned kThreadsMax = 4;

constexpr std::string_view kUriMember = "\"BulkDataURI\":\"";

// The URIs in a text that was made without a base get one. The member is found nowhere else: in a value the
// quotes would be escaped.
void append_with_base(std::string& out, std::string_view text, std::string_view quoted_base) {
  for (std::size_t at; (at = text.find(kUriMember)) != text.npos;) {
    out += text.substr(0, at + kUriMember.size());
    out += quoted_base;
    text.remove_prefix(at + kUriMember.size());
  }
  out += text;
}

// What was packed of series, read block by block. The files of a few series are open at a time, for a study may
// have thousands, and their instances come mostly one series after the other.
class PackedMetadata {
 public:
  static constexpr std::size_t kOpenMax = 4;

  explicit PackedMetadata(const Store& store) : store_(store) {}

  // Null: it is in none. Valid until the next call.
  Result<const std::string*> find(const StoredFile& stored, std::string_view quoted_base) {
    // Mostly it is where the one before it was.
    auto* one = opened_.empty() ? nullptr : &opened_.front();
    auto number = one != nullptr && one->pack ? one->pack->find(stored) : std::nullopt;
    if (!number) {
      DCMFS_TRY(one, of_series_of(stored.instance));
      number = one->pack ? one->pack->find(stored) : std::nullopt;
    }
    if (!number) return nullptr;
    const auto block = one->pack->block_of(*number);
    if (one->block != block) {
      auto unpacked = one->pack->unpack(block);
      if (!unpacked) return nullptr;
      one->block = block;
      one->unpacked = *std::move(unpacked);
    }
    text_.clear();
    append_with_base(text_, one->pack->text(*number, one->unpacked), quoted_base);
    return &text_;
  }

 private:
  struct Opened {
    RowId series{};
    std::optional<MetadataPack> pack;  // nullopt: it has none
    std::optional<std::size_t> block;  // that `unpacked` is
    std::string unpacked;
  };
  Result<Opened*> of_series_of(RowId instance) {
    DCMFS_TRY(const auto entry, store_.entry(Key{Level::instance, instance}));
    const auto found = std::ranges::find(opened_, entry.parent.row, &Opened::series);
    if (found != opened_.end()) {
      opened_.splice(opened_.begin(), opened_, found);
    } else {
      Opened one{.series = entry.parent.row, .pack = {}, .block = {}, .unpacked = {}};
      if (auto blob = store_.derived().open(DerivedFiles::Kind::series_metadata, one.series))
        if (auto pack = MetadataPack::open(*std::move(blob))) one.pack = *std::move(pack);
      opened_.push_front(std::move(one));
      if (opened_.size() > kOpenMax) opened_.pop_back();
    }
    return &opened_.front();
  }

  const Store& store_;
  std::list<Opened> opened_;  // used last first
  std::string text_;
};

// "" : it was removed meanwhile.
Result<std::string> text_of(const Services& services, const StoredFile& stored,
                            const std::string& base) {
  auto file = InstanceFile::open(services, stored.instance);
  if (!file && file.error().code == Errc::not_found) return std::string();
  if (!file) return std::move(file).error();
  return metadata_of({stored, *std::move(file)}, base, ModelForm::json);
}

// The list in pieces: of the files of their series, else of the instances, several at a time.
class MetadataList {
 public:
  MetadataList(const Services& services, std::vector<RowId> rows, std::vector<Identity> series,
               std::string base)
      : services_(services),
        rows_(std::move(rows)),
        series_(std::move(series)),
        base_(std::move(base)),
        packed_(services.store) {
    append_json_string(quoted_base_, base_);
    quoted_base_ = quoted_base_.substr(1, quoted_base_.size() - 2);
  }

  Result<std::optional<std::string>> next() {
    if (closed_) return std::optional<std::string>();
    std::string piece;
    if (at_ == rows_.size()) {
      closed_ = true;
      want_files();
      return std::optional<std::string>(first_ ? "[]\n" : "]\n");
    }
    const auto rows = std::span(rows_).subspan(at_, std::min(kPieceInstances, rows_.size() - at_));
    at_ += rows.size();
    DCMFS_TRY(const auto texts, texts_of_all(rows));
    for (const std::string& text : texts) {
      if (text.empty()) continue;
      piece += first_ ? '[' : ',';
      first_ = false;
      piece += text;
    }
    return std::optional(std::move(piece));
  }

 private:
  Result<std::vector<std::string>> texts_of_all(std::span<const RowId> rows) {
    std::vector<std::string> texts(rows.size());
    std::vector<std::pair<std::size_t, StoredFile>> unpacked;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      auto stored = services_.store.file(rows[i]);
      if (!stored && stored.error().code == Errc::not_found) continue;  // removed meanwhile
      if (!stored) return std::move(stored).error();
      const auto text = series_.empty() ? nullptr : packed_.find(*stored, quoted_base_);
      if (!text && text.error().code != Errc::not_found) return text.error();
      if (text && *text != nullptr)
        texts[i] = **text;
      else
        unpacked.emplace_back(i, *std::move(stored));
    }
    read_count_ += unpacked.size();
    std::vector<Result<std::string>> made(unpacked.size(), std::string());
    in_threads(unpacked.size(), [&](std::size_t i) {
      made[i] = guarded([&] { return text_of(services_, unpacked[i].second, base_); });
    });
    for (std::size_t i = 0; i < made.size(); ++i) {
      if (!made[i]) return std::move(made[i]).error();
      texts[unpacked[i].first] = *std::move(made[i]);
    }
    return texts;
  }

  template <class Work>
  static void in_threads(std::size_t count, Work&& work) {
    std::atomic<std::size_t> taken = 0;
    const auto take = [&] {
      for (std::size_t i; (i = taken++) < count;) work(i);
    };
    std::vector<std::jthread> threads;
    const auto workers = std::min<std::size_t>(
        std::clamp(std::thread::hardware_concurrency(), 1u, kThreadsMax), count);
    try {
      while (threads.size() + 1 < workers) threads.emplace_back(take);
    } catch (const std::system_error&) {  // no more threads: those that there are do it
    }
    take();
  }

  // The next one who asks shall not wait so long.
  void want_files() const {
    if (services_.metadata == nullptr || read_count_ < MetadataKeeper::kInstancesMin) return;
    for (const auto& one : series_) services_.metadata->want(one.key.row);
  }

  const Services& services_;
  std::vector<RowId> rows_;
  std::vector<Identity> series_;
  std::string base_, quoted_base_;  // the latter as it stands in JSON
  PackedMetadata packed_;
  std::size_t at_ = 0, read_count_ = 0;
  bool first_ = true, closed_ = false;
};

// Each instance is a part.
Response documents(const Services& services, std::vector<RowId> rows, std::string base) {
  return multipart_response(
      kDicomXml,
      [&services, rows = std::move(rows), base = std::move(base),
       at = std::size_t{0}]() mutable -> Result<std::optional<OutgoingPart>> {
        while (at < rows.size()) {
          const auto instance = open_instance(services, rows[at++]);
          if (instance)
            return std::optional(
                part_of(metadata_of(*instance, base, ModelForm::xml), std::string(kDicomXml)));
          if (instance.error().code != Errc::not_found)
            return instance.error();  // else removed meanwhile
        }
        return std::optional<OutgoingPart>();
      });
}

}  // namespace

Result<Response> retrieve_metadata(const Services& services, Request& request) {
  const auto form = model_form(request);
  if (!form) return failure_response(not_acceptable(kModelForms), request);
  DCMFS_TRY(auto rows, find_instances(services.store, uids_of_path(request)));
  auto base = base_url(services, request);
  if (*form == ModelForm::xml) return documents(services, std::move(rows), std::move(base));
  Response response{.type = std::string(kDicomJson)};
  if (rows.size() == 1) {
    DCMFS_TRY(const auto stored, services.store.file(rows.front()));
    response.etag = etag_of_bytes(stored, "metadata " + std::to_string(kMetadataVersion) + base);
  }
  std::vector<Identity> series;
  // What has few instances is read from them.
  if (rows.size() >= MetadataKeeper::kInstancesMin) {
    DCMFS_TRY(series, find_series(services.store, uids_of_path(request)));
  }
  const bool is_held = rows.size() <= kHeldInstancesMax;
  const auto list =
      std::make_shared<MetadataList>(services, std::move(rows), std::move(series), std::move(base));
  if (!is_held) {
    response.body = Streamed{
        .source = std::make_unique<TextSource>([list] { return list->next(); }), .size = {}};
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
