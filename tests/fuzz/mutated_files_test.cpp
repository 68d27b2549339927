// 10^5 damaged files: whatever is in them, there is an answer, soon, in little memory, and the same
// one twice. Those that one store takes can be seen in its tree.
#include <cstdio>
#include <mutex>

#include <gtest/gtest.h>

#include "fs/picture_content.h"
#include "fs/tree.h"
#include "store/check.h"
#include "tests/fuzz/cost.h"
#include "tests/fuzz/mutations.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/tree_walk.h"
#include "tests/support/temp_store.h"

namespace dcmfs::fuzz {
namespace {

constexpr std::size_t kMutations = 100'000;
constexpr std::size_t kStoredShare = 20;  // one of so many is also given to a store
// Keeps the input that something was wrong with, for whoever looks into it.
void report(const Mutations& mutations, std::size_t n, const std::string& bytes,
            const std::string& wrong) {
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  const auto name = "dcmfs-mutation-" + std::to_string(mutations.seed()) + "-" + std::to_string(n);
  const auto kept = std::filesystem::temp_directory_path() / name;
  std::ofstream(kept, std::ios::binary) << bytes;
  ADD_FAILURE() << wrong << ": mutation " << n << " of seed " << mutations.seed() << ", kept as "
                << kept;
}

// "" if the store says the same of the same bytes.
std::string add_twice(Store& store, const std::string& bytes) {
  const auto first = add_bytes(store, bytes);
  const auto second = add_bytes(store, bytes);
  if (first) return second && second->existed ? "" : "what was stored is refused";
  const Errc why = first.error().code;
  if (!is_about_the_file(why)) return "refused for no fault of its own: " + first.error().message;
  if (first.error().message.empty()) return "refused without a reason";
  return !second && second.error().code == why ? "" : "another answer of the store the second time";
}

TEST(MutatedFiles, AreAnsweredSoonAndTheSameTwice) {
  const Mutations mutations(chosen_seed());
  const std::size_t count = chosen_count(kMutations);
  TempStore store({.durability = Durability::relaxed});

  const Campaign campaign =
      run_campaign(mutations, count, [&](std::size_t n, const std::string& bytes) {
        if (const auto wrong = dataset(bytes); !wrong.empty()) report(mutations, n, bytes, wrong);
        if (n % kStoredShare != 0) return;
        if (const auto wrong = add_twice(*store, bytes); !wrong.empty())
          report(mutations, n, bytes, wrong);
      });

  std::printf("seed %llu: %zu mutations, the slowest (%zu) %.2f s, memory %lld MiB more\n",
              static_cast<unsigned long long>(mutations.seed()), count, campaign.slowest,
              campaign.seconds_max, static_cast<long long>(campaign.memory_growth >> 20));
  EXPECT_LT(campaign.seconds_max, kSecondsMax)
      << "mutation " << campaign.slowest << " of seed " << mutations.seed();
  EXPECT_LT(campaign.memory_growth, kMemoryMax) << "seed " << mutations.seed();
  const fs::Options options;
  fs::Pictures pictures(fs::png_maker(*store));
  fs::Tree tree(*store, options, TreeChange{0, now()}, pictures);
  const TreeWalk walk(tree);
  EXPECT_EQ(walk.faults(), std::vector<std::string>()) << "seed " << mutations.seed();
  EXPECT_GE(walk.files(), count / kStoredShare / 10);
  store.close();
  const auto checked = check(store.root());
  ASSERT_OK(checked);
  EXPECT_TRUE(checked->clean());
}

}  // namespace
}  // namespace dcmfs::fuzz
