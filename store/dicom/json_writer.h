#pragma once
// JSON that is written as text while it is told: no tree of values is made, which would cost more than
// what it tells. Whoever calls it keeps objects and arrays balanced and tells no key twice.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace dcmfs {

class JsonWriter {
 public:
  enum class Layout : std::uint8_t {
    like_jsoncpp,  // as its StreamWriter writes the values that others tell
    indented,      // as the `.json` of an instance
    one_line,
  };
  explicit JsonWriter(Layout layout = Layout::like_jsoncpp) : layout_(layout) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view);
  JsonWriter& text(std::string_view);  // invalid UTF-8 is repaired
  JsonWriter& number(std::int64_t);
  JsonWriter& decimal(double, int digits);  // so many behind the point; of a finite number
  JsonWriter& boolean(bool);
  JsonWriter& null();
  // A key or a value that is appended to what they answer, as it stands in JSON, before the next call.
  std::string& raw_key() {
    begin_value();
    after_key_ = true;
    return out_;
  }
  std::string& raw() {
    begin_value();
    return out_;
  }

  // Members of an object.
  JsonWriter& member(std::string_view name, std::string_view value) {
    return key(name).text(value);
  }
  JsonWriter& member(std::string_view name, std::int64_t value) { return key(name).number(value); }

  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  std::size_t size() const { return out_.size(); }
  // What was written since the last time, for answers that are sent while they are made.
  std::string take_so_far();
  // The rest of the text, with a newline at the end.
  std::string take() &&;

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void append_text(std::string_view);

  // Here, for the compiler: they are called for each attribute of each file that is stored.
  void begin_value() {
    if (after_key_) {
      if (layout_ == Layout::like_jsoncpp) out_ += ' ';
      out_ += ": ";
      after_key_ = false;
      return;
    }
    if (depth_ == 0) return;
    if (!first_) out_ += ',';
    if (!first_ && layout_ == Layout::one_line) out_ += ' ';
    first_ = false;
    new_line();
  }
  void new_line() {
    // Deeper lines are indented no more: each of a million would begin with as many spaces.
    constexpr std::size_t kIndentedLevelsMax = 20;
    constexpr std::size_t kIndent = 2, kIndentOfJsonCpp = 3;
    if (layout_ == Layout::one_line) return;
    out_ += '\n';
    out_.append((layout_ == Layout::like_jsoncpp ? kIndentOfJsonCpp : kIndent) *
                    std::min(depth_, kIndentedLevelsMax),
                ' ');
  }

  Layout layout_;
  std::string out_;
  std::size_t depth_ = 0;
  bool first_ = true;  // of the object or array
  bool after_key_ = false;
};

}  // namespace dcmfs
