#include "rest/orthanc/metrics.h"
#include "rest/orthanc/tables.h"
#include "rest/orthanc/tools.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kToolsRoutes[] = {
    {get,  "/tools",                            kNoLevel, read,  nothing, list_tools,                 "What is below"},
    {get,  "/tools/now",                        kNoLevel, read,  nothing, now_utc,                    "The time, UTC"},
    {get,  "/tools/now-local",                  kNoLevel, read,  nothing, now_local,                  "The time where this server is"},
    {get,  "/tools/generate-uid",               kNoLevel, read,  nothing, generate_uid,               "A UID that nothing has; ?level"},
    {get,  "/tools/dicom-conformance",          kNoLevel, read,  nothing, dicom_conformance,          "What this DICOM node can do"},
    {post, "/tools/execute-script",             kNoLevel, write, text,    execute_script,             "Never"},

    {get,  "/tools/log-level",                  kNoLevel, read,  nothing, show_log_level,             "How much is logged: default, verbose or trace"},
    {put,  "/tools/log-level",                  kNoLevel, write, text,    put_log_level,              "Sets that to the body"},
    {get,  "/tools/log-level-dicom",            kNoLevel, read,  nothing, show_log_level,             "The same: one level for all"},
    {get,  "/tools/log-level-generic",          kNoLevel, read,  nothing, show_log_level,             "The same"},
    {get,  "/tools/log-level-http",             kNoLevel, read,  nothing, show_log_level,             "The same"},
    {get,  "/tools/log-level-jobs",             kNoLevel, read,  nothing, show_log_level,             "The same"},
    {get,  "/tools/log-level-lua",              kNoLevel, read,  nothing, show_log_level,             "The same"},
    {get,  "/tools/log-level-plugins",          kNoLevel, read,  nothing, show_log_level,             "The same"},
    {get,  "/tools/log-level-sqlite",           kNoLevel, read,  nothing, show_log_level,             "The same"},

    {get,  "/tools/metrics-prometheus",         kNoLevel, read,  nothing, metrics,                    "Numbers for a monitoring system"},
    {get,  "/tools/metrics",                    kNoLevel, read,  nothing, show_metrics_switch,        "Whether there are any: 1"},
    {put,  "/tools/metrics",                    kNoLevel, write, text,    put_metrics_switch,         "1"},
    {get,  "/tools/default-encoding",           kNoLevel, read,  nothing, show_default_encoding,      "Of text that does not say which"},
    {put,  "/tools/default-encoding",           kNoLevel, write, text,    put_default_encoding,       "The same, or 403"},
    {get,  "/tools/accepted-transfer-syntaxes", kNoLevel, read,  nothing, accepted_transfer_syntaxes, "In which instances are received by C-STORE"},
    {put,  "/tools/accepted-transfer-syntaxes", kNoLevel, write, text,    refuse_change,              "403: see AcceptedTransferSyntaxes"},
    {get,  "/tools/unknown-sop-class-accepted", kNoLevel, read,  nothing, unknown_sop_class_accepted, "Whether instances are received of which PS3.6 knows nothing: 0 or 1"},
    {put,  "/tools/unknown-sop-class-accepted", kNoLevel, write, text,    refuse_change,              "403: see UnknownSopClassAccepted"},

    {get,  "/plugins",                          kNoLevel, read,  nothing, list_plugins,               "Which there are"},
    {get,  "/plugins/explorer.js",              kNoLevel, read,  nothing, explorer_script,            "Extensions of Orthanc Explorer: none"},
    {get,  "/plugins/{plugin}",                 kNoLevel, read,  nothing, show_plugin,                "One of them"},
};
// clang-format on

}  // namespace

RouteTable tools_routes() {
  return kToolsRoutes;
}

}  // namespace dcmfs::rest
