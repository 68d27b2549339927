#include "rest/servers/retrieve_call.h"

#include <optional>

#include "rest/http/media_type.h"
#include "rest/http/multipart.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kRetrievedFile = "application/dicom";

// PS3.18 8.7.3.5.2: without a transfer syntax the server would have to transcode.
std::string accepted_by(const Peer& server) {
  constexpr std::string_view kParts = R"(multipart/related; type="application/dicom")";
  const bool as_stored = server.flag("HasWadoRsUniversalTransferSyntax", true);
  return std::string(kParts) + (as_stored ? "; transfer-syntax=*" : "");
}

// Files that arrive, one after the other.
class ArrivingFiles final : public MultipartReader::Sink {
 public:
  ArrivingFiles(Store& store, const std::function<void(const WebReceived&)>& tell)
      : store_(store), tell_(tell) {}

  Result<> begin(Headers) override {
    DCMFS_TRY(auto file, store_.spool());
    file_.emplace(std::move(file));
    return {};
  }
  Result<> data(std::span<const std::byte> bytes) override {
    received_.bytes += static_cast<std::int64_t>(bytes.size());
    DCMFS_CHECK(file_->append(bytes));
    file_->look_ahead();
    return {};
  }
  // One that is no good does not keep the others away; a disk that is full does.
  Result<> end() override {
    const auto added = store_.add(*file_, {.way = Origin::Way::plugins});
    file_.reset();
    if (added) {
      ++received_.instances;
    } else if (!is_about_the_file(added.error().code)) {
      return added.error();
    } else {
      if (received_.failed++ == 0) received_.first_failure = added.error().message;
    }
    tell_(received_);
    return {};
  }

  bool is_open() const { return file_.has_value(); }
  const WebReceived& received() const { return received_; }

 private:
  Store& store_;
  const std::function<void(const WebReceived&)>& tell_;
  std::optional<SpoolFile> file_;
  WebReceived received_;
};

// The body of the answer: parts, or one file alone (PS3.18 8.7.3.3).
class ArrivingBody {
 public:
  explicit ArrivingBody(ArrivingFiles& files) : files_(files) {}

  Result<> take(const HttpReply& head, std::span<const std::byte> bytes) {
    if (!begun_) DCMFS_CHECK(begin(head));
    return reader_ ? reader_->take(bytes) : files_.data(bytes);
  }
  Result<> finish() {
    if (reader_) return reader_->finish();
    return files_.is_open() ? files_.end() : Result<>();
  }

 private:
  Result<> begin(const HttpReply& head) {
    begun_ = true;
    if (const auto boundary = multipart_boundary(head.type)) {
      reader_.emplace(*boundary, files_);
      return {};
    }
    const auto type = MediaType::parse(head.type);
    if (!type || type->name != kRetrievedFile)
      return Error{Errc::corrupt,
                   "the server answers no DICOM files but " + (type ? type->name : "something")};
    return files_.begin({});
  }

  ArrivingFiles& files_;
  std::optional<MultipartReader> reader_;
  bool begun_ = false;
};

}  // namespace

WebReceived operator+(WebReceived a, const WebReceived& b) {
  a.instances += b.instances;
  a.bytes += b.bytes;
  a.failed += b.failed;
  if (a.first_failure.empty()) a.first_failure = b.first_failure;
  return a;
}

Result<WebReceived> retrieve_into_store(const Services& services, const Peer& server,
                                        ServerCall call, std::stop_token stop,
                                        const std::function<void(const WebReceived&)>& tell) {
  ArrivingFiles files(services.store, tell);
  ArrivingBody body(files);
  call.headers.emplace("Accept", accepted_by(server));
  DCMFS_TRY(const auto reply,
            services.servers->call(
                server, {.path = std::move(call.uri),
                         .headers = std::move(call.headers),
                         .stop = std::move(stop),
                         .take = [&](const HttpReply& head, std::span<const std::byte> bytes) {
                           return body.take(head, bytes);
                         }}));
  if (!reply.is_success())
    return Error{reply.status == 404 ? Errc::not_found : Errc::io,
                 server.url + " answers " + status_text(reply.status)};
  auto finished = body.finish();
  if (!finished) return Error{Errc::corrupt, server.url + ": " + finished.error().message};
  return files.received();
}

}  // namespace dcmfs::rest
