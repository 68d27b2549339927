#include <array>
#include <iterator>
#include <utility>

#include "rest/dicomweb/bulkdata.h"
#include "rest/dicomweb/bulkdata_list.h"
#include "rest/dicomweb/capabilities.h"
#include "rest/dicomweb/frames.h"
#include "rest/dicomweb/metadata.h"
#include "rest/dicomweb/rendered.h"
#include "rest/dicomweb/retrieve.h"
#include "rest/dicomweb/search.h"
#include "rest/dicomweb/store_instances.h"
#include "rest/dicomweb/tables.h"
#include "rest/dicomweb/wado_uri.h"

namespace dcmfs::rest {
namespace {

using enum Method;
using enum Access;
using enum Takes;

#define DCMFS_STUDY "/dicom-web/studies/{study}"
#define DCMFS_SERIES DCMFS_STUDY "/series/{series}"
#define DCMFS_INSTANCE DCMFS_SERIES "/instances/{instance}"
// PS3.18 8.3.5.1
#define DCMFS_AS_ASKED ": ?viewport, ?window, ?quality, ?annotation, ?iccprofile"
// PS3.18 9.4.1
#define DCMFS_WADO                                                                              \
  ": ?requestType=WADO, ?studyUID, ?seriesUID, ?objectUID, ?contentType, ?frameNumber, ?rows, " \
  "?columns, ?region, ?windowCenter, "                                                          \
  "?windowWidth, ?imageQuality, ?annotation, ?iccprofile, ?presentationSeriesUID, "             \
  "?presentationUID, ?transferSyntax, ?anonymize"

// clang-format off
constexpr Route kDicomwebRoutes[] = {
    {get, "/dicom-web/studies",           kNoLevel, read, nothing, search_for_studies,   "Search for studies", Gives::json},
    {get, "/dicom-web/series",            kNoLevel, read, nothing, search_for_series,    "Search for series", Gives::json},
    {get, "/dicom-web/instances",         kNoLevel, read, nothing, search_for_instances, "Search for instances", Gives::json},
    {get, DCMFS_STUDY "/series",          kNoLevel, read, nothing, search_for_series,    "Search for series of a study", Gives::json},
    {get, DCMFS_STUDY "/instances",       kNoLevel, read, nothing, search_for_instances, "Search for instances of a study", Gives::json},
    {get, DCMFS_SERIES "/instances",      kNoLevel, read, nothing, search_for_instances, "Search for instances of a series", Gives::json},

    {get, DCMFS_STUDY,                    kNoLevel, read, nothing, retrieve_instances,   "Files of a study", Gives::bytes},
    {get, DCMFS_SERIES,                   kNoLevel, read, nothing, retrieve_instances,   "Files of a series", Gives::bytes},
    {get, DCMFS_INSTANCE,                 kNoLevel, read, nothing, retrieve_instances,   "File of an instance", Gives::bytes},
    {get, DCMFS_STUDY "/metadata",        kNoLevel, read, nothing, retrieve_metadata,    "Metadata of a study", Gives::json},
    {get, DCMFS_SERIES "/metadata",       kNoLevel, read, nothing, retrieve_metadata,    "Metadata of a series", Gives::json},
    {get, DCMFS_INSTANCE "/metadata",     kNoLevel, read, nothing, retrieve_metadata,    "Metadata of an instance", Gives::json},
    {get, DCMFS_INSTANCE "/frames/{frames}", kNoLevel, read, nothing, retrieve_frames,   "Frames of an instance", Gives::bytes},
    {get, DCMFS_INSTANCE "/bulkdata",     kNoLevel, read, nothing, retrieve_all_bulkdata, "All long values of an instance", Gives::bytes},
    {get, DCMFS_INSTANCE "/bulkdata/{path...}", kNoLevel, read, nothing, retrieve_bulkdata, "A long value, pixels or a document", Gives::bytes},
    {get, DCMFS_STUDY "/bulkdata",        kNoLevel, read, nothing, retrieve_all_bulkdata, "All long values of a study", Gives::bytes},
    {get, DCMFS_SERIES "/bulkdata",       kNoLevel, read, nothing, retrieve_all_bulkdata, "All long values of a series", Gives::bytes},
    {get, DCMFS_STUDY "/pixeldata",       kNoLevel, read, nothing, retrieve_pixeldata,   "Pixel data of a study", Gives::bytes},
    {get, DCMFS_SERIES "/pixeldata",      kNoLevel, read, nothing, retrieve_pixeldata,   "Pixel data of a series", Gives::bytes},
    {get, DCMFS_INSTANCE "/pixeldata",    kNoLevel, read, nothing, retrieve_pixeldata,   "Pixel data of an instance", Gives::bytes},
    {get, DCMFS_STUDY "/rendered",        kNoLevel, read, nothing, retrieve_rendered,    "A picture of a study" DCMFS_AS_ASKED, Gives::bytes},
    {get, DCMFS_SERIES "/rendered",       kNoLevel, read, nothing, retrieve_rendered,    "A picture of a series" DCMFS_AS_ASKED, Gives::bytes},
    {get, DCMFS_INSTANCE "/rendered",     kNoLevel, read, nothing, retrieve_rendered,    "An instance as a picture" DCMFS_AS_ASKED, Gives::bytes},
    {get, DCMFS_INSTANCE "/frames/{frames}/rendered", kNoLevel, read, nothing, retrieve_rendered, "A frame as a picture" DCMFS_AS_ASKED, Gives::bytes},
    {get, DCMFS_STUDY "/thumbnail",       kNoLevel, read, nothing, retrieve_thumbnail,   "A small picture of a study" DCMFS_AS_ASKED, Gives::bytes},
    {get, DCMFS_SERIES "/thumbnail",      kNoLevel, read, nothing, retrieve_thumbnail,   "A small picture of a series" DCMFS_AS_ASKED, Gives::bytes},
    {get, DCMFS_INSTANCE "/thumbnail",    kNoLevel, read, nothing, retrieve_thumbnail,   "A small picture of an instance" DCMFS_AS_ASKED, Gives::bytes},
    {get, DCMFS_INSTANCE "/frames/{frames}/thumbnail", kNoLevel, read, nothing, retrieve_thumbnail, "A small picture of a frame" DCMFS_AS_ASKED, Gives::bytes},

    {post, "/dicom-web/studies",          kNoLevel, write, files,  store_instances,      "Store instances", Gives::json},
    {post, DCMFS_STUDY,                   kNoLevel, write, files,  store_instances,      "Store instances of a study", Gives::json},

    {get, "/dicom-web",                   kNoLevel, read, nothing, capabilities,         "What of DICOMweb there is", Gives::json},
    {get, "/wado",                        kNoLevel, read, nothing, wado_uri,             "An instance by WADO-URI" DCMFS_WADO, Gives::bytes},
};
// clang-format on

#undef DCMFS_STUDY
#undef DCMFS_SERIES
#undef DCMFS_INSTANCE
#undef DCMFS_AS_ASKED
#undef DCMFS_WADO

// RFC 9110 12.5.5: all of these answers, and what they refuse, depend on Accept, and a cache must know.
template <std::size_t kRow>
Result<Response> negotiated(const Services& services, Request& request) {
  auto response = kDicomwebRoutes[kRow].handler(services, request);
  if (response) response->headers.emplace("Vary", "Accept");
  return response;
}
template <std::size_t... kRows>
constexpr auto with_vary(std::index_sequence<kRows...>) {
  auto routes = std::to_array(kDicomwebRoutes);
  ((routes[kRows].handler = negotiated<kRows>), ...);
  return routes;
}
constexpr auto kNegotiatedRoutes =
    with_vary(std::make_index_sequence<std::size(kDicomwebRoutes)>());

}  // namespace

RouteTable dicomweb_routes() {
  return kNegotiatedRoutes;
}

}  // namespace dcmfs::rest
