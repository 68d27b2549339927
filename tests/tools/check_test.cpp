#include "store/check.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/program.h"
#include "tests/support/temp_store.h"

namespace dcmfs {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class CheckProgram : public testing::Test {
 protected:
  CheckProgram() {
    for (int i = 0; i < 3; ++i) added_.push_back(store_.add(make_dicom().pixels(8, 8, 8)));
  }
  Ran check(std::vector<std::string> arguments = {}) {
    arguments.push_back(store_.root().string());
    return run("dcmfs-check", arguments);
  }
  std::filesystem::path file_of(const Added& added) {
    return store_.root() / relative_file_of(added);
  }
  static std::filesystem::path relative_file_of(const Added& added) {
    return dcmfs::file_of(
        CheckProblem{CheckProblem::Kind::file_missing, value(added.instance.row), ""});
  }
  void flip_a_byte(const std::filesystem::path& file) {
    std::filesystem::permissions(file, std::filesystem::perms::owner_write,
                                 std::filesystem::perm_options::add);
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(-3, std::ios::end);
    const char byte = static_cast<char>(stream.peek() ^ 1);
    stream.seekp(-3, std::ios::end);
    stream.put(byte);
  }

  TempStore store_;
  std::vector<Added> added_;
};

TEST_F(CheckProgram, IsContentWithAWholeStoreThatIsInUse) {
  const Ran ran = check();

  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("3 instances, 3 files"), HasSubstr(": no problem\n")));
}

TEST_F(CheckProgram, FindsAFlippedByte) {
  flip_a_byte(file_of(added_[1]));

  const Ran ran = check({"--json"});

  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("{\"kind\": \"fileDamaged\", \"row\": " +
                                 std::to_string(value(added_[1].instance.row))));
}

TEST_F(CheckProgram, FindsAMissingFile) {
  std::filesystem::remove(file_of(added_[0]));

  const Ran ran = check();

  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr(relative_file_of(added_[0]).string() + ": "),
                    HasSubstr("    put the file back from a copy"), HasSubstr("1 problem\n")));
}

TEST_F(CheckProgram, FindsAFileThatNoRowKnows) {
  const auto known = file_of(added_[2]);
  store_.close();
  std::filesystem::copy_file(known, known.parent_path() / "000000077.dcm");

  const Ran ran = check({"--json"});

  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr(R"({"kind": "fileUnknown", "row": 77)"));
}

TEST_F(CheckProgram, RebuildsALostIndexWithTheSameNames) {
  const std::vector<std::string> paths{"--path", "/mnt", "--level", "instance",
                                       store_.root().string()};
  const Ran before = run("dcmfs-find", paths);
  store_.close();
  for (const auto& entry : std::filesystem::directory_iterator(store_.root()))
    if (entry.path().filename().string().starts_with("index.db"))
      std::filesystem::remove(entry.path());
  const Ran broken = check();
  EXPECT_EQ(broken.exit_code, 2);
  EXPECT_THAT(broken.err, HasSubstr("--rebuild"));

  const Ran rebuilt = check({"--rebuild"});

  EXPECT_EQ(rebuilt.exit_code, 0) << rebuilt.out << rebuilt.err;
  EXPECT_EQ(run("dcmfs-find", paths).out, before.out);
  EXPECT_EQ(check().exit_code, 0);
}

TEST_F(CheckProgram, RebuildsNoStoreThatIsInUse) {
  const Ran ran = check({"--rebuild"});

  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_THAT(ran.err, HasSubstr("dcmfs-check: "));
}

TEST_F(CheckProgram, SaysThatThereIsNoStore) {
  const TempFolder folder;
  const Ran empty = run("dcmfs-check", {folder.path().string()});
  const Ran missing = run("dcmfs-check", {(folder.path() / "mistyped").string()});

  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_THAT(empty.err, HasSubstr("no store of dcmfs"));
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("there is no such folder"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

}  // namespace
}  // namespace dcmfs
