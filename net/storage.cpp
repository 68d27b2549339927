#include "net/storage.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "net/instance_head.h"
#include "store/dicom/byte_source.h"
#include "store/dicom/match.h"
#include "store/dicom/reader.h"
#include "store/dicom/transfer_syntax.h"
#include "store/dicom/writer.h"
#include "store/entry_names.h"

namespace dcmfs::net {
namespace {

// How much is received before it is hashed and sent to the disk ahead of the end, and before there is
// another look whether it may be that long.
constexpr std::int64_t kAheadBytes = 1 << 20;
constexpr std::size_t kCompareBytes = 64 << 10;

// As the store takes them, from whatever door: too long ones and letters are in the field, too.
bool is_instance_uid(std::string_view text) {
  return !text.empty() && safe_name(text) == text;
}

// "CT Image Storage", "... Storage - For Presentation", "Hardcopy Color Image Storage SOP Class";
// not "Storage Commitment ...".
bool is_name_of_storage(std::string_view name) {
  return name.ends_with(" Storage") || name.ends_with(" Storage SOP Class") ||
         name.find(" Storage - ") != name.npos;
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view uid) {
  return std::ranges::any_of(
      patterns, [uid](const std::string& pattern) { return matches_wildcard(pattern, uid); });
}

struct Arrival {
  Store& store;
  Association& association;
  const AcceptedContext& context;
  const Message& request;
};

struct Refusal {
  Status status = statuses::kSuccess;
  std::string comment;
};

Origin origin_of(const Association::Facts& facts) {
  return {.way = Origin::Way::dicom_protocol,
          .remote_aet = facts.is_ours ? facts.called_aet : facts.calling_aet,
          .called_aet = facts.is_ours ? facts.calling_aet : facts.called_aet,
          .remote_ip = facts.peer_address};
}

// What may stand in (0002,0016): an AE title of the default repertoire (PS3.5 6.2).
std::string clean_title(std::string_view title) {
  std::string clean(title);
  std::ranges::replace_if(
      clean, [](char c) { return c < ' ' || c > '~' || c == '\\'; }, '?');
  return clean;
}

// PS3.4 B.2.3: whether the data set is what the request says.
Refusal compare_to_request(const SpoolFile& file, std::int64_t size, const Message& request) {
  const auto head = read_instance_head(file.fd(), size);
  if (!head) return {statuses::kCannotUnderstand, "not a data set"};
  if (head->sop_class.empty() || head->sop_instance.empty()) {
    return {statuses::kCannotUnderstand, "no SOP Class or Instance UID in the data set"};
  }
  if (head->sop_class != request.sop_class()) {
    return {statuses::kDatasetDoesNotMatch, "another SOP Class UID in the data set"};
  }
  if (head->sop_instance != request.sop_instance()) {
    return {statuses::kDatasetDoesNotMatch, "another SOP Instance UID in the data set"};
  }
  return {};
}

struct Part {
  ByteSource& source;
  std::int64_t offset, end;
};

// Where the data set ends, but for the NULL byte that makes a deflated one even (PS3.5 A.5): who
// sends it adds the byte where a file does not have it.
Result<std::int64_t> end_of_content(ByteSource& source, const DicomFile& file, std::int64_t size) {
  const bool may_be_padded = file.syntax != nullptr && file.syntax->deflated &&
                             size > file.dataset_offset && (size - file.dataset_offset) % 2 == 0;
  if (!may_be_padded) return size;
  std::array<std::byte, 1> last{};
  DCMFS_TRY(const std::size_t got, source.read(size - 1, last));
  return got == 1 && last[0] == std::byte{0} ? size - 1 : size;
}

Result<bool> same_bytes(Part a, Part b) {
  if (a.end - a.offset != b.end - b.offset) return false;
  std::array<std::byte, kCompareBytes> of_a, of_b;
  while (a.offset < a.end) {
    const auto count = static_cast<std::size_t>(
        std::min(a.end - a.offset, static_cast<std::int64_t>(of_a.size())));
    const auto piece_a = std::span(of_a).first(count), piece_b = std::span(of_b).first(count);
    DCMFS_TRY(const std::size_t got_a, a.source.read(a.offset, piece_a));
    DCMFS_TRY(const std::size_t got_b, b.source.read(b.offset, piece_b));
    if (got_a != count || got_b != count || !std::ranges::equal(piece_a, piece_b)) return false;
    a.offset += static_cast<std::int64_t>(count);
    b.offset += static_cast<std::int64_t>(count);
  }
  return true;
}

// Whether the store has this very data set already, behind another meta header: it came from
// another AE, or as a file. Then it is as durable as what is stored now.
Result<bool> is_stored(const Store& store, const SpoolFile& file) {
  DCMFS_TRY(const std::int64_t size, file.size());
  const auto source = file_source(file.fd(), size);
  DCMFS_TRY(const DicomFile read, read_dicom(*source));
  const auto id = ResourceId::of(Level::instance, uids_in(read.dataset));
  DCMFS_TRY(const Key key, store.key(Level::instance, id));
  DCMFS_TRY(const Blob stored, store.open_file(key.row));
  const auto stored_source = file_source(stored.fd(), stored.size());
  DCMFS_TRY(const DicomFile stored_read, read_dicom(*stored_source));
  if (read.syntax_uid != stored_read.syntax_uid) return false;
  DCMFS_TRY(const auto end, end_of_content(*source, read, size));
  DCMFS_TRY(const auto stored_end, end_of_content(*stored_source, stored_read, stored.size()));
  DCMFS_TRY(const bool same, same_bytes({*source, read.dataset_offset, end},
                                        {*stored_source, stored_read.dataset_offset, stored_end}));
  if (same) DCMFS_CHECK(store.make_durable(key.row));
  return same;
}

class Reception {
 public:
  Reception(const Arrival& arrival, SpoolFile file) : arrival_(arrival), file_(std::move(file)) {}

  // An error is one of the store, or of the association: that one is not open then.
  Result<> receive() {
    const std::string meta = encode_meta(
        arrival_.request.sop_class(), arrival_.request.sop_instance(),
        arrival_.context.transfer_syntax, clean_title(arrival_.association.facts().calling_aet));
    auto taken = append(std::as_bytes(std::span(meta)));
    return arrival_.association.receive_dataset([&](auto bytes) {
      if (taken) taken = append(bytes);
      if (!taken) file_.reset();  // the peer sends the rest all the same, and others need the room
      return taken;
    });
  }

  Refusal store() {
    if (auto refusal = compare_to_request(*file_, size_, arrival_.request);
        refusal.status != statuses::kSuccess) {
      return refusal;
    }
    // Another sender's name in the meta header is no change.
    if (arrival_.store.overwrite() == Overwrite::if_changed && has_same_dataset()) return {};
    const auto added = arrival_.store.add(*file_, origin_of(arrival_.association.facts()));
    if (added) return {};
    if (added.error().code == Errc::already_exists) {
      if (has_same_dataset()) return {};
      return {statuses::kDuplicateSopInstance, "other bytes are stored under this UID"};
    }
    return {status_of(added.error().code), added.error().message};
  }

 private:
  bool has_same_dataset() const {
    const auto same = is_stored(arrival_.store, *file_);
    return same && *same;
  }

  Result<> append(std::span<const std::byte> bytes) {
    DCMFS_CHECK(file_->append(bytes));
    size_ += static_cast<std::int64_t>(bytes.size());
    if (size_ >= next_look_) {
      DCMFS_CHECK(check_size());
      file_->look_ahead();
      next_look_ = size_ + kAheadBytes;
    }
    return {};
  }

  // What is stored already may come again, and needs no room.
  Result<> check_size() const {
    const auto fits = arrival_.store.check_size(size_);
    return fits || (fits.error().code == Errc::over_quota && is_known()) ? Result<>() : fits;
  }

  bool is_known() const {
    auto uid = Matcher::parse(tags::SOPInstanceUID, arrival_.request.sop_instance());
    if (!uid) return false;
    Query query;
    query.level = Level::instance;
    query.where.push_back({tags::SOPInstanceUID, *std::move(uid)});
    const auto count = arrival_.store.count(query);
    return count && *count > 0;
  }

  const Arrival& arrival_;
  std::optional<SpoolFile> file_;  // none after an error
  std::int64_t size_ = 0;
  std::int64_t next_look_ = kAheadBytes;
};

// What can be said before a byte of the data set is taken in.
Refusal check(const Arrival& arrival) {
  const Message& request = arrival.request;
  if (request.sop_class() != arrival.context.abstract_syntax) {
    return {statuses::kSopClassNotSupported, "the SOP Class of another presentation context"};
  }
  if (!is_instance_uid(request.sop_instance())) {
    return {statuses::kInvalidSopInstance, "the SOP Instance UID is not one"};
  }
  if (!request.has_dataset()) return {statuses::kCannotUnderstand, "no data set"};
  return {};
}

// Of an association that goes on.
Result<Refusal> receive_and_store(const Arrival& arrival) {
  if (const auto refusal = check(arrival); refusal.status != statuses::kSuccess) return refusal;
  auto file = arrival.store.spool();
  if (!file) return Refusal{status_of(file.error().code), file.error().message};
  Reception reception(arrival, *std::move(file));
  if (const auto received = reception.receive(); !received) {
    if (!arrival.association.is_open()) return received.error();
    return Refusal{status_of(received.error().code), received.error().message};
  }
  return reception.store();
}

}  // namespace

bool is_accepted_for_storage(std::string_view transfer_syntax, const Options& options) {
  return options.accepts_transfer_syntax(transfer_syntax);
}

bool is_storage(std::string_view sop_class, const Options& options) {
  if (sop_class == uids::MediaStorageDirectoryStorage) return false;  // no instance: PS3.10 8.6
  if (!matches_any(options.accepted_sop_classes, sop_class) ||
      matches_any(options.rejected_sop_classes, sop_class)) {
    return false;
  }
  const std::string_view name = name_of_uid(sop_class);
  if (!name.empty()) return is_name_of_storage(name);
  return options.accepts_unknown_sop_classes() && looks_like_uid(sop_class);
}

Result<Status> receive_instance(Store& store, Association& association,
                                const AcceptedContext& context, const Message& request,
                                const std::function<void(std::string_view)>& log) {
  DCMFS_TRY(const Refusal refusal, receive_and_store({store, association, context, request}));
  if (refusal.status != statuses::kSuccess) log("C-STORE refused: " + refusal.comment);
  DCMFS_CHECK(
      association.send(context.id, make_response(request, refusal.status, refusal.comment)));
  return refusal.status;
}

Result<> receive_instance(const Call& call) {
  DCMFS_CHECK(receive_instance(call.node.store, call.association, call.context, call.request,
                               call.node.options.log));
  return {};
}

}  // namespace dcmfs::net
