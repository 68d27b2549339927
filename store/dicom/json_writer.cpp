#include "store/dicom/json_writer.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "store/dicom/json.h"

namespace dcmfs {
namespace {

constexpr bool stands_for_itself(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

}  // namespace

JsonWriter& JsonWriter::key(std::string_view name) {
  raw_key();
  append_text(name);
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
  begin_value();
  append_text(value);
  return *this;
}

JsonWriter& JsonWriter::number(std::int64_t value) {
  begin_value();
  char digits[24];
  out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  return *this;
}

JsonWriter& JsonWriter::decimal(double value, int digits) {
  begin_value();
  char text[std::numeric_limits<double>::max_exponent10 + 32];
  const auto end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits).ptr;
  out_.append(text, end);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  begin_value();
  out_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::null() {
  begin_value();
  out_ += "null";
  return *this;
}

std::string JsonWriter::take_so_far() {
  return std::exchange(out_, {});
}

std::string JsonWriter::take() && {
  out_ += '\n';
  return std::move(out_);
}

JsonWriter& JsonWriter::open(char bracket) {
  begin_value();
  out_ += bracket;
  ++depth_;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  --depth_;
  if (!first_) new_line();
  first_ = false;
  out_ += bracket;
  return *this;
}

// Most texts are plain ASCII, which is copied as it is.
void JsonWriter::append_text(std::string_view text) {
  if (!std::ranges::all_of(text, stands_for_itself)) return append_json_string(out_, text);
  out_ += '"';
  out_ += text;
  out_ += '"';
}

}  // namespace dcmfs
