#include "store/zip_stream.h"

#include <cstring>
#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/ok.h"
#include "tests/support/program.h"
#include "tests/support/temp_folder.h"

namespace dcmfs {
namespace {

struct DeflatedMembers {
  std::vector<std::string> contents;
  std::size_t next = 0, given = 0;

  ZipStream::Next members() {
    return [this]() -> Result<std::optional<ZipStream::Member>> {
      if (next == contents.size()) return std::optional<ZipStream::Member>();
      const std::string& content = contents[next++];
      given = 0;
      return std::optional(ZipStream::Member{
          "a/é " + std::to_string(next), from_ms(1'700'000'000'000),
          [this, &content](auto into) -> Result<std::size_t> {
            const auto n = std::min({into.size(), content.size() - given, std::size_t{70'000}});
            std::memcpy(into.data(), content.data() + given, n);
            given += n;
            return n;
          }});
    };
  }
};

std::string read_stream(ZipStream& zip, std::size_t piece) {
  std::string out;
  for (;;) {
    std::string some(piece, '\0');
    const auto n = zip.read(std::as_writable_bytes(std::span(some)));
    if (!n) throw std::runtime_error(n.error().message);
    if (*n == 0) return out;
    out.append(some, 0, *n);
  }
}

std::vector<std::string> some_contents() {
  std::vector<std::string> out{"", "x", std::string(1'000'000, 'y')};
  std::string noise;
  unsigned seed = 1;
  for (int i = 0; i < 700'000; ++i)
    noise += static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  out.push_back(noise);
  return out;
}

TEST(ZipStream, IsReadByUnzipWhateverTheLevel) {
  const auto contents = some_contents();
  for (const int level : {0, 1, 9}) {
    DeflatedMembers streamed{contents};
    ZipStream zip(streamed.members(), level);
    TempFolder folder;
    const auto path = folder / "a.zip";
    std::ofstream(path, std::ios::binary) << read_stream(zip, 100'000);

    EXPECT_EQ(run("unzip", {"-tqq", path}).exit_code, 0) << level;
    for (std::size_t i = 0; i < contents.size(); ++i) {
      const auto member = run("unzip", {"-p", path, "a/* " + std::to_string(i + 1)});
      EXPECT_TRUE(member.out == contents[i]) << i << " of level " << level;
    }
  }
}

TEST(ZipStream, IsTheSameInPiecesOfAnySize) {
  DeflatedMembers one{some_contents()}, other{some_contents()};
  ZipStream a(one.members(), 1), b(other.members(), 1);

  EXPECT_TRUE(read_stream(a, 1'000'003) == read_stream(b, 777));
}

TEST(ZipStream, OfNothingIsAnEmptyArchive) {
  DeflatedMembers none;
  ZipStream zip(none.members(), 1);

  EXPECT_EQ(read_stream(zip, 1000).size(), 56u + 20 + 22);
}

TEST(ZipStream, AMemberThatCannotBeReadIsAnError) {
  bool begun = false;
  ZipStream zip(
      [&]() -> Result<std::optional<ZipStream::Member>> {
        if (begun) return std::optional<ZipStream::Member>();
        begun = true;
        return std::optional(ZipStream::Member{"x", {}, [](auto) -> Result<std::size_t> {
                                                 return Error{Errc::io, "no"};
                                               }});
      },
      1);
  std::byte some[1000];

  const auto first = zip.read(some);

  EXPECT_FALSE(first);
}

}  // namespace
}  // namespace dcmfs
