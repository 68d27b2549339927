#include "rest/http/json_writer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "store/dicom/json.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kIndent = 3;
// Deeper lines are indented no more: nested sequences would make an answer of nothing but spaces.
constexpr std::size_t kIndentedLevelsMax = 20;

constexpr bool stands_for_itself(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

}  // namespace

JsonWriter& JsonWriter::key(std::string_view name) {
  begin_value();
  append_text(name);
  out_ += " : ";
  after_key_ = true;
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

void JsonWriter::begin_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (depth_ == 0) return;
  if (!first_) out_ += ',';
  first_ = false;
  new_line();
}

void JsonWriter::new_line() {
  if (layout_ == Layout::one_line) return;
  out_ += '\n';
  out_.append(kIndent * std::min(depth_, kIndentedLevelsMax), ' ');
}

// Most texts are plain ASCII, which is copied as it is.
void JsonWriter::append_text(std::string_view text) {
  if (!std::ranges::all_of(text, stands_for_itself)) return append_json_string(out_, text);
  out_ += '"';
  out_ += text;
  out_ += '"';
}

}  // namespace dcmfs::rest
