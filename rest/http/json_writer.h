#pragma once
// JSON that is written as text while it is told, laid out like json_text(): for answers where a
// tree of values would cost more than what they are made of. Whoever calls it keeps objects and
// arrays balanced and tells no key twice.
#include <cstdint>
#include <string>
#include <string_view>

namespace dcmfs::rest {

class JsonWriter {
 public:
  enum class Layout : bool { indented, one_line };
  explicit JsonWriter(Layout layout = Layout::indented) : layout_(layout) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view);
  JsonWriter& text(std::string_view);  // invalid UTF-8 is repaired
  JsonWriter& number(std::int64_t);
  JsonWriter& boolean(bool);
  JsonWriter& null();

  // A member of an object.
  JsonWriter& member(std::string_view name, std::string_view value) {
    return key(name).text(value);
  }

  void reserve(std::size_t bytes) { out_.reserve(bytes); }
  // What was written since the last time, for answers that are sent while they are made.
  std::string take_so_far();
  // The rest of the text, with a newline at the end.
  std::string take() &&;

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void begin_value();
  void new_line();
  void append_text(std::string_view);

  Layout layout_;
  std::string out_;
  std::size_t depth_ = 0;
  bool first_ = true;  // of the object or array
  bool after_key_ = false;
};

}  // namespace dcmfs::rest
