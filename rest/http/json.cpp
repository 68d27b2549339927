#include "rest/http/json.h"

#include <memory>

#include <json/json.h>

#include "store/dicom/text.h"

namespace dcmfs::rest {
namespace {

constexpr int kNestingMax = 500;

Error wrong_type(const char* key, std::string_view wanted) {
  return {Errc::invalid_argument, '"' + std::string(key) + "\" must be " + std::string(wanted)};
}

const Json::Value* member(const Json::Value& object, const char* key) {
  if (!object.isObject()) return nullptr;
  const Json::Value* found = object.find(key, key + std::string_view(key).size());
  return found && !found->isNull() ? found : nullptr;
}

}  // namespace

std::string json_text(const Json::Value& value) {
  Json::StreamWriterBuilder writer;
  writer["indentation"] = "   ";
  writer["emitUTF8"] = true;
  return Json::writeString(writer, value) + '\n';
}

Response json_response(const Json::Value& value) {
  return {.body = json_text(value)};
}

Response empty_object() {
  return {.body = "{}\n"};
}

Result<Json::Value> parse_json(std::string_view text) {
  const Error bad{Errc::invalid_argument, "this is no JSON"};
  if (!is_valid_utf8(text)) return Error{Errc::invalid_argument, "JSON must be UTF-8"};
  Json::CharReaderBuilder builder;
  builder["failIfExtra"] = true;
  builder["rejectDupKeys"] = true;
  builder["allowComments"] = false;
  builder["stackLimit"] = kNestingMax;
  builder["skipBom"] = true;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value value;
  std::string reason;
  try {
    if (!reader->parse(text.data(), text.data() + text.size(), &value, &reason)) return bad;
  } catch (const std::exception&) {
    return Error{Errc::invalid_argument, "this JSON is nested too deep"};
  }
  return value;
}

Result<Json::Value> json_object(const Request& request) {
  if (request.body.text.find_first_not_of(" \t\r\n") == std::string::npos)
    return Json::Value(Json::objectValue);
  DCMFS_TRY(auto value, parse_json(request.body.text));
  if (!value.isObject()) return Error{Errc::invalid_argument, "the body must be a JSON object"};
  return value;
}

Result<bool> json_bool(const Json::Value& object, const char* key, bool otherwise) {
  const auto* found = member(object, key);
  if (!found) return otherwise;
  if (!found->isBool()) return wrong_type(key, "true or false");
  return found->asBool();
}

Result<std::int64_t> json_number(const Json::Value& object, const char* key,
                                 std::int64_t otherwise) {
  const auto* found = member(object, key);
  if (!found) return otherwise;
  if (!found->isInt64()) return wrong_type(key, "a whole number");
  return found->asInt64();
}

Result<std::string> json_string(const Json::Value& object, const char* key,
                                std::string_view otherwise) {
  const auto* found = member(object, key);
  if (!found) return std::string(otherwise);
  if (!found->isString()) return wrong_type(key, "a text");
  return found->asString();
}

Result<std::vector<std::string>> json_strings(const Json::Value& object, const char* key) {
  std::vector<std::string> texts;
  const auto* found = member(object, key);
  if (!found) return texts;
  if (!found->isArray()) return wrong_type(key, "a list of texts");
  for (const auto& element : *found) {
    if (!element.isString()) return wrong_type(key, "a list of texts");
    texts.push_back(element.asString());
  }
  return texts;
}

}  // namespace dcmfs::rest
