#include "rest/http/route.h"
#include "rest/servers/retrieve_job.h"
#include "rest/servers/servers.h"
#include "rest/servers/stow_job.h"
#include "rest/servers/tables.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kServerRoutes[] = {
    {get,     "/dicom-web/servers",               kNoLevel, read,  nothing, list_servers,         "Other servers of DICOMweb; with ?expand all of each", Gives::json},
    {get,     "/dicom-web/servers/{id}",          kNoLevel, read,  nothing, show_server,          "What can be done with a server", Gives::json},
    {put,     "/dicom-web/servers/{id}",          kNoLevel, write, text,    put_server,           "Add or change a server: [URL], [URL, USER, PASSWORD], or an object", Gives::text},
    {delete_, "/dicom-web/servers/{id}",          kNoLevel, write, nothing, remove_server,        "Remove a server that was added", Gives::text},
    {post,    "/dicom-web/servers/{id}/get",      kNoLevel, write, text,    get_from_server,      "What a server answers to \"Uri\", as it answers it", Gives::bytes},
    {post,    "/dicom-web/servers/{id}/qido",     kNoLevel, write, text,    search_server,        "Search a server", Gives::json},
    {post,    "/dicom-web/servers/{id}/wado",     kNoLevel, write, text,    wado_from_server,     "Store what a server answers to \"Uri\"", Gives::json},
    {post,    "/dicom-web/servers/{id}/retrieve", kNoLevel, write, text,    retrieve_from_server, "Fetch studies, series or instances from a server", Gives::json},
    {post,    "/dicom-web/servers/{id}/stow",     kNoLevel, write, text,    stow_to_server,       "Send resources to a server", Gives::json},
    {post,    "/dicom-web/servers/{id}/delete",   kNoLevel, write, text,    delete_from_server,   "Have a server remove a study, a series or an instance", Gives::json},
};
// clang-format on

}  // namespace

RouteTable server_routes() {
  return kServerRoutes;
}

}  // namespace dcmfs::rest
