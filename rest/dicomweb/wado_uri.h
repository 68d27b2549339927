#pragma once
// WADO-URI (PS3.18 9): one instance by query parameters, as a picture or as its file.
#include "rest/http/route.h"

namespace dcmfs::rest {

// requestType=WADO, studyUID, seriesUID and objectUID. contentType: image/jpeg (the default of single
// frames, and where frameNumber is said), image/png, application/dicom (the default of all else, Explicit
// VR Little Endian unless transferSyntax says another; anonymize=yes); without it the Accept header. Of pictures:
// frameNumber from 1, rows and columns at most, region, windowCenter with windowWidth, imageQuality, annotation,
// iccprofile, presentationUID with presentationSeriesUID, which go with no window. 400: a parameter is missing or
// wrong, or the presentation state is not about this image; 406: it cannot be had so.
Result<Response> wado_uri(const Services&, Request&);

}  // namespace dcmfs::rest
