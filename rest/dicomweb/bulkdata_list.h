#pragma once
// All bulk data of a study, series or instance, or its pixel data alone, in parts (PS3.18 10.4.1.1.4): each says by its
// Content-Location which value of the metadata it is. What cannot be had as the client asks is left out; 406: nothing can.
#include "rest/http/route.h"

namespace dcmfs::rest {

Result<Response> retrieve_all_bulkdata(const Services&, Request&);
Result<Response> retrieve_pixeldata(const Services&, Request&);

}  // namespace dcmfs::rest
