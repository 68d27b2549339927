#include "store/dicom/value_rules.h"

#include <string>

#include <gtest/gtest.h>

#include "store/dicom/base64.h"
#include "store/dicom/date_shift.h"

namespace dcmfs {
namespace {

TEST(ValueRules, RightValuesOfEachVr) {
  const std::pair<Vr, std::string> kRight[] = {
      {Vr::AE, "STORE_SCP"},
      {Vr::AS, "018M"},
      {Vr::CS, "ORIGINAL\\PRIMARY\\AXIAL"},
      {Vr::DA, "20260131"},
      {Vr::DS, "-1.5e3\\2"},
      {Vr::DT, "20260131235959.123456+0100"},
      {Vr::DT, "2026"},
      {Vr::IS, "-2147483648"},
      {Vr::LO, std::string(64, 'x') + "\\Ärzte"},
      {Vr::LT, "two\r\nlines \\ one value"},
      {Vr::PN, "Yamada^Tarou=山田^太郎=やまだ^たろう"},
      {Vr::SH, "0123456789ABCDEF"},
      {Vr::ST, std::string(1024, 'x')},
      {Vr::TM, "235959.999999"},
      {Vr::UI, "1.2.840.10008.1.2\\2.25.1"},
      {Vr::UR, "https://example.org/?a=b"},
      {Vr::UT, std::string(100'000, 'x')},
  };
  for (const auto& [vr, value] : kRight) {
    EXPECT_EQ(fault_of_value(vr, value), "") << info(vr).name;
    EXPECT_EQ(fault_of_value(vr, ""), "") << info(vr).name;
  }
}

TEST(ValueRules, WrongValuesOfEachVr) {
  const std::pair<Vr, std::string> kWrong[] = {
      {Vr::AE, "SEVENTEENLETTERSX"},
      {Vr::AE, "ÄTITEL"},
      {Vr::AS, "18M"},
      {Vr::AS, "18 years"},
      {Vr::CS, "lower"},
      {Vr::CS, "SEVENTEEN_LETTERS"},
      {Vr::DA, "2026-01-31"},
      {Vr::DA, "20260231"},
      {Vr::DA, "202601"},
      {Vr::DS, "1,5"},
      {Vr::DS, "1.2345678901234567"},
      {Vr::DT, "31.1.2026"},
      {Vr::IS, "2147483648"},
      {Vr::IS, "1.5"},
      {Vr::LO, std::string(65, 'x')},
      {Vr::LO, "two\nlines"},
      {Vr::PN, "a=b=c=d"},
      {Vr::PN, "a^b^c^d^e^f"},
      {Vr::PN, std::string(65, 'x')},
      {Vr::SH, "seventeen letters"},
      {Vr::ST, std::string(1025, 'x')},
      {Vr::TM, "23:59:59"},
      {Vr::TM, "256000"},
      {Vr::UI, "1.02"},
      {Vr::UI, "1..2"},
      {Vr::UI, "no uid"},
      {Vr::UI, std::string(65, '1')},
      {Vr::UT, std::string("a\x01", 2)},
      {Vr::LO, "\xff"},
  };
  for (const auto& [vr, value] : kWrong)
    EXPECT_NE(fault_of_value(vr, value), "") << info(vr).name << " " << value;
}

TEST(ValueRules, LengthIsCountedInCharacters) {
  std::string letters;
  for (int i = 0; i < 16; ++i) letters += "ä";

  EXPECT_EQ(fault_of_value(Vr::SH, letters), "");
  EXPECT_EQ(fault_of_value(Vr::SH, letters + "ä"), "longer than the 16 characters of SH");
}

TEST(Base64, IsDecodedStrictly) {
  EXPECT_EQ(decode_base64("Zm9vYmFy"), "foobar");
  EXPECT_EQ(decode_base64("Zm9vYmE="), "fooba");
  EXPECT_EQ(decode_base64("Zm9v\r\nYg=="), "foob");
  EXPECT_EQ(decode_base64("Zm9vYg"), "foob");
  EXPECT_EQ(decode_base64(""), "");
  for (const std::string_view bad : {"Z", "Zm9v*", "Zg=a", "Zg===", "Zm9vY=g="})
    EXPECT_EQ(decode_base64(bad), std::nullopt) << bad;
}

TEST(DataUri, HasATypeAndBytes) {
  const auto uri = parse_data_uri("data:image/PNG;name=a;base64,Zm9v");

  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->media_type, "image/png");
  EXPECT_EQ(uri->bytes, "foo");
  EXPECT_EQ(parse_data_uri("data:;base64,")->bytes, "");
  EXPECT_FALSE(parse_data_uri("data:text/plain,foo"));
  EXPECT_FALSE(parse_data_uri("data:image/png;base64"));
  EXPECT_FALSE(parse_data_uri("Zm9v"));
}

TEST(DateShift, MovesDaysAndNothingElse) {
  EXPECT_EQ(shifted_dates(Vr::DA, "20240228", 2), "20240301");
  EXPECT_EQ(shifted_dates(Vr::DA, "20240101\\\\20240102", -1), "20231231\\\\20240101");
  EXPECT_EQ(shifted_dates(Vr::DT, "20231231235959.5+0100", 1), "20240101235959.5+0100");
  EXPECT_EQ(shifted_dates(Vr::DA, "", 1), "");
  for (const std::string_view bad : {"2024", "20240230", "2024.01.01", "abcdefgh", "-0010101"})
    EXPECT_EQ(shifted_dates(Vr::DA, bad, 1), std::nullopt) << bad;
  EXPECT_EQ(shifted_dates(Vr::DA, "99991231", 1), std::nullopt);
}

}  // namespace
}  // namespace dcmfs
