#include "store/zip_file.h"

#include <cstring>
#include <random>

#include <gtest/gtest.h>

namespace dcmfs {
namespace {

std::vector<std::string> some_files(int count) {
  std::vector<std::string> files;
  for (int i = 0; i < count; ++i) {
    files.emplace_back(static_cast<std::size_t>(i * 997 % 5000), static_cast<char>('a' + i % 26));
  }
  return files;
}

ZipFile zip_of(const std::vector<std::string>& files) {
  std::vector<ZipMember> members;
  for (std::size_t i = 0; i < files.size(); ++i) {
    members.push_back({"DOE^JANE/CT/" + std::to_string(i) + " é.dcm",
                       static_cast<std::int64_t>(files[i].size()), 0, from_ms(1'700'000'000'000)});
  }
  return {std::move(members),
          [&files](std::size_t index, std::int64_t offset, auto into) -> Result<> {
            std::memcpy(into.data(), files[index].data() + offset, into.size());
            return {};
          }};
}

std::string read_zip(const ZipFile& zip, std::int64_t offset, std::size_t bytes) {
  std::string out(bytes, '\0');
  const auto n = zip.read(offset, std::as_writable_bytes(std::span(out)));
  out.resize(n ? *n : 0);
  return out;
}

TEST(ZipFile, AnyRangeIsThatOfTheWhole) {
  const auto files = some_files(300);
  const auto zip = zip_of(files);
  const auto whole = read_zip(zip, 0, static_cast<std::size_t>(zip.size()) + 10);
  ASSERT_EQ(static_cast<std::int64_t>(whole.size()), zip.size());

  std::mt19937 random(7);
  for (int i = 0; i < 5000; ++i) {
    const auto offset = random() % whole.size();
    const auto bytes = random() % 9000;
    ASSERT_EQ(read_zip(zip, static_cast<std::int64_t>(offset), bytes), whole.substr(offset, bytes));
  }
}

TEST(ZipFile, ItsSizeIsKnownFromNamesAndSizesAlone) {
  const auto files = some_files(40);
  const auto zip = zip_of(files);

  std::int64_t size = ZipFile::size_of_end();
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto name = "DOE^JANE/CT/" + std::to_string(i) + " é.dcm";
    size += ZipFile::size_of_member(name.size(), static_cast<std::int64_t>(files[i].size()));
  }

  EXPECT_EQ(zip.size(), size);
}

TEST(ZipFile, TerabytesAndManyMembersAreLaidOutWithoutReadingThem) {
  std::vector<ZipMember> members(70'000, {"x", 80 << 20, 0, {}});
  const ZipFile zip(std::move(members), [](auto, auto, auto) -> Result<> {
    return Error{Errc::io, "not to be read"};
  });

  EXPECT_GT(zip.size(), 70'000ll * (80 << 20));
  EXPECT_EQ(read_zip(zip, zip.size() - 22, 22).substr(0, 4), std::string("PK\5\6"));
}

TEST(ZipFile, AMemberThatCannotBeReadIsAnError) {
  const ZipFile zip({{"x", 100, 0, {}}}, [](auto, auto, auto) -> Result<> {
    return Error{Errc::io, "gone"};
  });

  std::byte buffer[200];
  EXPECT_FALSE(zip.read(0, buffer).ok());
}

}  // namespace
}  // namespace dcmfs
