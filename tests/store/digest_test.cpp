#include "store/detail/digest.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "store/detail/fd.h"
#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"

namespace dcmfs::detail {
namespace {

class RunningDigestTest : public testing::Test {
 protected:
  void write(std::string_view bytes, off_t at) {
    ASSERT_EQ(::pwrite(fd_.get(), bytes.data(), bytes.size(), at), std::ssize(bytes));
    running_.wrote(at);
  }
  void expect_digest_of(std::string_view bytes) {
    const Fd other(::open(folder_.write("other", bytes).c_str(), O_RDONLY));
    const auto found = running_.finish(fd_.get());
    ASSERT_OK(found);
    EXPECT_EQ(*found, *digest(other.get()));
    EXPECT_EQ(found->size, std::ssize(bytes));
  }

  TempFolder folder_;
  Fd fd_{::open(folder_.write("file", "").c_str(), O_RDWR)};
  RunningDigest running_;
};

TEST_F(RunningDigestTest, OfAFileReadInPartsIsThatOfTheWhole) {
  const std::string head(700'000, 'a'), tail(100, 'b');
  write(head, 0);
  ASSERT_OK(running_.advance(fd_.get(), std::ssize(head)));
  EXPECT_EQ(running_.at(), std::ssize(head));
  write(tail, std::ssize(head));

  expect_digest_of(head + tail);
}

TEST_F(RunningDigestTest, WhatIsWrittenAnewIsReadAnew) {
  write("abcdef", 0);
  ASSERT_OK(running_.advance(fd_.get(), 6));
  write("X", 3);
  ASSERT_OK(running_.advance(fd_.get(), 6));

  expect_digest_of("abcXef");
}

TEST_F(RunningDigestTest, AFileThatWasCutIsReadAnew) {
  write("abcdef", 0);
  ASSERT_OK(running_.advance(fd_.get(), 6));
  ASSERT_EQ(::ftruncate(fd_.get(), 2), 0);
  running_.wrote(2);

  expect_digest_of("ab");
}

TEST_F(RunningDigestTest, CanBeAskedAgain) {
  write("abc", 0);
  expect_digest_of("abc");
  write("d", 3);

  expect_digest_of("abcd");
}

TEST(Digest, OfNoBytes) {
  TempFolder folder;
  const Fd fd(::open(folder.write("empty", "").c_str(), O_RDONLY));
  const auto found = digest(fd.get());
  ASSERT_OK(found);
  EXPECT_EQ(found->size, 0);
  EXPECT_EQ(found->crc32, 0u);
  EXPECT_EQ(found->sha256[0], 0xe3);  // FIPS 180-4: e3b0c442...
}

}  // namespace
}  // namespace dcmfs::detail
