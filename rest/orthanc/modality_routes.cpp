#include "rest/http/route.h"
#include "rest/orthanc/commitment.h"
#include "rest/orthanc/modalities.h"
#include "rest/orthanc/modality_store.h"
#include "rest/orthanc/queries.h"
#include "rest/orthanc/remote_find.h"
#include "rest/orthanc/retrieve.h"
#include "rest/orthanc/tables.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

// clang-format off
constexpr Route kModalityRoutes[] = {
    {get,     "/modalities",                         kNoLevel, read,  nothing, list_modalities,             "Other DICOM nodes; with ?expand all of each", Gives::json},
    {get,     "/modalities/{id}",                    kNoLevel, read,  nothing, show_modality,               "What can be done with a node", Gives::json},
    {put,     "/modalities/{id}",                    kNoLevel, write, text,    put_modality,                "Add or change a node: [AET, HOST, PORT], or an object", Gives::text},
    {delete_, "/modalities/{id}",                    kNoLevel, write, nothing, remove_modality,             "Remove a node that was added", Gives::text},
    {get,     "/modalities/{id}/configuration",      kNoLevel, read,  nothing, show_modality_configuration, "How a node is called, and what it may ask for", Gives::json},
    {post,    "/modalities/{id}/echo",               kNoLevel, write, text,    echo_modality,               "Whether a node answers (C-ECHO)", Gives::json},
    {post,    "/modalities/{id}/store",              kNoLevel, write, text,    store_to_modality,           "Send resources to a node (C-STORE)", Gives::json},
    {post,    "/modalities/{id}/store-straight",     kNoLevel, write, file,    store_straight,              "Send a DICOM file to a node without storing it", Gives::json},
    {post,    "/modalities/{id}/query",              kNoLevel, write, text,    query_modality,              "Search a node (C-FIND); the answers are in /queries", Gives::json},
    {post,    "/modalities/{id}/move",               kNoLevel, write, text,    move_from_modality,          "Have a node send resources (C-MOVE)", Gives::json},
    {post,    "/modalities/{id}/get",                kNoLevel, write, text,    get_from_modality,           "Fetch resources from a node (C-GET)", Gives::json},
    {post,    "/modalities/{id}/find",               kNoLevel, write, text,    find_tree,                   "Search patients of a node, with their studies and series", Gives::json},
    {post,    "/modalities/{id}/find-patient",       kNoLevel, write, text,    find_at<Level::patient>,     "Search patients of a node", Gives::json},
    {post,    "/modalities/{id}/find-study",         kNoLevel, write, text,    find_at<Level::study>,       "Search studies of a node", Gives::json},
    {post,    "/modalities/{id}/find-series",        kNoLevel, write, text,    find_at<Level::series>,      "Search series of a node", Gives::json},
    {post,    "/modalities/{id}/find-instance",      kNoLevel, write, text,    find_at<Level::instance>,    "Search instances of a node", Gives::json},
    {post,    "/modalities/{id}/find-worklist",      kNoLevel, write, text,    find_worklist,               "Search the modality worklist of a node", Gives::json},
    {post,    "/modalities/{id}/storage-commitment", kNoLevel, write, text,    ask_commitment,              "Ask a node to commit to what it stores", Gives::json},
    {get,     "/storage-commitment/{id}",            kNoLevel, read,  nothing, show_commitment,             "What a node has committed to", Gives::json},
    {post,    "/storage-commitment/{id}/remove",     kNoLevel, write, text,    remove_committed,            "Remove what a node has committed to", Gives::json},
    {post,    "/tools/dicom-echo",                   kNoLevel, write, text,    echo_node,                   "Whether a node that is in no list answers (C-ECHO)", Gives::json},
};
constexpr Route kQueryRoutes[] = {
    {get,     "/queries",                                      kNoLevel, read,  nothing, list_queries,                 "Searches of other nodes", Gives::json},
    {get,     "/queries/{id}",                                 kNoLevel, read,  nothing, show_query,                   "What can be done with a search", Gives::json},
    {delete_, "/queries/{id}",                                 kNoLevel, write, nothing, remove_query,                 "Forget a search", Gives::text},
    {get,     "/queries/{id}/level",                           kNoLevel, read,  nothing, query_level,                  "The level that was searched", Gives::text},
    {get,     "/queries/{id}/modality",                        kNoLevel, read,  nothing, query_node,                   "The node that was searched", Gives::text},
    {get,     "/queries/{id}/query",                           kNoLevel, read,  nothing, query_keys,                   "What was searched for", Gives::json},
    {get,     "/queries/{id}/answers",                         kNoLevel, read,  nothing, list_answers,                 "Numbers of the answers; with ?expand the answers", Gives::json},
    {get,     "/queries/{id}/answers/{index}",                 kNoLevel, read,  nothing, show_answer,                  "What can be done with an answer", Gives::json},
    {get,     "/queries/{id}/answers/{index}/content",         kNoLevel, read,  nothing, answer_content,               "An answer", Gives::json},
    {post,    "/queries/{id}/answers/{index}/retrieve",        kNoLevel, write, text,    retrieve_answer,              "Have what was found sent to an AE title, or here", Gives::json},
    {post,    "/queries/{id}/answers/{index}/query-studies",   kNoLevel, write, text,    query_below<Level::study>,    "Search the studies of an answer", Gives::json},
    {post,    "/queries/{id}/answers/{index}/query-series",    kNoLevel, write, text,    query_below<Level::series>,   "Search the series of an answer", Gives::json},
    {post,    "/queries/{id}/answers/{index}/query-instances", kNoLevel, write, text,    query_below<Level::instance>, "Search the instances of an answer", Gives::json},
    {post,    "/queries/{id}/retrieve",                        kNoLevel, write, text,    retrieve_answers,             "Have all that was found sent to an AE title, or here", Gives::json},
};
// clang-format on

}  // namespace

RouteTable modality_routes() {
  return kModalityRoutes;
}
RouteTable query_routes() {
  return kQueryRoutes;
}

}  // namespace dcmfs::rest
