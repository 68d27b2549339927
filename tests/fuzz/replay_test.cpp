// Every target over the inputs that are kept, and over damaged ones.
#include <gtest/gtest.h>

#include "tests/fuzz/corpus.h"
#include "tests/fuzz/mutations.h"
#include "tests/fuzz/target.h"
#include "tests/support/make_archive.h"

namespace dcmfs::fuzz {
namespace {

constexpr std::size_t kInputs = 1000;  // of each target

class KeptInputs : public testing::TestWithParam<Target> {};
class DamagedInputs : public testing::TestWithParam<Target> {};

TEST_P(KeptInputs, AreAnswered) {
  ASSERT_FALSE(kept_inputs(GetParam().name).empty());
  for (const auto& input : kept_inputs(GetParam().name)) {
    EXPECT_EQ(GetParam().run(input), "") << testing::PrintToString(input.substr(0, 200));
  }
}

std::vector<std::string> archives() {
  const ArchiveMembers members = {{"CD/0001.dcm", std::string(5000, 'x')},
                                  {"../../evil", "a"},
                                  {"/etc/passwd", "b"},
                                  {"link", "", "/etc/passwd"},
                                  {"inner.zip", make_zip({{"x", std::string(100'000, '\0')}})},
                                  {"\xc3\xa4.dcm", std::string(70, 'y')}};
  return {make_zip(members), make_encrypted_zip(members), make_tar(members), make_tar_gz(members),
          make_iso(members)};
}

// Without a form to keep to, bytes are as good as elements.
std::string damage(Mutator& m, std::string bytes, const std::string& other) {
  for (std::size_t n = 1 + m.below(4); n > 0 && !bytes.empty(); --n) {
    const std::size_t at = m.below(bytes.size());
    switch (m.below(6)) {
      case 0:
        bytes[at] ^= static_cast<char>(1 << m.below(8));
        break;
      case 1:
        bytes[at] = static_cast<char>(m.any());
        break;
      case 2:
        bytes.insert(at, other.substr(m.below(other.size()), m.below(64)));
        break;
      case 3:
        bytes.erase(at, 1 + m.below(16));
        break;
      case 4:
        for (std::size_t i = at; i < std::min(at + 4, bytes.size()); ++i)
          bytes[i] = m.one_in(2) ? '\xff' : '\0';
        break;
      default:
        if (m.one_in(4)) bytes.resize(at);
    }
  }
  return bytes;
}

TEST_P(DamagedInputs, AreAnswered) {
  auto seeds = kept_inputs(GetParam().name);
  if (GetParam().run == archive) {
    for (auto& one : archives()) seeds.push_back(std::move(one));
  }
  const auto seed = chosen_seed();
  const std::size_t count = chosen_count(kInputs);
  for (std::size_t n = 0; n < count; ++n) {
    Mutator mutator(seed + n);
    const auto input = damage(mutator, mutator.one_of(seeds), mutator.one_of(seeds));
    ASSERT_EQ(GetParam().run(input), "") << "input " << n << " of seed " << seed;
  }
}

std::string name_of(const testing::TestParamInfo<Target>& test) {
  return std::string(test.param.name);
}
INSTANTIATE_TEST_SUITE_P(Each, KeptInputs, testing::ValuesIn(kTargets), name_of);
// Those of the first target, files, are MutatedFiles.
static_assert(kTargets[0].name == "dataset");
INSTANTIATE_TEST_SUITE_P(Each, DamagedInputs,
                         testing::ValuesIn(std::begin(kTargets) + 1, std::end(kTargets)), name_of);

}  // namespace
}  // namespace dcmfs::fuzz
