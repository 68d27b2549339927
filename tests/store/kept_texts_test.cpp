#include "store/kept_texts.h"

#include <gtest/gtest.h>

#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

TEST(KeptTexts, AreKeptWhateverTheirLength) {
  TempStore store;
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{1} << 20,
                                 std::size_t{5} << 20, std::size_t{3}}) {
    KeptTexts texts(store->kept_values(), "test");
    ASSERT_OK(texts.set("a", std::string(size, 'x')));
    const auto read = texts.load();
    ASSERT_OK(read);
    EXPECT_EQ(std::string(size, 'x'), read->at("a"));
  }
  KeptTexts texts(store->kept_values(), "test");
  EXPECT_EQ(1u, store->kept_values().all("test")->size()) << "pieces of older texts are gone";
  ASSERT_OK(texts.remove("a"));
  EXPECT_TRUE(store->kept_values().all("test")->empty());
}

}  // namespace
}  // namespace dcmfs
