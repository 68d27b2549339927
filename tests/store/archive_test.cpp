#include "store/archive.h"

#include <map>
#include <random>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/make_archive.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// A file that is open as long as this lives.
class OpenFile {
 public:
  explicit OpenFile(std::string_view bytes)
      : fd_(::open(folder_.write("archive", bytes).c_str(), O_RDONLY | O_CLOEXEC)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { ::close(fd_); }
  int fd() const { return fd_; }

 private:
  TempFolder folder_;
  int fd_;
};

Result<std::string> read_all(MemberReader& reader) {
  std::string all;
  std::vector<std::byte> block(5000);
  while (true) {
    DCMFS_TRY(const std::size_t n, reader.read(block));
    if (n == 0) return all;
    all.append(reinterpret_cast<const char*>(block.data()), n);
  }
}

struct Unpacked {
  std::map<std::string, std::string> members;
  Result<ArchiveSummary> result;
};

Unpacked unpack_all(std::string_view bytes, const ArchiveLimits& limits = {}) {
  const OpenFile file(bytes);
  std::map<std::string, std::string> members;
  auto result = unpack(file.fd(), limits, [&](std::string_view name, MemberReader& reader) {
    auto content = read_all(reader);
    members[std::string(name)] = content ? *content : "error: " + content.error().message;
    return Result<>();
  });
  return {std::move(members), std::move(result)};
}

bool looks_like_archive(std::string_view bytes) {
  const OpenFile file(bytes);
  const auto answer = is_archive(file.fd());
  EXPECT_OK(answer);
  return answer && *answer;
}

const ArchiveMembers kTwo{{"CD/IMAGES/0001", std::string(100'000, 'x')}, {"größe/ファ.dcm", "two"}};

class EveryFormat : public testing::TestWithParam<std::string (*)(const ArchiveMembers&)> {};

TEST_P(EveryFormat, IsSeenAndUnpackedWithNamesInUtf8) {
  const std::string bytes = GetParam()(kTwo);

  const Unpacked unpacked = unpack_all(bytes);

  EXPECT_TRUE(looks_like_archive(bytes));
  ASSERT_OK(unpacked.result);
  EXPECT_EQ(unpacked.result->members, 2);
  EXPECT_THAT(unpacked.members, ElementsAre(Pair("CD/IMAGES/0001", std::string(100'000, 'x')),
                                            Pair("größe/ファ.dcm", "two")));
}

TEST_P(EveryFormat, GivesTheGoodMembersOfATruncatedArchiveThenSaysCorrupt) {
  std::mt19937 random(1);
  std::string noise(600'000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  const std::string bytes = GetParam()({{"a", "first"}, {"b", noise}});

  const Unpacked unpacked = unpack_all(std::string_view(bytes).substr(0, bytes.size() / 2));

  EXPECT_EQ(unpacked.members.count("a") ? unpacked.members.at("a") : "missing", "first");
  ASSERT_FALSE(unpacked.result.ok());
  EXPECT_EQ(unpacked.result.error().code, Errc::corrupt);
}

TEST_P(EveryFormat, SurvivesDamageAnywhere) {
  std::mt19937 random(7);
  const std::string whole = GetParam()({{"a", std::string(3000, 'a')}, {"b/c", "two"}});

  for (int round = 0; round < 300; ++round) {
    std::string bytes = whole;
    for (int i = 0; i < 4; ++i) bytes[random() % bytes.size()] = static_cast<char>(random());
    bytes.resize(bytes.size() - random() % 2 * (random() % bytes.size()));
    (void)unpack_all(bytes, {.members_max = 100, .bytes_max = 1 << 20, .ratio_max = 250});
  }
}

INSTANTIATE_TEST_SUITE_P(Archive, EveryFormat,
                         testing::Values(make_zip, make_tar, make_tar_gz, make_iso));

TEST(Archive, IsNotSeenInADicomFileThatHoldsOne) {
  const std::string zip = make_zip(kTwo);
  std::string dicom = make_dicom().set_bytes(tags::EncapsulatedDocument, Vr::OB, zip).bytes();
  dicom.replace(0, 100, zip.substr(0, 100));  // the preamble may hold anything (PS3.10 7.1)

  EXPECT_FALSE(looks_like_archive(dicom));
}

TEST(Archive, IsNotSeenInOtherFiles) {
  EXPECT_FALSE(looks_like_archive(""));
  EXPECT_FALSE(looks_like_archive("PK"));
  EXPECT_FALSE(looks_like_archive("PK\3\4 is how this text begins"));
  EXPECT_FALSE(looks_like_archive("\x1f\x8b\x08 is no gzip"));
  EXPECT_FALSE(looks_like_archive(std::string(40'000, '\0')));
  EXPECT_FALSE(looks_like_archive(make_dicom().bytes()));
}

TEST(Archive, OfAnotherKindIsNotSupported) {
  const Unpacked unpacked = unpack_all("plain text, and nothing else");

  ASSERT_FALSE(unpacked.result.ok());
  EXPECT_EQ(unpacked.result.error().code, Errc::not_supported);
}

TEST(Archive, SkipsLinksWithAReason) {
  const Unpacked unpacked =
      unpack_all(make_tar({{"good", "1"}, {"evil", "", "/etc/passwd"}, {"more", "", "good"}}));

  ASSERT_OK(unpacked.result);
  EXPECT_THAT(unpacked.members, ElementsAre(Pair("good", "1")));
  ASSERT_EQ(unpacked.result->skipped.size(), 1U);
  EXPECT_EQ(unpacked.result->skipped[0].why, Skipped::link);
  EXPECT_EQ(unpacked.result->skipped[0].count, 2);
  EXPECT_EQ(unpacked.result->skipped[0].example, "evil");
}

TEST(Archive, SkipsEncryptedMembersWithAReason) {
  const Unpacked unpacked = unpack_all(make_encrypted_zip({{"secret.dcm", "x"}}));

  ASSERT_OK(unpacked.result);
  EXPECT_THAT(unpacked.members, IsEmpty());
  ASSERT_EQ(unpacked.result->skipped.size(), 1U);
  EXPECT_EQ(unpacked.result->skipped[0].why, Skipped::encrypted);
}

TEST(Archive, StopsAtTheLimitOfMembers) {
  ArchiveMembers many;
  for (int i = 0; i < 20; ++i) many.push_back({"m" + std::to_string(i), "x"});

  const Unpacked unpacked = unpack_all(make_zip(many), {.members_max = 10});

  ASSERT_FALSE(unpacked.result.ok());
  EXPECT_EQ(unpacked.result.error().code, Errc::too_large);
  EXPECT_EQ(unpacked.members.size(), 10U);
}

TEST(Archive, StopsAtTheLimitOfBytesAlsoIfTheErrorOfTheMemberIsIgnored) {
  const Unpacked unpacked =
      unpack_all(make_zip({{"a", std::string(1000, 'a')}, {"b", "b"}}), {.bytes_max = 500});

  ASSERT_FALSE(unpacked.result.ok());
  EXPECT_EQ(unpacked.result.error().code, Errc::too_large);
  EXPECT_THAT(unpacked.members.at("a"), HasSubstr("error: "));
  EXPECT_EQ(unpacked.members.count("b"), 0U);
}

TEST(Archive, StopsABombAfterTheGrace) {
  const auto bytes = static_cast<std::size_t>(kArchiveRatioGrace) * 2;
  const std::string bomb = make_zip({{"zeros", std::string(bytes, '\0')}});
  ASSERT_LT(bomb.size(), std::size_t{200} << 10);

  std::int64_t unpacked = 0;
  const OpenFile file(bomb);
  const auto result =
      unpack(file.fd(), {}, [&](std::string_view, MemberReader& reader) -> Result<> {
        std::vector<std::byte> block(1 << 20);
        while (true) {
          DCMFS_TRY(const std::size_t n, reader.read(block));
          if (n == 0) return {};
          unpacked += static_cast<std::int64_t>(n);
        }
      });

  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Errc::too_large);
  EXPECT_LE(unpacked, kArchiveRatioGrace + (1 << 20));
}

TEST(Archive, GivesHostileNamesAsTheyAreAndMakesNoFile) {
  const TempFolder here;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(here.path());

  const Unpacked unpacked = unpack_all(make_tar({{"../../outside", "1"}, {"/absolute", "2"}}));

  std::filesystem::current_path(before);
  ASSERT_OK(unpacked.result);
  EXPECT_THAT(unpacked.members, ElementsAre(Pair("../../outside", "1"), Pair("/absolute", "2")));
  EXPECT_TRUE(std::filesystem::is_empty(here.path()));
}

TEST(Archive, RepairsANameThatIsNotUtf8) {
  std::string zip = make_zip({{"abc", "x"}});
  for (auto at = zip.find("abc"); at != std::string::npos; at = zip.find("abc"))
    zip[at + 1] = '\x81';

  const Unpacked unpacked = unpack_all(zip);

  ASSERT_OK(unpacked.result);
  EXPECT_THAT(unpacked.members, ElementsAre(Pair("a\uFFFDc", "x")));
}

TEST(Archive, EndsWithTheErrorOfTheOneWhoReads) {
  const OpenFile file(make_zip(kTwo));
  int seen = 0;

  const auto result = unpack(file.fd(), {}, [&](std::string_view, MemberReader&) -> Result<> {
    ++seen;
    return Error{Errc::no_space, "full"};
  });

  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, Errc::no_space);
  EXPECT_EQ(seen, 1);
}

TEST(Archive, LeavesThePositionOfTheDescriptorAlone) {
  const OpenFile file(make_zip(kTwo));
  ASSERT_EQ(::lseek(file.fd(), 5, SEEK_SET), 5);

  ASSERT_OK(is_archive(file.fd()));
  ASSERT_OK(unpack(file.fd(), {}, [](std::string_view, MemberReader&) { return Result<>(); }));

  EXPECT_EQ(::lseek(file.fd(), 0, SEEK_CUR), 5);
}

}  // namespace
}  // namespace dcmfs
