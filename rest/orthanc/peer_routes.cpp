#include "rest/http/route.h"
#include "rest/orthanc/peers.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kPeerRoutes[] = {
    {get,     "/peers",                     kNoLevel, read,  nothing, list_peers,              "Other REST servers; with ?expand all of each", Gives::json},
    {get,     "/peers/{id}",                kNoLevel, read,  nothing, show_peer,               "What can be done with a peer", Gives::json},
    {put,     "/peers/{id}",                kNoLevel, write, text,    put_peer,                "Add or change a peer: [URL], [URL, USER, PASSWORD], or an object", Gives::text},
    {delete_, "/peers/{id}",                kNoLevel, write, nothing, remove_peer,             "Remove a peer that was added", Gives::text},
    {get,     "/peers/{id}/configuration",  kNoLevel, read,  nothing, show_peer_configuration, "How a peer is called", Gives::json},
    {get,     "/peers/{id}/system",         kNoLevel, read,  nothing, peer_system,             "What a peer says of itself", Gives::json},
    {post,    "/peers/{id}/store",          kNoLevel, write, text,    store_to_peer,           "Send resources to a peer", Gives::json},
    {post,    "/peers/{id}/store-straight", kNoLevel, write, file,    store_straight_to_peer,  "Send a DICOM file to a peer without storing it", Gives::json},
};
// clang-format on

}  // namespace

RouteTable peer_routes() {
  return kPeerRoutes;
}

}  // namespace dcmfs::rest
