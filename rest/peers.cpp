#include "rest/peers.h"

#include <algorithm>

#include <json/json.h>

#include "rest/http/json.h"
#include "store/outbox.h"

namespace dcmfs::rest {
namespace {

constexpr std::int64_t kPeerTimeoutMax_s = 86400;

// RFC 9110 5.1, 5.5
bool is_header(std::string_view name, std::string_view value) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~' && c != ':'; }) &&
         std::ranges::none_of(
             value, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// All other members are properties.
constexpr std::string_view kMembers[] = {
    "Url",     "Username",        "Password",           "HttpHeaders",
    "Timeout", "CertificateFile", "CertificateKeyFile", "CertificateKeyPassword",
    "Pkcs11"};

Result<std::map<std::string, std::string>> properties_in(const Json::Value& object) {
  std::map<std::string, std::string> properties;
  for (const auto& name : object.getMemberNames()) {
    if (std::ranges::find(kMembers, name) != std::end(kMembers)) continue;
    const Json::Value& v = object[name];
    if (!v.isString() && !v.isBool() && !v.isIntegral())
      return Error{Errc::invalid_argument, '"' + name + "\" must be a text, a number or a Boolean"};
    properties[name] = v.isBool() ? (v.asBool() ? "1" : "0") : v.asString();
  }
  return properties;
}

// With its secrets: how it is kept.
std::string kept_text(const Peer& peer) {
  Json::Value v;
  v["Url"] = peer.url;
  v["Username"] = peer.username;
  v["Password"] = peer.password;
  v["HttpHeaders"] = Json::objectValue;
  for (const auto& [name, value] : peer.headers) v["HttpHeaders"][name] = value;
  v["Timeout"] = Json::Int64{peer.timeout.count()};
  v["CertificateFile"] = peer.certificate_file;
  v["CertificateKeyFile"] = peer.key_file;
  v["CertificateKeyPassword"] = peer.key_password;
  for (const auto& [name, value] : peer.properties) v[name] = value;
  return json_text(v);
}

Result<Peer> parse_kept(std::string_view text) {
  DCMFS_TRY(const auto v, parse_own_json(text));
  return parse_peer(v);
}

}  // namespace

bool Peer::flag(const std::string& property, bool otherwise) const {
  const auto found = properties.find(property);
  if (found == properties.end()) return otherwise;
  return found->second == "1" || found->second == "true";
}

Result<Headers> parse_headers(const Json::Value& v) {
  Headers headers;
  if (v.isNull()) return headers;
  if (!v.isObject())
    return Error{Errc::invalid_argument, "\"HttpHeaders\" must be an object of texts"};
  for (const auto& name : v.getMemberNames()) {
    if (!v[name].isString() || !is_header(name, v[name].asString()))
      return Error{Errc::invalid_argument, "\"HttpHeaders\" must be an object of texts"};
    headers.insert_or_assign(name, v[name].asString());
  }
  return headers;
}

Result<Peer> parse_peer(const Json::Value& v) {
  Json::Value object = v;
  if (v.isArray()) {
    if (v.size() != 1 && v.size() != 3)
      return Error{Errc::invalid_argument, "expected [URL] or [URL, USER, PASSWORD]"};
    object = Json::objectValue;
    const char* const members[] = {"Url", "Username", "Password"};
    for (Json::ArrayIndex i = 0; i < v.size(); ++i) object[members[i]] = v[i];
  }
  if (!object.isObject())
    return Error{Errc::invalid_argument, "expected [URL], or an object with \"Url\""};
  Peer peer;
  DCMFS_TRY(peer.url, json_string(object, "Url", ""));
  if (!is_http_url(peer.url))
    return Error{Errc::invalid_argument, "expected an \"Url\" of http or https"};
  if (!peer.url.ends_with('/')) peer.url += '/';
  DCMFS_TRY(peer.username, json_string(object, "Username", ""));
  DCMFS_TRY(peer.password, json_string(object, "Password", ""));
  DCMFS_TRY(peer.headers, parse_headers(object["HttpHeaders"]));
  DCMFS_TRY(const auto timeout, json_number(object, "Timeout", 0));
  if (timeout < 0 || timeout > kPeerTimeoutMax_s)
    return Error{Errc::invalid_argument, "\"Timeout\" must be a number of seconds from 0 to 86400"};
  peer.timeout = std::chrono::seconds(timeout);
  DCMFS_TRY(peer.certificate_file, json_string(object, "CertificateFile", ""));
  DCMFS_TRY(peer.key_file, json_string(object, "CertificateKeyFile", ""));
  DCMFS_TRY(peer.key_password, json_string(object, "CertificateKeyPassword", ""));
  DCMFS_TRY(peer.properties, properties_in(object));
  return peer;
}

Json::Value peer_json(const Peer& peer) {
  Json::Value v;
  v["Url"] = peer.url;
  if (!peer.username.empty()) {
    v["Username"] = peer.username;
    v["Password"] = Json::nullValue;
  }
  v["HttpHeaders"] = Json::arrayValue;
  for (const auto& [name, value] : peer.headers) v["HttpHeaders"].append(name);
  if (!peer.certificate_file.empty()) {
    v["CertificateFile"] = peer.certificate_file;
    v["CertificateKeyFile"] = peer.key_file;
    v["CertificateKeyPassword"] = Json::nullValue;
  }
  v["Pkcs11"] = false;
  v["Timeout"] = Json::Int64{peer.timeout.count()};
  for (const auto& [name, value] : peer.properties) v[name] = value;
  return v;
}

Result<std::unique_ptr<Peers>> Peers::open(KeptValues& kept, std::string_view list,
                                           const std::map<std::string, Peer>& configured,
                                           PeerCalling calling) {
  DCMFS_TRY(auto all, KeptList<Peer>::open(
                          kept, {std::string(list), kept_text, parse_kept, kPeersMax}, configured));
  return std::unique_ptr<Peers>(new Peers(std::move(all), std::move(calling)));
}

Result<> Peers::put(const std::string& name, const Peer& peer) {
  if (!is_destination_name(name))
    return Error{Errc::invalid_argument, std::string(kDestinationNamesAre)};
  return list_->put(name, peer);
}

Result<HttpReply> Peers::call(const Peer& peer, Asked asked) {
  HttpCall call{.method = asked.method,
                .url = peer.url + asked.path,
                .headers = std::move(asked.headers),
                .user = peer.username,
                .password = peer.password,
                .type = std::move(asked.type),
                .body = std::move(asked.body),
                .timeout = peer.timeout.count() > 0 ? peer.timeout : calling_.timeout,
                .tls = {.verify = calling_.verify,
                        .trusted = calling_.trusted_file,
                        .certificate = peer.certificate_file,
                        .key = peer.key_file,
                        .key_password = peer.key_password},
                .stop = std::move(asked.stop),
                .take = std::move(asked.take)};
  call.headers.insert(peer.headers.begin(), peer.headers.end());
  return client_.call(std::move(call));
}

Result<HttpReply> Peers::ask(const Peer& peer, Asked asked) {
  const auto url = peer.url + asked.path;
  DCMFS_TRY(auto reply, call(peer, std::move(asked)));
  if (reply.status != 200)
    return Error{Errc::io, url + " answers HTTP status " + std::to_string(reply.status)};
  return reply;
}

Json::Value peers_json(const Peers& peers, bool expand) {
  Json::Value list(expand ? Json::objectValue : Json::arrayValue);
  for (const auto& name : peers.names()) {
    if (!expand)
      list.append(name);
    else if (const auto peer = peers.get(name))
      list[name] = peer_json(*peer);
  }
  return list;
}

}  // namespace dcmfs::rest
