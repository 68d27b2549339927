#include "tools/options.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <json/json.h>

#include "net/association.h"
#include "net/destinations.h"
#include "store/metadata.h"
#include "store/number.h"
#include "store/outbox.h"
#include "tools/values.h"

namespace dcmfs::tools {

bool is_ae_title(Json::Value& v) {
  if (!v.isString()) return false;
  std::string text = v.asString();
  const auto first = text.find_first_not_of(' ');
  if (first == std::string::npos) return false;
  text = text.substr(first, text.find_last_not_of(' ') - first + 1);
  v = text;
  return text.size() <= 16 &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '\\'; });
}

namespace {

bool is_switch(Json::Value& v) {
  return v.isBool();
}
bool is_text(Json::Value& v) {
  return v.isString();
}

template <const auto& words>
bool one_of(Json::Value& v) {
  return v.isString() && std::ranges::find(words, v.asString()) != std::end(words);
}

constexpr std::string_view kOverwriteWords[] = {"Never", "Always", "IfChanged"};
constexpr std::string_view kDurabilityWords[] = {"full", "relaxed"};
constexpr std::string_view kPeerCertificateWords[] = {"required", "optional", "off"};
constexpr std::string_view kLeavesWords[] = {"all", "dcm"};
constexpr std::string_view kYesNoWords[] = {"yes", "no"};

// Orthanc's older form is a Boolean.
bool is_overwrite(Json::Value& v) {
  if (v.isBool()) v = v.asBool() ? "Always" : "Never";
  return one_of<kOverwriteWords>(v);
}

// Orthanc's form is a Boolean: --require-peer-cert or --verify-peer-cert of DCMTK.
bool is_peer_certificate(Json::Value& v) {
  if (v.isBool()) v = v.asBool() ? "required" : "optional";
  return one_of<kPeerCertificateWords>(v);
}

// As Orthanc counts them; older ones are not offered (RFC 8996).
bool is_tls_version(Json::Value& v) {
  return number<4, 5>(v) || number<0, 0>(v);
}

bool is_umask(Json::Value& v) {
  if (!v.isString()) return false;
  const std::string text = v.asString();
  return !text.empty() && text.size() <= 4 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '7'; }) &&
         std::stoi(text, nullptr, 8) <= 0777;
}

bool is_modalities(Json::Value& v) {
  if (!v.isObject()) return false;
  for (const std::string& name : v.getMemberNames())
    if (!is_destination_name(name) || !is_modality(v[name])) return false;
  return true;
}

bool is_peers(Json::Value& v) {
  return v.isObject() && std::all_of(v.begin(), v.end(), [](const Json::Value& peer) {
           return rest::parse_peer(peer).ok();
         });
}

// As the configuration of Orthanc's DICOMweb plugin has them, whose other members say nothing here.
bool is_dicomweb(Json::Value& v) {
  if (!v.isObject()) return false;
  Json::Value servers = v.get("Servers", Json::objectValue);
  v = std::move(servers);
  return is_peers(v) && std::ranges::all_of(v.getMemberNames(), is_destination_name);
}

bool is_routes(Json::Value& v) {
  return v.isObject() &&
         std::all_of(v.begin(), v.end(), [](Json::Value& route) { return is_route(route); });
}

// Orthanc has a single one as a text, too.
bool is_uid_patterns(Json::Value& v) {
  if (v.isString()) {
    Json::Value list(Json::arrayValue);
    list.append(v);
    v = list;
  }
  return v.isArray() && std::ranges::all_of(v, [](const Json::Value& pattern) {
           return pattern.isString() && !pattern.asString().empty() &&
                  pattern.asString().find_first_not_of("0123456789.*?") == std::string::npos;
         });
}

bool is_texts(Json::Value& v) {
  return v.isArray() &&
         std::ranges::all_of(v, [](const Json::Value& text) { return text.isString(); });
}

bool is_users(Json::Value& v) {
  if (!v.isObject()) return false;
  for (const std::string& name : v.getMemberNames())
    // RFC 7617: a user-id with a colon cannot be sent.
    if (name.empty() || name.find(':') != std::string::npos || !v[name].isString()) return false;
  return true;
}

// Orthanc's numbers for what clients name: each for one name.
bool is_numbered_names(Json::Value& v) {
  constexpr std::int64_t kMin = 1024, kMax = 65535;
  if (!v.isObject()) return false;
  std::set<std::int64_t> numbers;
  for (const std::string& name : v.getMemberNames()) {
    const bool is_name = name.find_first_not_of("0123456789") != std::string::npos &&
                         Metadata::is_name(name) && !Metadata::is_the_stores(name);
    if (!is_name || !number<kMin, kMax>(v[name]) || !numbers.insert(v[name].asInt64()).second)
      return false;
  }
  return true;
}

// clang-format off
constexpr Rule kSwitch     {"true or false", is_switch};
constexpr Rule kText       {"a text", is_text};
constexpr Rule kAeTitle    {"an AE title, 1 to 16 characters without backslash", is_ae_title};
constexpr Rule kPort       {"a port number from 0 to 65535", number<0, 65535>};
constexpr Rule kThreads    {"a number from 1 to 1000", number<1, 1000>};
constexpr Rule kSeconds    {"a number of seconds from 1 to 86400", number<1, 86400>};
constexpr Rule kSecondsOr0 {"a number of seconds from 0 to 86400", number<0, 86400>};
constexpr Rule kPduBytes   {"a number of bytes from 4096 to 131072", number<net::kPduBytesMin, net::kPduBytesMax>};
constexpr Rule kReadBytes  {"a number of bytes from 4096 to 1048576", number<4096, 1 << 20>};
constexpr Rule kUids       {"a list of UIDs, in which * and ? may stand", is_uid_patterns};
constexpr Rule kCount      {"a number from 0 to 1000000000", number<0, 1'000'000'000>};
constexpr Rule kMegabytes  {"a number of megabytes, 0 or more", number<0, (INT64_MAX >> 20)>};
constexpr Rule kOwner      {"a numeric id", number<0, 4294967294>};
constexpr Rule kUmask      {"an octal mask such as 022", is_umask};
constexpr Rule kPeerCertificate {"\"required\", \"optional\" or \"off\"", is_peer_certificate};
constexpr Rule kTlsVersion {"0 or 4 for TLS 1.2, or 5 for TLS 1.3", is_tls_version};
constexpr Rule kOverwrite  {"\"Never\", \"Always\" or \"IfChanged\"", is_overwrite};
constexpr Rule kDurability {"full or relaxed", one_of<kDurabilityWords>};
constexpr Rule kLeaves     {"all or dcm", one_of<kLeavesWords>};
constexpr Rule kYesNo      {"yes or no", one_of<kYesNoWords>};
constexpr Rule kModalities {"an object of NAME : [AET, HOST, PORT] or of NAME : {\"AET\", \"Host\", \"Port\"}, each NAME one that a folder has on any system: at most 64 bytes, none of / \\ : * ? \" < > |, no dot or - first", is_modalities, modality_members};
constexpr Rule kPeers      {"an object of NAME : [URL] or [URL, USER, PASSWORD], or of NAME : {\"Url\", \"Username\", \"Password\"}", is_peers};
constexpr Rule kDicomweb   {"an object { \"Servers\" : { NAME : [URL] or [URL, USER, PASSWORD] or {\"Url\", \"Username\", \"Password\"} } }, each NAME one that a folder has on any system: at most 64 bytes, none of / \\ : * ? \" < > |, no dot or - first", is_dicomweb};
constexpr Rule kRoutes     {"an object of NAME : {\"Match\" : {KEYWORD : VALUE}, \"To\" : [MODALITY], \"Remove\" : false}", is_routes};
constexpr Rule kUsers      {"an object of NAME : PASSWORD, both texts", is_users};
constexpr Rule kNumbered   {"an object of NAME : NUMBER, each NUMBER another from 1024 to 65535", is_numbered_names};
constexpr Rule kTexts      {"a list of texts", is_texts};

using S = Settings;
constexpr Option kOptions[] = {
  // key                     flag               mount       argument target                     rule
  {"Name",                   "",                "",         "NAME",  &S::name,                   &kText,
   "What the REST server calls itself."},
  {"DicomServerEnabled",     "",                "",         "",      &S::dicom_enabled,          &kSwitch,
   "Whether to be a DICOM node."},
  {"DicomAet",               "--aet",           "",         "AET",   &S::dicom_aet,              &kAeTitle,
   "The AE title of this node."},
  {"DicomCheckCalledAet",    "",                "",         "",      &S::dicom_check_called_aet, &kSwitch,
   "Whether to reject an association that calls another AE title."},
  {"DicomHost",              "--dicom-host",    "",         "HOST",  &S::dicom_host,             &kText,
   "The address to listen on for DICOM; 0.0.0.0 for all of this machine."},
  {"DicomPort",              "--dicom-port",    "",         "PORT",  &S::dicom_port,             &kPort,
   "The port to listen on for DICOM; 0 for none."},
  {"DicomThreadsCount",      "",                "",         "N",     &S::dicom_threads,          &kThreads,
   "How many associations are served at a time; more are rejected for the time being."},
  {"DicomScpTimeout",        "",                "",         "S",     &S::dicom_timeout_s,        &kSeconds,
   "Seconds after which an association is ended whose peer stops in the middle of a message, or does not read."},
  {"DicomIdleTimeout",       "",                "",         "S",     &S::dicom_idle_timeout_s,   &kSecondsOr0,
   "Seconds without a message after which an association is ended; 0: those of DicomScpTimeout."},
  {"DicomArtimTimeout",      "",                "",         "S",     &S::dicom_artim_timeout_s,  &kSeconds,
   "Seconds that a client has to ask for an association once it is connected."},
  {"MaximumPduLength",       "",                "",         "BYTES", &S::dicom_pdu_bytes_max,    &kPduBytes,
   "The longest PDU that is received."},
  {"DicomTlsEnabled",        "",                "",         "",      &S::dicom_tls,              &kSwitch,
   "Whether DICOM is listened for with TLS; then nobody can connect without."},
  {"DicomTlsCertificate",    "",                "",         "FILE",  &S::tls_certificate,        &kText,
   "The certificate of this node in PEM, with its chain behind it; here and below, relative to the store."},
  {"DicomTlsPrivateKey",     "",                "",         "FILE",  &S::tls_private_key,        &kText,
   "The private key of DicomTlsCertificate in PEM, without a password."},
  {"DicomTlsTrustedCertificates", "",           "",         "FILE",  &S::tls_trusted,            &kText,
   "The certificates in PEM that other nodes must have, or of who must have issued them."},
  {"DicomTlsRemoteCertificateRequired", "",     "",         "HOW",   &S::tls_peer_certificate,   &kPeerCertificate,
   "\"required\": a node without a certificate is refused; \"optional\": a certificate is checked if there is "
   "one; \"off\": none is asked for or checked. true is required, false is optional."},
  {"DicomTlsMinimumProtocolVersion", "",        "",         "N",     &S::tls_version_min,        &kTlsVersion,
   "The oldest version of TLS that is spoken."},
  {"StrictAetComparison",    "",                "",         "",      &S::strict_aet_comparison,  &kSwitch,
   "Whether AE titles are compared as they are written; else in any case."},
  {"DicomAlwaysAllowEcho",   "",                "",         "",      &S::allow_echo,             &kSwitch,
   "Whether nodes may send C-ECHO that are not in DicomModalities."},
  {"DicomAlwaysAllowStore",  "",                "",         "",      &S::allow_store,            &kSwitch,
   "Whether nodes may send instances, and ask for storage commitment, that are not in DicomModalities."},
  {"DicomAlwaysAllowFind",   "",                "",         "",      &S::allow_find,             &kSwitch,
   "Whether nodes may search with C-FIND that are not in DicomModalities."},
  {"DicomAlwaysAllowFindWorklist", "",          "",         "",      &S::allow_find_worklist,    &kSwitch,
   "Whether nodes may search the worklists that are not in DicomModalities."},
  {"DicomAlwaysAllowGet",    "",                "",         "",      &S::allow_get,              &kSwitch,
   "Whether nodes may fetch instances with C-GET that are not in DicomModalities."},
  {"DicomAlwaysAllowMove",   "",                "",         "",      &S::allow_move,             &kSwitch,
   "Whether nodes may have instances sent with C-MOVE that are not in DicomModalities."},
  {"DicomCheckModalityHost", "",                "",         "",      &S::check_modality_host,    &kSwitch,
   "Whether a node is one of DicomModalities by its AE title and its address; else by its title alone."},
  {"UnknownSopClassAccepted", "",               "",         "",      &S::unknown_sop_classes,    &kSwitch,
   "Whether instances of private and unknown SOP classes are stored."},
  {"AcceptedSopClasses",     "",                "",         "",      &S::accepted_sop_classes,   &kUids,
   "The SOP classes whose instances are taken by C-STORE."},
  {"RejectedSopClasses",     "",                "",         "",      &S::rejected_sop_classes,   &kUids,
   "Of these, the SOP classes whose instances are not taken after all."},
  {"AcceptedTransferSyntaxes", "",              "",         "",      &S::accepted_syntaxes,      &kUids,
   "The transfer syntaxes in which instances are taken by C-STORE."},
  {"LimitFindResults",       "",                "",         "N",     &S::find_results_max,       &kCount,
   "How many patients, studies or series a C-FIND is answered at most; 0: all."},
  {"LimitFindInstances",     "",                "",         "N",     &S::find_instances_max,     &kCount,
   "How many instances a C-FIND is answered at most; 0: all."},
  {"DicomStrictHierarchy",   "",                "",         "",      &S::dicom_strict_hierarchy, &kSwitch,
   "Whether a query or retrieval must name the patient, study and series above its level."},
  {"DicomScuTimeout",        "",                "",         "S",     &S::dicom_scu_timeout_s,    &kSeconds,
   "Seconds after which another node that is called, sent or asked something and is silent is given up."},
  {"DicomModalities",        "",                "",         "",      &S::modalities,             &kModalities,
   "The other DICOM nodes, as { \"pacs\" : [ \"PACS\", \"192.168.1.2\", 104 ] }. In the longer form, "
   "AllowEcho, AllowStore, AllowFind, AllowFindWorklist, AllowGet, AllowMove and AllowStorageCommitment say what "
   "the node may ask for; all but what is false. Associations is how many send to it at a time: 1. "
   "With \"StorageCommitment\" : true what is sent to it counts as sent once it has committed to it. "
   "With UseDicomTls it is connected to with TLS. LocalAet is the AE title of this node for it, if that is not "
   "DicomAet; Timeout stands in the place of DicomScuTimeout, if it is not 0. With \"AllowTranscoding\" : false it "
   "gets instances as they are stored, or not at all. RetrieveMethod, \"C-MOVE\" or \"C-GET\", is how REST fetches from it."},
  {"DicomRoutes",            "",                "",         "",      &S::routes,                 &kRoutes,
   "What arrives and fits is sent on, as { \"ct\" : { \"Match\" : { \"Modality\" : \"CT\" }, \"To\" : [ \"pacs\" ] } }; "
   "to a server of DICOMweb if it says \"peers/NAME\". With \"Remove\" : true it leaves the archive when all of them have it, at once and not by way of the trash."},
  {"HttpServerEnabled",      "",                "",         "",      &S::http_enabled,           &kSwitch,
   "Whether to be a REST server."},
  {"HttpHost",               "--http-host",     "",         "HOST",  &S::http_host,              &kText,
   "The address to listen on for HTTP. Empty: 127.0.0.1, or all with RemoteAccessAllowed."},
  {"HttpPort",               "--http-port",     "",         "PORT",  &S::http_port,              &kPort,
   "The port to listen on for HTTP; 0 for none."},
  {"HttpThreadsCount",       "",                "",         "N",     &S::http_threads,           &kThreads,
   "How many HTTP requests are worked on at a time."},
  {"RemoteAccessAllowed",    "",                "",         "",      &S::remote_access_allowed,  &kSwitch,
   "Whether an empty HttpHost means all addresses of this machine."},
  {"AuthenticationEnabled",  "",                "",         "",      &S::authentication_enabled, &kSwitch,
   "Whether HTTP clients must be registered users. Left out: as soon as there are any."},
  {"RegisteredUsers",        "",                "",         "",      &S::users,                  &kUsers,
   "The users of the REST server, as { \"alice\" : PASSWORD }. PASSWORD is better what dcmfs-passwd(1) makes of it."},
  {"ReadOnlyUsers",          "",                "",         "",      &S::read_only_users,        &kTexts,
   "The names of RegisteredUsers that may look at everything and change nothing."},
  {"RemoteAccessWithoutTls", "",                "",         "",      &S::remote_access_without_tls, &kSwitch,
   "Whether other machines may be served without SslEnabled: what they send and see, passwords too, can then be read on the way."},
  {"SslEnabled",             "",                "",         "",      &S::http_tls,               &kSwitch,
   "Whether to speak HTTPS (TLS 1.2 or newer) instead of HTTP."},
  {"SslCertificate",         "",                "",         "FILE",  &S::http_certificate,       &kText,
   "The certificate for HTTPS in PEM, with its chain and, if there is no SslPrivateKey, its key; relative to the store."},
  {"SslPrivateKey",          "",                "",         "FILE",  &S::http_private_key,       &kText,
   "The private key of SslCertificate in PEM, without a password."},
  {"HttpCompressionEnabled", "",                "",         "",      &S::http_compression,       &kSwitch,
   "Whether texts are sent as gzip to clients that take it; pixel data never is."},
  {"MaximumRequestBodySizeMB", "",              "",         "MB",    &S::http_body_mb_max,       &kMegabytes,
   "Megabytes that the body of a request may have; 0 for no limit."},
  {"HttpAllowedOrigins",     "",                "",         "",      &S::http_origins,           &kTexts,
   "The web sites whose pages may call this server (CORS), as [ \"https://viewer.example\" ]; \"*\" is all, without passwords."},
  {"HttpProxySecret",        "",                "",         "",      &S::http_proxy_secret,      &kText,
   "What nginx says to be trusted with files: it then takes uploads and downloads off this server. See dcmfs.json(5)."},
  {"OrthancPeers",           "",                "",         "",      &S::peers,                  &kPeers,
   "Other REST servers that know Orthanc's API, as { \"east\" : [ \"http://192.168.1.4:8042/\", \"alice\", \"password\" ] }. "
   "In the longer form, HttpHeaders are sent with every call, Timeout stands in the place of HttpTimeout if it is not 0, "
   "and CertificateFile, CertificateKeyFile and CertificateKeyPassword say who this server is. "
   "Those that are set by REST are kept in the store."},
  {"DicomWeb",               "",                "",         "",      &S::dicomweb_servers,       &kDicomweb,
   "Its member Servers tells the servers of DICOMweb that this one is a client of, in the forms of OrthancPeers: { \"Servers\" : "
   "{ \"east\" : [ \"http://192.168.1.4:8042/dicom-web/\" ] } }. HasDelete says that instances may be removed there, "
   "HasWadoRsUniversalTransferSyntax, if it is false, that the server does not know transfer-syntax=* and has to transcode. "
   "Those that are set by REST are kept in the store."},
  {"HttpTimeout",            "",                "",         "S",     &S::http_client_timeout_s,  &kSeconds,
   "Seconds after which a REST server that is called and is silent is given up."},
  {"HttpsVerifyPeers",       "",                "",         "",      &S::https_verify_peers,     &kSwitch,
   "Whether the certificates of REST servers that are called must be good."},
  {"HttpsCACertificates",    "",                "",         "FILE",  &S::https_trusted,          &kText,
   "Certificates (PEM) that are trusted for that, beside those of the system."},
  {"JobsHistorySize",        "",                "",         "N",     &S::jobs_history_max,       &kCount,
   "How many jobs that have ended are remembered."},
  {"ConcurrentJobs",         "",                "",         "N",     &S::jobs_at_a_time,         &kThreads,
   "How many jobs run at a time."},
  {"QueryRetrieveSize",      "",                "",         "N",     &S::queries_max,            &kCount,
   "How many queries of other nodes are remembered with their answers; 0: all."},
  {"DeidentifySecret",       "",                "",         "",      &S::deidentify_secret,      &kText,
   "By this secret anonymizing gives the same patient the same PatientID and PatientName, and the same UID the "
   "same new UID, in all jobs, also years later. Empty: within one job only. Who knows it can find out whose "
   "a pseudonym is; without the secret nobody can. Anonymizing a study again in another way is refused then, "
   "because the first copy has its UIDs."},
  {"OverwriteInstances",     "",                "",         "WHEN",  &S::overwrite,              &kOverwrite,
   "What to do with other bytes under a SOPInstanceUID that is stored: \"Never\" refuses them, "
   "\"Always\" replaces, \"IfChanged\" replaces if they differ. true is Always, false is Never."},
  {"MaximumStorageSize",     "",                "",         "MB",    &S::size_max_mb,            &kMegabytes,
   "Megabytes after which nothing more is stored; 0 for no limit."},
  {"StableAge",              "",                "",         "S",     &S::stable_age_s,           &kSeconds,
   "Seconds without an arrival after which a study is complete."},
  {"LogExportedResources",   "",                "",         "",      &S::log_exports,            &kSwitch,
   "Whether /exports tells what REST was asked to send to modalities and peers."},
  {"CheckRevisions",         "",                "",         "",      &S::check_revisions,        &kSwitch,
   "Whether metadata and attachments that are there change only for who sends If-Match."},
  {"UserMetadata",           "",                "",         "",      &S::user_metadata,          &kNumbered,
   "The names below which REST may set metadata, as { \"reviewed\" : 1024 }; the numbers from 1024 to 65535 need no name."},
  {"UserContentType",        "",                "",         "",      &S::user_content_types,     &kNumbered,
   "The same of attachments, as { \"report\" : 1024 }."},

  {"",                       "--durability",    "durability", "HOW", &S::durability,             &kDurability,
   "full: on disk before it is reported; relaxed: within a second, for bulk loads."},
  {"",                       "",                "ro",       "",      &S::read_only,              &kSwitch,
   "Nothing can be written through the mount."},
  {"",                       "",                "rw",       "",      Negated{&S::read_only},     &kSwitch, ""},
  {"",                       "",                "delete",   "",      &S::allow_delete,           &kSwitch,
   "rm below patients/ removes from the store; a trash keeps it for 7 days."},
  {"",                       "",                "leaves",   "WHICH", &S::leaves,                 &kLeaves,
   "all: .dcm, .json, .png and .pdf; dcm: only the .dcm, for programs that open every file."},
  {"",                       "",                "import",   "WHICH", &S::import_sent,            &kYesNo,
   "yes: what is written into modalities/ is stored, too; no: it is kept until it is sent."},
  {"",                       "",                "uid",      "N",     &S::uid,                    &kOwner,
   "The owner of everything in the mount."},
  {"",                       "",                "gid",      "N",     &S::gid,                    &kOwner,
   "The group of everything in the mount."},
  {"",                       "",                "umask",    "OCTAL", &S::umask,                  &kUmask,
   "The permissions that nobody gets; 022 if it is not given."},
  {"",                       "",                "allow_other", "",   &S::allow_other,            &kSwitch,
   "Let other users in. Ordinary users need user_allow_other in /etc/fuse.conf for it."},
  {"",                       "",                "default_permissions", "", &S::default_permissions, &kSwitch,
   "The kernel checks permissions. So it does with allow_other and umask."},
  {"",                       "",                "nonempty", "",      &S::non_empty,              &kSwitch,
   "Mount over a folder that has something in it."},

  {"",                       "--config",        "config",   "FILE",  &S::config,                 &kText,
   "Read FILE instead of STORE/dcmfs.json."},
  {"",                       "-f,--foreground", "",         "",      &S::foreground,             &kSwitch,
   "Stay in the foreground and log to the terminal."},
  {"",                       "-d,--debug",      "",         "",      &S::debug,                  &kSwitch,
   "Log more; implies -f."},
  {"",                       "--no-mount",      "",         "",      Negated{&S::mount},         &kSwitch,
   "Only the servers, no mount."},

  {"", "", "fsname",        "NAME", PassedOn{}, &kText,   "What the mount is called in the list of mounts."},
  {"", "", "max_read",      "N",    &S::max_read, &kReadBytes, "The largest read request, in bytes."},
  {"", "", "auto_unmount",  "",     PassedOn{}, &kSwitch,
   "Unmount even when the daemon is killed. Ordinary users need allow_other for it."},
  {"", "", "suid",          "",     PassedOn{}, &kSwitch, ""},
  {"", "", "nosuid",        "",     PassedOn{}, &kSwitch, ""},
  {"", "", "dev",           "",     PassedOn{}, &kSwitch, ""},
  {"", "", "nodev",         "",     PassedOn{}, &kSwitch, ""},
  {"", "", "exec",          "",     PassedOn{}, &kSwitch, ""},
  {"", "", "noexec",        "",     PassedOn{}, &kSwitch, ""},
  {"", "", "atime",         "",     PassedOn{}, &kSwitch, ""},
  {"", "", "noatime",       "",     PassedOn{}, &kSwitch, ""},
  {"", "", "sync",          "",     PassedOn{}, &kSwitch, ""},
  {"", "", "async",         "",     PassedOn{}, &kSwitch, ""},
  {"", "", "dirsync",       "",     PassedOn{}, &kSwitch, ""},

  {"", "", "defaults",      "", Ignored{}, &kSwitch, ""},
  {"", "", "auto",          "", Ignored{}, &kSwitch, ""},
  {"", "", "noauto",        "", Ignored{}, &kSwitch, ""},
  {"", "", "user*",         "", Ignored{}, &kSwitch, ""},
  {"", "", "nouser",        "", Ignored{}, &kSwitch, ""},
  {"", "", "owner",         "", Ignored{}, &kSwitch, ""},
  {"", "", "group",         "", Ignored{}, &kSwitch, ""},
  {"", "", "nofail",        "", Ignored{}, &kSwitch, ""},
  {"", "", "_netdev",       "", Ignored{}, &kSwitch, ""},
  {"", "", "silent",        "", Ignored{}, &kSwitch, ""},
  {"", "", "loud",          "", Ignored{}, &kSwitch, ""},
  {"", "", "comment=*",     "", Ignored{}, &kSwitch, ""},
  {"", "", "x-*",           "", Ignored{}, &kSwitch, ""},
  {"", "", "X-*",           "", Ignored{}, &kSwitch, ""},

  // No file has a time of access.
  {"", "", "diratime",      "", Ignored{}, &kSwitch, ""},
  {"", "", "nodiratime",    "", Ignored{}, &kSwitch, ""},
  {"", "", "relatime",      "", Ignored{}, &kSwitch, ""},
  {"", "", "norelatime",    "", Ignored{}, &kSwitch, ""},
  {"", "", "strictatime",   "", Ignored{}, &kSwitch, ""},
  {"", "", "nostrictatime", "", Ignored{}, &kSwitch, ""},
  {"", "", "lazytime",      "", Ignored{}, &kSwitch, ""},
  {"", "", "nolazytime",    "", Ignored{}, &kSwitch, ""},

  {"", "", "symfollow",     "", Ignored{}, &kSwitch, ""},
  {"", "", "nosymfollow",   "", Refused{}, &kSwitch, "most of the mount are links"},
  // libfuse would ask who it is, but not before the kernel tells what it remembers.
  {"", "", "allow_root",    "", Refused{}, &kSwitch, "say allow_other,umask=077, which keeps all others out"},
};
// clang-format on

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

std::vector<std::string> texts_of(const Json::Value& v) {
  std::vector<std::string> found;
  for (const Json::Value& text : v) found.push_back(text.asString());
  return found;
}

std::map<std::string, Modality> modalities_of(const Json::Value& v) {
  std::map<std::string, Modality> found;
  for (const std::string& name : v.getMemberNames()) found[name] = modality_of(v[name]);
  return found;
}

std::map<std::string, Route> routes_of(const Json::Value& v) {
  std::map<std::string, Route> found;
  for (const std::string& name : v.getMemberNames()) found[name] = route_of(v[name]);
  return found;
}

std::map<std::string, rest::Peer> peers_of(const Json::Value& v) {
  std::map<std::string, rest::Peer> found;
  for (const std::string& name : v.getMemberNames()) found[name] = *rest::parse_peer(v[name]);
  return found;
}

std::map<std::string, std::string> users_of(const Json::Value& v) {
  std::map<std::string, std::string> found;
  for (const std::string& name : v.getMemberNames()) found[name] = v[name].asString();
  return found;
}

std::map<std::string, int> numbers_of(const Json::Value& v) {
  std::map<std::string, int> found;
  for (const std::string& name : v.getMemberNames()) found[name] = v[name].asInt();
  return found;
}

bool takes_number(const Option& option) {
  return std::holds_alternative<std::int64_t Settings::*>(option.target) ||
         std::holds_alternative<std::optional<std::int64_t> Settings::*>(option.target);
}

}  // namespace

std::span<const Option> options() {
  return kOptions;
}

const Option* option_of_key(std::string_view key) {
  const auto found = std::ranges::find(kOptions, key, &Option::key);
  return key.empty() || found == std::end(kOptions) ? nullptr : found;
}

const Option* option_of_mount(std::string_view name) {
  for (const Option& option : kOptions) {
    if (option.mount.empty()) continue;
    if (option.mount == name) return &option;
    if (option.mount.ends_with('*') &&
        name.starts_with(option.mount.substr(0, option.mount.size() - 1)))
      return &option;
  }
  return nullptr;
}

Result<> assign(Settings& settings, const Option& option, Json::Value v) {
  if (!option.rule->accepts(v))
    return Error{Errc::invalid_argument, "expected " + std::string(option.rule->expected)};
  std::visit(
      Overloaded{
          [&](bool Settings::*m) { settings.*m = v.asBool(); },
          [&](std::int64_t Settings::*m) { settings.*m = v.asInt64(); },
          [&](std::string Settings::*m) { settings.*m = v.asString(); },
          [&](std::optional<bool> Settings::*m) { settings.*m = v.asBool(); },
          [&](std::optional<std::int64_t> Settings::*m) { settings.*m = v.asInt64(); },
          [&](std::optional<std::string> Settings::*m) { settings.*m = v.asString(); },
          [&](std::vector<std::string> Settings::*m) { settings.*m = texts_of(v); },
          [&](std::map<std::string, Modality> Settings::*m) { settings.*m = modalities_of(v); },
          [&](std::map<std::string, Route> Settings::*m) { settings.*m = routes_of(v); },
          [&](std::map<std::string, rest::Peer> Settings::*m) { settings.*m = peers_of(v); },
          [&](std::map<std::string, std::string> Settings::*m) { settings.*m = users_of(v); },
          [&](std::map<std::string, int> Settings::*m) { settings.*m = numbers_of(v); },
          [&](Negated n) { settings.*n.member = !v.asBool(); },
          [&](Ignored) {},
          [&](Refused) {},
          [&](PassedOn) {
            const std::string name(option.mount);
            settings.fuse_options.push_back(v.isBool() ? name : name + '=' + v.asString());
          },
      },
      option.target);
  return {};
}

Result<> assign_text(Settings& settings, const Option& option,
                     std::optional<std::string_view> text) {
  if (!text) return assign(settings, option, true);
  if (takes_number(option)) {
    if (const auto number = parse_whole<std::int64_t>(*text))
      return assign(settings, option, Json::Value(Json::Int64{*number}));
  }
  return assign(settings, option, std::string(*text));
}

std::string default_json(const Option& option) {
  const Settings defaults;
  Json::Value v;
  std::visit(Overloaded{
                 [&](bool Settings::*m) { v = defaults.*m; },
                 [&](std::int64_t Settings::*m) { v = Json::Int64{defaults.*m}; },
                 [&](std::string Settings::*m) { v = defaults.*m; },
                 [&](std::optional<bool> Settings::*) { v = false; },
                 [&](std::optional<std::int64_t> Settings::*) {},
                 [&](std::optional<std::string> Settings::*) {},
                 [&](std::vector<std::string> Settings::*m) {
                   v = Json::arrayValue;
                   for (const std::string& text : defaults.*m) v.append(text);
                 },
                 [&](std::map<std::string, Modality> Settings::*) { v = Json::objectValue; },
                 [&](std::map<std::string, Route> Settings::*) { v = Json::objectValue; },
                 [&](std::map<std::string, rest::Peer> Settings::*) { v = Json::objectValue; },
                 [&](std::map<std::string, std::string> Settings::*) { v = Json::objectValue; },
                 [&](std::map<std::string, int> Settings::*) { v = Json::objectValue; },
                 [&](Negated) { v = false; },
                 [&](auto) {},
             },
             option.target);
  Json::StreamWriterBuilder writer;
  writer["indentation"] = "";
  return Json::writeString(writer, v);
}

}  // namespace dcmfs::tools
