#include "rest/json.h"

#include <json/json.h>

namespace dcmfs::rest {

std::string json_text(const Json::Value& value) {
  Json::StreamWriterBuilder writer;
  writer["indentation"] = "   ";
  writer["emitUTF8"] = true;
  return Json::writeString(writer, value) + '\n';
}

}  // namespace dcmfs::rest
