#include "store/dicom/byte_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "store/dicom/writer.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"

namespace dcmfs {
namespace {

Result<std::string> read(ByteSource& source, std::int64_t offset, std::size_t size) {
  std::string bytes(size, '?');
  DCMFS_TRY(const std::size_t got, source.read(offset, std::as_writable_bytes(std::span(bytes))));
  bytes.resize(got);
  return bytes;
}

struct Inflated {  // some elements, and the same deflated
  Inflated() {
    Dataset dataset;
    std::string text;
    for (int i = 0; text.size() < 300000; ++i) text += std::to_string(i);
    dataset.set_text({0x0040, 0xa160}, text);
    plain = *encode_dataset(dataset, *find_transfer_syntax(uids::ExplicitVRLittleEndian));
    deflated =
        *encode_dataset(dataset, *find_transfer_syntax(uids::DeflatedExplicitVRLittleEndian));
    compressed = memory_source(deflated);
  }
  std::string plain, deflated;
  std::unique_ptr<ByteSource> compressed;
};

TEST(ByteSource, ReadsAFileAtAnyOffset) {
  TempFolder folder;
  const auto path = folder.write("file", "0123456789");
  const int fd = ::open(path.c_str(), O_RDONLY);
  auto source = file_source(fd, 10);

  EXPECT_EQ(source->size(), 10);
  EXPECT_EQ(*read(*source, 3, 4), "3456");
  EXPECT_EQ(*read(*source, 8, 100), "89");
  EXPECT_EQ(*read(*source, 100, 1), "");
  ::close(fd);
}

TEST(ByteSource, TellsThatAFileCannotBeRead) {
  auto source = file_source(-1, 10);

  const auto bytes = read(*source, 0, 1);

  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().code, Errc::io);
}

TEST(ByteSource, ReadsMemoryAtAnyOffset) {
  auto source = memory_source("0123456789");

  EXPECT_EQ(*read(*source, 3, 4), "3456");
  EXPECT_EQ(*read(*source, 8, 100), "89");
  EXPECT_EQ(*read(*source, 10, 1), "");
}

TEST(InflatedSource, ReadsForwardsAndBackwards) {
  Inflated data;
  auto source = inflated_source(*data.compressed, 0, 1 << 30);

  EXPECT_EQ(source->size(), ByteSource::kUnknown);
  for (std::size_t offset : {0u, 100u, 70000u, 250000u, 60000u, 5u}) {
    EXPECT_EQ(*read(*source, static_cast<std::int64_t>(offset), 5000),
              data.plain.substr(offset, 5000));
  }
  EXPECT_EQ(*read(*source, 0, 1 << 20), data.plain);
  EXPECT_EQ(source->size(), static_cast<std::int64_t>(data.plain.size()));
  EXPECT_EQ(*read(*source, 1 << 20, 1), "");
}

TEST(InflatedSource, RefusesMoreThanTheLimit) {
  Inflated data;
  auto source = inflated_source(*data.compressed, 0, 100000);

  const auto bytes = read(*source, 200000, 1);

  ASSERT_FALSE(bytes.ok());
  EXPECT_EQ(bytes.error().code, Errc::too_large);
}

TEST(InflatedSource, GivesWhatIsBeforeTheDamage) {
  Inflated data;
  auto damaged = memory_source(std::string_view(data.deflated).substr(0, data.deflated.size() / 2));
  auto source = inflated_source(*damaged, 0, 1 << 30);

  EXPECT_EQ(*read(*source, 0, 1000), data.plain.substr(0, 1000));
  const auto most = read(*source, 0, 1 << 20);
  ASSERT_OK(most);
  EXPECT_TRUE(data.plain.starts_with(*most));
  const auto beyond = read(*source, static_cast<std::int64_t>(most->size()), 1);
  ASSERT_FALSE(beyond.ok());
  EXPECT_EQ(beyond.error().code, Errc::corrupt);
}

}  // namespace
}  // namespace dcmfs
