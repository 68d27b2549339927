#include "store/dicom/transfer_syntax.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace dcmfs {
namespace {

TEST(TransferSyntaxes, EachHasAValidUidOfItsOwnAndAName) {
  std::set<std::string_view> seen;
  for (const TransferSyntax& syntax : transfer_syntaxes()) {
    EXPECT_TRUE(is_valid_uid(syntax.uid)) << syntax.uid;
    EXPECT_TRUE(seen.insert(syntax.uid).second) << syntax.uid;
    EXPECT_EQ(name_of_uid(syntax.uid), syntax.name);
    EXPECT_EQ(find_transfer_syntax(syntax.uid), &syntax);
  }
}

// PS3.5 A.4: encapsulated pixel data is always in Explicit VR Little Endian.
TEST(TransferSyntaxes, EncapsulatedOnesAreExplicitLittleEndian) {
  for (const TransferSyntax& syntax : transfer_syntaxes()) {
    if (!syntax.encapsulated) continue;
    EXPECT_FALSE(syntax.implicit_vr || syntax.big_endian || syntax.deflated) << syntax.name;
  }
}

TEST(TransferSyntaxes, TellHowTheDataSetIsEncoded) {
  EXPECT_TRUE(find_transfer_syntax(uids::ImplicitVRLittleEndian)->implicit_vr);
  EXPECT_TRUE(find_transfer_syntax(uids::ExplicitVRBigEndian)->big_endian);
  EXPECT_TRUE(find_transfer_syntax(uids::DeflatedExplicitVRLittleEndian)->deflated);
  EXPECT_EQ(find_transfer_syntax("1.2.840.10008.1.2.4.202")->codec, Codec::htj2k);
  EXPECT_EQ(find_transfer_syntax("1.2.840.10008.1.2.4.110")->codec, Codec::jpeg_xl);
  const auto* ge = find_transfer_syntax(uids::PrivateGEImplicitVRBigEndianPixels);
  EXPECT_TRUE(ge->implicit_vr && !ge->big_endian && ge->big_endian_pixels);
  EXPECT_EQ(find_transfer_syntax("1.2.3"), nullptr);
}

TEST(Uid, HasTheNameOfTheStandard) {
  EXPECT_EQ(name_of_uid("1.2.840.10008.5.1.4.1.1.2"), "CT Image Storage");
  EXPECT_EQ(name_of_uid("1.2.840.10008.1.1"), "Verification SOP Class");
  EXPECT_EQ(name_of_uid("1.2.3.4"), "");
}

TEST(Uid, IsValidAsPs3_5Section9Says) {
  for (const char* valid : {"1", "1.2.840.10008.1.2", "2.25.0", "0.0"}) {
    EXPECT_TRUE(is_valid_uid(valid)) << valid;
  }
  const std::string long_uid = "1." + std::string(63, '2');
  for (const std::string& wrong :
       {std::string(), std::string("1..2"), std::string("1.2."), std::string(".1"),
        std::string("1.02"), std::string("1.2a"), std::string("1.2 "), long_uid}) {
    EXPECT_FALSE(is_valid_uid(wrong)) << wrong;
  }
  EXPECT_TRUE(is_valid_uid(long_uid.substr(0, 64)));
}

TEST(Uid, IsMadeOf128Bits) {
  EXPECT_EQ(uid_from_bits(0, 0), "2.25.0");
  EXPECT_EQ(uid_from_bits(1, 0), "2.25.18446744073709551616");
  const std::string longest = uid_from_bits(~0ull, ~0ull);
  EXPECT_EQ(longest, "2.25.340282366920938463463374607431768211455");
  EXPECT_TRUE(is_valid_uid(longest));
}

}  // namespace
}  // namespace dcmfs
