#include "rest/http/json.h"

#include <limits>
#include <memory>

#include <json/json.h>

#include "store/dicom/json_size.h"
#include "store/dicom/text.h"

namespace dcmfs::rest {
namespace {

struct JsonLimits {
  int nesting_max;
  std::size_t values_max;
};
constexpr JsonLimits kFromOutside{400, kJsonValuesMax};
constexpr JsonLimits kOurOwn{500, std::numeric_limits<std::size_t>::max()};

Error wrong_type(const char* key, std::string_view wanted) {
  return {Errc::invalid_argument, '"' + std::string(key) + "\" must be " + std::string(wanted)};
}

const Json::Value* member(const Json::Value& object, const char* key) {
  if (!object.isObject()) return nullptr;
  const Json::Value* found = object.find(key, key + std::string_view(key).size());
  return found && !found->isNull() ? found : nullptr;
}

// JsonCpp makes bytes of "\udc00" that are no UTF-8, and would write them as they are: a text that
// nobody could read again.
bool is_utf8_throughout(const Json::Value& value) {
  const char *begin = nullptr, *end = nullptr;
  if (value.isString() && value.getString(&begin, &end) && !is_valid_utf8({begin, end}))
    return false;
  for (auto each = value.begin(); each != value.end(); ++each) {
    begin = each.memberName(&end);  // null in an array
    if (!is_valid_utf8({begin, end}) || !is_utf8_throughout(*each)) return false;
  }
  return true;
}

Result<Json::Value> parse_within(const JsonLimits& limits, std::string_view text) {
  const Error bad{Errc::invalid_argument, "this is no JSON"};
  const Error not_utf8{Errc::invalid_argument, "JSON must be UTF-8"};
  if (!is_valid_utf8(text)) return not_utf8;
  if (json_values_in(text) > limits.values_max)
    return Error{Errc::too_large, "this JSON has too many values"};
  Json::CharReaderBuilder builder;
  builder["failIfExtra"] = true;
  builder["rejectDupKeys"] = true;
  builder["allowComments"] = false;
  builder["stackLimit"] = limits.nesting_max;
  builder["skipBom"] = true;
  const std::unique_ptr<Json::CharReader> reader(builder.newCharReader());
  Json::Value value;
  std::string reason;
  try {
    if (!reader->parse(text.data(), text.data() + text.size(), &value, &reason)) return bad;
  } catch (const std::exception&) {
    return Error{Errc::invalid_argument, "this JSON is nested too deep"};
  }
  if (!is_utf8_throughout(value)) return not_utf8;
  return value;
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
  return parse_within(kFromOutside, text);
}

Result<Json::Value> parse_own_json(std::string_view text) {
  return parse_within(kOurOwn, text);
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
