#include "rest/orthanc/peers.h"

#include <json/json.h>

#include "rest/http/gzip.h"
#include "rest/http/intake.h"
#include "rest/http/json.h"
#include "rest/jobs/answer_as_job.h"
#include "rest/orthanc/modality_store.h"
#include "rest/orthanc/remote_node.h"
#include "rest/orthanc/transcode_target.h"
#include "rest/peers.h"
#include "store/spool_blob.h"
#include "store/transcode.h"

namespace dcmfs::rest {
namespace {

constexpr const char* kUploadType = "application/dicom";
// What is larger goes as it is: it would have to be held in memory.
constexpr std::int64_t kCompressedBytesMax = std::int64_t{64} << 20;

Result<Peer> peer_named(const Services& services, const std::string& name) {
  auto peer = services.peers->get(name);
  if (!peer) return Error{Errc::not_found, "no peer " + told_name(name)};
  return *std::move(peer);
}

Peers::Asked upload_of(Blob blob) {
  const auto size = blob.size();
  return {.method = Method::post,
          .path = "instances",
          .type = kUploadType,
          .body = FileRange{std::make_shared<const Blob>(std::move(blob)), 0, size}};
}

Result<Peers::Asked> packed_upload_of(const Blob& blob) {
  std::string bytes(static_cast<std::size_t>(blob.size()), '\0');
  DCMFS_TRY(const auto n, blob.read(0, std::as_writable_bytes(std::span(bytes))));
  if (n != bytes.size()) return Error{Errc::io, "a stored file is shorter than it was"};
  return Peers::Asked{.method = Method::post,
                      .path = "instances",
                      .type = kUploadType,
                      .body = gzipped(bytes),
                      .headers = {{"Content-Encoding", "gzip"}}};
}

struct SentAs {
  bool compressed = false;
  const TransferSyntax* target = nullptr;  // none: as it is stored
};

Result<Blob> file_to_send(const Services& services, RowId row, const TransferSyntax* target) {
  DCMFS_TRY(const auto stored, services.store.file(row));
  DCMFS_TRY(auto blob, services.store.open_file(row));
  if (target == nullptr || target->uid == stored.transfer_syntax) return blob;
  DCMFS_TRY(const auto file, transcode(services.store, blob, *target, TranscodedAs::file));
  return blob_of(file);
}

struct Sent {
  std::int64_t bytes = 0;  // as they travelled
};
// An error of the peer or the network is the inner one.
Result<Result<Sent>> send_instance(const Services& services, const Peer& peer, RowId row,
                                   const SentAs& as, const std::stop_token& stop) {
  DCMFS_TRY(auto blob, file_to_send(services, row, as.target));
  auto size = blob.size();
  Peers::Asked upload;
  if (as.compressed && size <= kCompressedBytesMax) {
    DCMFS_TRY(upload, packed_upload_of(blob));
    size = static_cast<std::int64_t>(std::get<std::string>(upload.body).size());
  } else {
    upload = upload_of(std::move(blob));
  }
  upload.stop = stop;
  const auto reply = services.peers->ask(peer, std::move(upload));
  if (!reply) return Result<Sent>(reply.error());
  return Result<Sent>(Sent{size});
}

}  // namespace

Result<Response> list_peers(const Services& services, Request& request) {
  return json_response(peers_json(*services.peers, request.query.flag("expand")));
}

Result<Response> show_peer(const Services& services, Request& request) {
  DCMFS_TRY([[maybe_unused]] const auto peer, peer_named(services, request.part("id")));
  Json::Value list(Json::arrayValue);
  for (const char* operation : {"configuration", "store", "store-straight", "system"})
    list.append(operation);
  return json_response(list);
}

Result<Response> put_peer(const Services& services, Request& request) {
  DCMFS_TRY(const auto value, parse_json(request.body.text));
  DCMFS_TRY(const auto peer, parse_peer(value));
  DCMFS_CHECK(services.peers->put(request.part("id"), peer));
  return text_response({});
}

Result<Response> remove_peer(const Services& services, Request& request) {
  DCMFS_CHECK(services.peers->remove(request.part("id")));
  return text_response({});
}

Result<Response> show_peer_configuration(const Services& services, Request& request) {
  DCMFS_TRY(const auto peer, peer_named(services, request.part("id")));
  return json_response(peer_json(peer));
}

Result<Response> peer_system(const Services& services, Request& request) {
  DCMFS_TRY(const auto peer, peer_named(services, request.part("id")));
  const auto reply = services.peers->ask(peer, {.path = "system"});
  if (!reply) return failure_response(call_failure(reply.error()), request);
  const auto system = parse_json(reply->body);
  if (!system) return failure_response(network_failure(system.error()), request);
  return json_response(*system);
}

Result<Response> store_to_peer(const Services& services, Request& request) {
  DCMFS_TRY(auto body, resources_body(request));
  DCMFS_TRY(const auto peer, peer_named(services, request.part("id")));
  DCMFS_TRY(const bool compress, json_bool(body, "Compress", false));
  DCMFS_TRY(const auto ids, json_strings(body, "Resources"));
  DCMFS_TRY(const auto keys, keys_of_ids(services, ids));
  DCMFS_TRY(const auto transcode, json_string(body, "Transcode", ""));
  DCMFS_TRY([[maybe_unused]] const auto* target, transcode_target(transcode));
  Json::Value parameters;
  parameters["Peer"] = request.part("id");
  parameters["Resources"] = body["Resources"];
  parameters["Compress"] = compress;
  if (!transcode.empty()) parameters["Transcode"] = transcode;
  DCMFS_CHECK(note_export(services, keys, request.part("id")));
  return answer_as_job(
      services, request, body,
      {.type = "OrthancPeerStore", .parameters = parameters, .content = store_content(body, 0, 0)});
}

JobEnd run_peer_store(const Services& services, const Json::Value& parameters, JobRun& run) {
  DCMFS_TRY(const auto peer, peer_named(services, parameters["Peer"].asString()));
  DCMFS_TRY(const auto ids, json_strings(parameters, "Resources"));
  DCMFS_TRY(const auto keys, keys_of_ids(services, ids));
  DCMFS_TRY(const auto rows, instances_of(services, keys));
  const auto transcode = parameters["Transcode"].asString();
  DCMFS_TRY(const auto* target, transcode_target(transcode));
  const SentAs as{.compressed = parameters["Compress"].asBool(), .target = target};
  const auto total = static_cast<std::int64_t>(rows.size());
  std::int64_t failed = 0, bytes = 0;
  const auto content = [&] {
    auto v = store_content(parameters, total, failed);
    v["Compress"] = as.compressed;
    if (target != nullptr) v["Transcode"] = transcode;
    v["Peer"].append(peer.url);
    if (!peer.username.empty()) v["Peer"].append(peer.username);
    v["Size"] = std::to_string(bytes);
    v["SizeMB"] = Json::Int64{bytes >> 20};
    return v;
  };
  for (std::int64_t done = 0; done < total; ++done) {
    run.tell(content());
    DCMFS_CHECK(run.step(done, total));
    const auto sent =
        send_instance(services, peer, rows[static_cast<std::size_t>(done)], as, run.stop());
    if (sent && *sent) {
      bytes += (*sent)->bytes;
      continue;
    }
    ++failed;
    if (run.permissive()) continue;
    run.tell(content());
    if (!sent) return sent.error();
    return call_failure(sent->error());
  }
  return content();
}

Result<Response> store_straight_to_peer(const Services& services, Request& request) {
  DCMFS_TRY(const auto peer, peer_named(services, request.part("id")));
  DCMFS_TRY(const auto file, file_of(std::move(request.body), services.store));
  DCMFS_TRY(auto blob, blob_of(file));
  const auto reply = services.peers->ask(peer, upload_of(std::move(blob)));
  if (!reply) return failure_response(call_failure(reply.error()), request);
  DCMFS_TRY(const auto told, parse_json(reply->body));
  return json_response(told);
}

}  // namespace dcmfs::rest
