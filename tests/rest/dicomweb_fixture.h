#pragma once
// What tests of DICOMweb ask and look at.
#include <string>
#include <string_view>
#include <vector>

#include "tests/rest/api.h"
#include "tests/support/make_dicom.h"

namespace dcmfs::rest {

struct BodyPart {
  std::string head, body;
};

inline std::vector<BodyPart> parts_of(const Answer& answer) {
  std::vector<BodyPart> parts;
  const auto begin = answer.headers.find("boundary=");
  if (begin == std::string::npos) return parts;
  const std::string boundary =
      "--" + answer.headers.substr(begin + 9, answer.headers.find("\r\n", begin) - begin - 9);
  const std::string body = "\r\n" + answer.body;
  auto at = body.find("\r\n" + boundary);
  while (at != std::string::npos) {
    at += 2 + boundary.size();
    if (body.substr(at, 2) == "--") return parts;
    const auto next = body.find("\r\n" + boundary, at);
    const auto part = body.substr(at + 2, next - at - 2);
    const auto end = part.find("\r\n\r\n");
    parts.push_back({part.substr(0, end + 2), part.substr(end + 4)});
    at = next;
  }
  parts.push_back({"<the last boundary is missing>", ""});
  return parts;
}

class DicomwebFixture : public Api {
 protected:
  std::string add(const DicomBuilder& dicom) {
    auto bytes = dicom.bytes();
    store_.add(bytes);
    return bytes;
  }
  static std::string uid_of(const DicomBuilder& dicom, Tag tag) {
    return dicom.dataset().text_or(tag, "");
  }
  static std::string path_of(const DicomBuilder& dicom) {
    return "/dicom-web/studies/" + uid_of(dicom, tags::StudyInstanceUID) + "/series/" +
           uid_of(dicom, tags::SeriesInstanceUID) + "/instances/" +
           uid_of(dicom, tags::SOPInstanceUID);
  }
};

}  // namespace dcmfs::rest
