#pragma once
// A reader of JSON that accepts RFC 8259 and nothing more, and no key twice in one object.
#include <cctype>
#include <set>
#include <string>
#include <string_view>

#include "store/dicom/text.h"

namespace dcmfs {

class StrictJson {
 public:
  // "" if `text` is one JSON value, else what is wrong with it.
  static std::string error_of(std::string_view text) {
    if (!is_valid_utf8(text)) return "not UTF-8";
    StrictJson json(text);
    if (!json.value()) return "at byte " + std::to_string(json.at_) + ": " + json.why_;
    json.space();
    return json.at_ == text.size() ? "" : "text behind the value";
  }

 private:
  explicit StrictJson(std::string_view text) : text_(text) {}

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) { return peek() == c && ++at_ != 0; }
  bool fail(const char* why) {
    why_ = why;
    return false;
  }
  void space() {
    while (peek() == ' ' || peek() == '\n') ++at_;
  }
  bool word(std::string_view w) {
    if (text_.substr(at_, w.size()) != w) return fail("an unknown word");
    at_ += w.size();
    return true;
  }
  bool digits() {
    const std::size_t begin = at_;
    while (std::isdigit(static_cast<unsigned char>(peek())) != 0) ++at_;
    return at_ > begin ? true : fail("a digit is missing");
  }
  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('-')) take('+');
    return digits();
  }
  bool string(std::string& out) {
    if (!take('"')) return fail("a string is missing");
    for (;;) {
      if (at_ >= text_.size()) return fail("a string without end");
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return fail("a control character");
      out.push_back(c);
      if (c != '\\') continue;
      const char escaped = text_[at_++];
      out.push_back(escaped);
      if (escaped == 'u') {
        for (int i = 0; i < 4; ++i) {
          if (std::isxdigit(static_cast<unsigned char>(peek())) == 0) return fail("a wrong \\u");
          out.push_back(text_[at_++]);
        }
      } else if (std::string_view("\"\\/bfnrt").find(escaped) == std::string_view::npos) {
        return fail("an unknown escape");
      }
    }
  }
  bool object() {
    std::set<std::string> keys;
    space();
    if (take('}')) return true;
    do {
      space();
      std::string key;
      if (!string(key)) return false;
      if (!keys.insert(key).second) return fail("a key twice");
      space();
      if (!take(':')) return fail("a colon is missing");
      if (!value()) return false;
      space();
    } while (take(','));
    return take('}') ? true : fail("a brace is missing");
  }
  bool array() {
    space();
    if (take(']')) return true;
    do {
      if (!value()) return false;
      space();
    } while (take(','));
    return take(']') ? true : fail("a bracket is missing");
  }
  bool value() {
    space();
    switch (peek()) {
      case '{':
        return ++at_, object();
      case '[':
        return ++at_, array();
      case 'n':
        return word("null");
      case '"': {
        std::string ignored;
        return string(ignored);
      }
      default:
        return number();
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  const char* why_ = "";
};

}  // namespace dcmfs
