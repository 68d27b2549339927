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
    {get,  "/tools",                            kNoLevel, read,  nothing, list_tools,                 "What is below", Gives::json},
    {get,  "/tools/now",                        kNoLevel, read,  nothing, now_utc,                    "The time, UTC", Gives::text},
    {get,  "/tools/now-local",                  kNoLevel, read,  nothing, now_local,                  "The time where this server is", Gives::text},
    {get,  "/tools/generate-uid",               kNoLevel, read,  nothing, generate_uid,               "A UID that nothing has; ?level", Gives::text},
    {get,  "/tools/dicom-conformance",          kNoLevel, read,  nothing, dicom_conformance,          "What this DICOM node can do", Gives::text},
    {post, "/tools/execute-script",             kNoLevel, write, text,    execute_script,             "Never", Gives::text},

    {post, "/instances/{id}/export",           kNoLevel, write, text,    write_to_disk,              "Never", Gives::text},
    {post, "/tools/reset",                     kNoLevel, write, text,    restart_program,            "Begin anew, with the configuration as it is now", Gives::json},
    {post, "/tools/shutdown",                  kNoLevel, write, text,    stop_program,               "End the program", Gives::json},
    {get,  "/tools/log-level",                  kNoLevel, read,  nothing, show_log_level,             "How much is logged: default, verbose or trace", Gives::text},
    {put,  "/tools/log-level",                  kNoLevel, write, text,    put_log_level,              "Sets that to the body", Gives::text},
    {get,  "/tools/log-level-dicom",            kNoLevel, read,  nothing, show_log_level,             "The same: one level for all", Gives::text},
    {put,  "/tools/log-level-dicom",            kNoLevel, write, text,    put_log_level,              "Sets the same", Gives::text},
    {get,  "/tools/log-level-generic",          kNoLevel, read,  nothing, show_log_level,             "The same", Gives::text},
    {put,  "/tools/log-level-generic",          kNoLevel, write, text,    put_log_level,              "Sets the same", Gives::text},
    {get,  "/tools/log-level-http",             kNoLevel, read,  nothing, show_log_level,             "The same", Gives::text},
    {put,  "/tools/log-level-http",             kNoLevel, write, text,    put_log_level,              "Sets the same", Gives::text},
    {get,  "/tools/log-level-jobs",             kNoLevel, read,  nothing, show_log_level,             "The same", Gives::text},
    {put,  "/tools/log-level-jobs",             kNoLevel, write, text,    put_log_level,              "Sets the same", Gives::text},
    {get,  "/tools/log-level-lua",              kNoLevel, read,  nothing, show_log_level,             "The same", Gives::text},
    {put,  "/tools/log-level-lua",              kNoLevel, write, text,    put_log_level,              "Sets the same", Gives::text},
    {get,  "/tools/log-level-plugins",          kNoLevel, read,  nothing, show_log_level,             "The same", Gives::text},
    {put,  "/tools/log-level-plugins",          kNoLevel, write, text,    put_log_level,              "Sets the same", Gives::text},
    {get,  "/tools/log-level-sqlite",           kNoLevel, read,  nothing, show_log_level,             "The same", Gives::text},
    {put,  "/tools/log-level-sqlite",           kNoLevel, write, text,    put_log_level,              "Sets the same", Gives::text},

    {get,  "/tools/metrics-prometheus",         kNoLevel, read,  nothing, metrics,                    "Numbers for a monitoring system", Gives::text},
    {get,  "/tools/metrics",                    kNoLevel, read,  nothing, show_metrics_switch,        "Whether there are any: 1", Gives::text},
    {put,  "/tools/metrics",                    kNoLevel, write, text,    put_metrics_switch,         "1", Gives::text},
    {get,  "/tools/default-encoding",           kNoLevel, read,  nothing, show_default_encoding,      "Of text that does not say which", Gives::text},
    {put,  "/tools/default-encoding",           kNoLevel, write, text,    put_default_encoding,       "The same, or 403", Gives::text},
    {get,  "/tools/accepted-transfer-syntaxes", kNoLevel, read,  nothing, accepted_transfer_syntaxes, "In which instances are received by C-STORE", Gives::json},
    {put,  "/tools/accepted-transfer-syntaxes", kNoLevel, write, text,    put_accepted_transfer_syntaxes, "Sets that until the next start: UIDs with * and ?", Gives::json},
    {get,  "/tools/unknown-sop-class-accepted", kNoLevel, read,  nothing, unknown_sop_class_accepted, "Whether instances are received of which PS3.6 knows nothing: 0 or 1", Gives::text},
    {put,  "/tools/unknown-sop-class-accepted", kNoLevel, write, text,    put_unknown_sop_class_accepted, "Sets that until the next start", Gives::text},

    {get,  "/plugins",                          kNoLevel, read,  nothing, list_plugins,               "Which there are", Gives::json},
    {get,  "/plugins/explorer.js",              kNoLevel, read,  nothing, explorer_script,            "Extensions of Orthanc Explorer: none", Gives::text},
    {get,  "/plugins/{plugin}",                 kNoLevel, read,  nothing, show_plugin,                "One of them", Gives::json},
};
// clang-format on

}  // namespace

RouteTable tools_routes() {
  return kToolsRoutes;
}

}  // namespace dcmfs::rest
