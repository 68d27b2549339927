#include "store/dicom/json_size.h"

#include <gtest/gtest.h>

namespace dcmfs {
namespace {

TEST(JsonSize, IsNoLessThanThereAreValues) {
  EXPECT_EQ(json_values_in("1"), 1u);
  EXPECT_EQ(json_values_in("[1, 2, 3]"), 4u);
  EXPECT_EQ(json_values_in(R"({"a": [], "b": {}})"), 5u);
}

TEST(JsonSize, IsNotThatOfTexts) {
  EXPECT_EQ(json_values_in(R"("[,,{")"), 1u);
  EXPECT_EQ(json_values_in(R"(["\",[", "\\", 1])"), 4u);
}

TEST(JsonSize, IsToldOfWhatIsNoJson) {
  EXPECT_EQ(json_values_in(""), 1u);
  EXPECT_EQ(json_values_in("\"\\"), 1u);
}

}  // namespace
}  // namespace dcmfs
