#include "store/dicom/json_writer.h"

#include <gtest/gtest.h>

namespace dcmfs {
namespace {

using Layout = JsonWriter::Layout;

std::string something(Layout layout) {
  JsonWriter json(layout);
  json.begin_object();
  json.member("a", 1).member("b", "\"x\"\n");
  json.key("c").begin_array().boolean(true).null().end_array();
  json.key("d").begin_object().end_object();
  json.key("e").decimal(2.25, 1);
  json.end_object();
  return std::move(json).take();
}

TEST(JsonWriter, OnOneLine) {
  EXPECT_EQ(something(Layout::one_line),
            "{\"a\": 1, \"b\": \"\\\"x\\\"\\n\", \"c\": [true, null], \"d\": {}, \"e\": 2.2}\n");
}

TEST(JsonWriter, Indented) {
  EXPECT_EQ(something(Layout::indented),
            "{\n  \"a\": 1,\n  \"b\": \"\\\"x\\\"\\n\",\n  \"c\": [\n    true,\n    null\n  ],\n"
            "  \"d\": {},\n  \"e\": 2.2\n}\n");
}

TEST(JsonWriter, LikeJsonCpp) {
  EXPECT_EQ(
      something(Layout::like_jsoncpp),
      "{\n   \"a\" : 1,\n   \"b\" : \"\\\"x\\\"\\n\",\n   \"c\" : [\n      true,\n      null\n"
      "   ],\n   \"d\" : {},\n   \"e\" : 2.2\n}\n");
}

}  // namespace
}  // namespace dcmfs
