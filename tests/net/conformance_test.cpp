#include "net/conformance.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/source_folder.h"

namespace dcmfs::net {
namespace {

std::string readme() {
  std::ifstream file(source_folder() / "net/README.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Conformance, ReadmeHasTheTables) {
  EXPECT_THAT(readme(), testing::HasSubstr(services_table()));
  EXPECT_THAT(readme(), testing::HasSubstr(statuses_of_errors_table()));
}

}  // namespace
}  // namespace dcmfs::net
