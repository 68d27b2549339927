#pragma once
// Texts that are interface: a change of them shows in the diff.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/source_folder.h"

namespace dcmfs::tools {

// Of the source folder.
inline std::filesystem::path in_sources(const std::filesystem::path& name) {
  return source_folder() / name;
}

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// DCMFS_GOLDEN=write writes the file instead: look at the diff before you commit it.
inline void expect_golden(const std::string& name, const std::string& text) {
  const auto file = in_sources("tests/golden") / name;
  if (const char* mode = std::getenv("DCMFS_GOLDEN"); mode && std::string(mode) == "write")
    std::ofstream(file, std::ios::binary) << text;
  EXPECT_EQ(text, text_of(file)) << "tests/golden/" << name << " (DCMFS_GOLDEN=write renews it)";
}

}  // namespace dcmfs::tools
