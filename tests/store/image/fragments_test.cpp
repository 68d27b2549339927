#include "store/image/fragments.h"

#include <gmock/gmock.h>

#include "tests/store/image/open_dicom.h"
#include "tests/support/make_dicom.h"
#include "tests/support/ok.h"

namespace dcmfs {
namespace {

using testing::ElementsAre;

constexpr std::string_view kJpegBaseline = "1.2.840.10008.1.2.4.50";

std::string number(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> 8 * i);
  return out;
}

std::string item(const std::string& bytes) {
  return std::string("\xfe\xff\x00\xe0", 4) + number(bytes.size(), 4) + bytes;
}

// What a fragment that begins or goes on with a frame looks like from outside.
std::string begin(char name) {
  return std::string("\xff\xd8\xff") + std::string(5, name);
}
std::string more(char name) {
  return std::string(6, name);
}

DicomBuilder encapsulated(const std::string& items, int frames) {
  return make_dicom()
      .pixels(2, 2, 8, frames)
      .in(kJpegBaseline)
      .set_bytes(tags::PixelData, Vr::OB, items);
}

// The bytes of every frame; an error is told by its message.
std::vector<std::string> frames_of(const DicomBuilder& dicom, int frames) {
  const OpenDicom file(dicom.bytes());
  const Element* element = file->dataset.find(tags::PixelData);
  std::vector<std::string> out;
  for (int frame = 0; frame < frames; ++frame) {
    const auto ranges = find_frame(*file, *element, frames, frame);
    const auto bytes =
        ranges ? read_ranges(*file->content, *ranges, 1000) : Result<std::string>(ranges.error());
    out.push_back(bytes ? *bytes : "error: " + bytes.error().message);
  }
  return out;
}

const std::string kTwoFramesOfTwo =
    item(begin('a')) + item(more('b')) + item(begin('c')) + item(more('d'));

TEST(Fragments, OfTheOnlyFrameAreAllFragments) {
  EXPECT_THAT(frames_of(encapsulated(item("") + item(begin('a')) + item(more('b')), 1), 1),
              ElementsAre(begin('a') + more('b')));
}

TEST(Fragments, AreFoundByTheBasicOffsetTable) {
  const std::string table = number(0, 4) + number(30, 4);

  EXPECT_THAT(frames_of(encapsulated(item(table) + kTwoFramesOfTwo, 2), 2),
              ElementsAre(begin('a') + more('b'), begin('c') + more('d')));
}

TEST(Fragments, AreFoundByTheirBeginningsWithoutATable) {
  EXPECT_THAT(frames_of(encapsulated(item("") + kTwoFramesOfTwo, 2), 2),
              ElementsAre(begin('a') + more('b'), begin('c') + more('d')));
}

TEST(Fragments, AreFoundByTheirBeginningsWhereTheTableIsWrong) {
  for (const int wrong : {0, 3, 14, 0x7fffffff}) {
    const std::string table = number(0, 4) + number(static_cast<std::uint64_t>(wrong), 4);

    EXPECT_EQ(frames_of(encapsulated(item(table) + kTwoFramesOfTwo, 2), 2).back(),
              begin('c') + more('d'))
        << wrong;
  }
}

TEST(Fragments, AreFoundByTheExtendedOffsetTable) {
  auto dicom =
      encapsulated(item("") + item(begin('a')) + item(begin('b')), 2)
          .set_bytes(tags::ExtendedOffsetTable, Vr::OV, number(0, 8) + number(16, 8))
          .set_bytes(tags::ExtendedOffsetTableLengths, Vr::OV, number(8, 8) + number(7, 8));

  EXPECT_THAT(frames_of(dicom, 2), ElementsAre(begin('a'), begin('b').substr(0, 7)));
}

TEST(Fragments, OfAnExtendedOffsetTableAreNotLongerThanTheirItems) {
  auto dicom =
      encapsulated(item("") + item(begin('a')) + item(begin('b')), 2)
          .set_bytes(tags::ExtendedOffsetTable, Vr::OV, number(0, 8) + number(16, 8))
          .set_bytes(tags::ExtendedOffsetTableLengths, Vr::OV, number(8, 8) + number(9, 8));

  EXPECT_THAT(frames_of(dicom, 2).back(), testing::StartsWith("error"));
}

TEST(Fragments, OfTooFewFramesAreAnError) {
  EXPECT_THAT(frames_of(encapsulated(item("") + kTwoFramesOfTwo, 3), 3).back(),
              testing::StartsWith("error"));
}

class CountingSource final : public ByteSource {
 public:
  CountingSource(ByteSource& source, std::size_t& count) : source_(source), count_(count) {}
  Result<std::size_t> read(std::int64_t offset, std::span<std::byte> into) override {
    count_ += into.size();
    return source_.read(offset, into);
  }
  std::int64_t size() const override { return source_.size(); }

 private:
  ByteSource& source_;
  std::size_t& count_;
};

// A frame in the middle of very many is found by reading a few bytes.
TEST(Fragments, WithATableCostTheSameForEveryFrame) {
  constexpr int kFrames = 5000;
  std::string table, items;
  for (int i = 0; i < kFrames; ++i) {
    table += number(static_cast<std::uint64_t>(items.size()), 4);
    items += item(begin('a'));
  }
  const OpenDicom read(encapsulated(item(table) + items, kFrames).bytes());
  DicomFile file = *read;
  std::size_t bytes_read = 0;
  file.content = std::make_shared<CountingSource>(*read->content, bytes_read);

  ASSERT_OK(find_frame(file, *file.dataset.find(tags::PixelData), kFrames, kFrames / 2));

  EXPECT_LT(bytes_read, 200U);
}

// Whoever asks for one frame after the other reads the headers once, and in any order gets the same.
TEST(Fragments, WithoutATableAreWalkedOnce) {
  constexpr int kFrames = 2000;
  std::string items;
  for (int i = 0; i < kFrames; ++i)
    items += item(begin(static_cast<char>('a' + i % 26))) + item(more('-'));
  const OpenDicom read(encapsulated(item("") + items, kFrames).bytes());
  DicomFile file = *read;
  std::size_t bytes_read = 0;
  file.content = std::make_shared<CountingSource>(*read->content, bytes_read);
  const Element& pixels = *file.dataset.find(tags::PixelData);
  FrameStarts seen;

  for (int n = 0; n < kFrames; ++n) {
    const auto frame = find_frame(file, pixels, kFrames, n, &seen);
    ASSERT_OK(frame);
    ASSERT_EQ(frame->size(), 2u);
  }
  EXPECT_LT(bytes_read, 200u * kFrames);

  for (const int n : {kFrames - 1, 0, kFrames / 2}) {
    const auto again = find_frame(file, pixels, kFrames, n, &seen);
    const auto alone = find_frame(file, pixels, kFrames, n);
    ASSERT_OK(again);
    ASSERT_OK(alone);
    EXPECT_EQ(again->front().offset, alone->front().offset) << n;
    EXPECT_EQ(again->size(), alone->size()) << n;
  }
  EXPECT_FALSE(find_frame(file, pixels, kFrames + 1, kFrames, &seen));
}

}  // namespace
}  // namespace dcmfs
