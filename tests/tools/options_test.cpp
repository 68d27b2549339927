#include "tools/options.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/ok.h"
#include "tests/tools/golden.h"
#include "tools/command_line.h"
#include "tools/options_text.h"

namespace dcmfs::tools {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

Result<CommandLine> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "dcmfs");
  return parse_command_line(static_cast<int>(words.size()), words.data());
}

Result<Settings> settings_of(std::vector<const char*> words) {
  DCMFS_TRY(const auto line, parse(std::move(words)));
  return apply(line.given, Settings{});
}

std::string error_of(std::vector<const char*> words) {
  const auto settings = settings_of(std::move(words));
  return settings ? "no error" : settings.error().message;
}

TEST(Options, TheTableIsTheGoldenOne) {
  expect_golden("options.txt", options_table());
}

TEST(Options, TheHelpIsTheGoldenOne) {
  const auto line = parse({"--help"});

  ASSERT_OK(line);
  expect_golden("help.txt", line->print.value_or(""));
}

TEST(Options, TheManualPagesTellTheTable) {
  EXPECT_THAT(text_of(in_sources("man/dcmfs.json.5")), HasSubstr(keys_mdoc())) << keys_mdoc();
  EXPECT_THAT(text_of(in_sources("man/dcmfs.1")), HasSubstr(mount_options_mdoc()))
      << mount_options_mdoc();
}

TEST(Options, EveryRowHasADefaultThatItsOwnRuleAccepts) {
  for (const Option& option : options()) {
    if (option.key.empty()) continue;
    const auto text = default_json(option);

    EXPECT_FALSE(option.help.empty()) << option.key;
    EXPECT_NE(text, "null") << option.key;
  }
}

TEST(Options, NoNameStandsTwice) {
  std::set<std::string_view> names;
  for (const Option& option : options())
    for (const auto name : {option.key, option.flag, option.mount})
      EXPECT_TRUE(name.empty() || name == option.flag || names.insert(name).second) << name;
}

TEST(CommandLine, TakesStoreAndMountpoint) {
  const auto line = parse({"-f", "/s", "/m"});

  ASSERT_OK(line);
  EXPECT_EQ(line->store, "/s");
  EXPECT_EQ(line->mountpoint, "/m");
}

TEST(CommandLine, ReadsWhatWasGiven) {
  const auto s =
      settings_of({"--http-port", "9000", "--dicom-port=0", "--aet", " PACS ", "--no-mount", "-o",
                   "ro,uid=12,delete", "-o", "leaves=dcm", "-f", "/s"});

  ASSERT_OK(s);
  EXPECT_EQ(s->http_port, 9000);
  EXPECT_EQ(s->dicom_port, 0);
  EXPECT_EQ(s->dicom_aet, "PACS");
  EXPECT_FALSE(s->mount);
  EXPECT_TRUE(s->read_only);
  EXPECT_TRUE(s->allow_delete);
  EXPECT_EQ(s->uid, 12);
  EXPECT_EQ(s->leaves, "dcm");
  EXPECT_TRUE(s->foreground);
}

TEST(CommandLine, TheLastOfTwoCounts) {
  const auto s =
      settings_of({"--http-port", "1", "--http-port", "2", "-o", "umask=077,umask=027", "/s"});

  ASSERT_OK(s);
  EXPECT_EQ(s->http_port, 2);
  EXPECT_EQ(s->umask, "027");
}

TEST(CommandLine, SaysWhatWasExpected) {
  EXPECT_EQ(error_of({"--http-port", "http", "/s"}),
            "--http-port: expected a port number from 0 to 65535");
  EXPECT_EQ(error_of({"--dicom-port", "70000", "/s"}),
            "--dicom-port: expected a port number from 0 to 65535");
  EXPECT_EQ(error_of({"--aet", "SEVENTEEN_LETTERS", "/s"}),
            "--aet: expected an AE title, 1 to 16 characters without backslash");
  EXPECT_EQ(error_of({"-o", "umask=999", "/s"}), "-o umask: expected an octal mask such as 022");
  EXPECT_EQ(error_of({"-o", "leaves=none", "/s"}), "-o leaves: expected all or dcm");
}

TEST(CommandLine, NamesTheMountOptionThatDoesNotExist) {
  EXPECT_EQ(error_of({"-o", "ro,colour=red", "/s"}),
            "-o colour: there is no such mount option; see dcmfs --help");
}

TEST(CommandLine, AMountOptionHasAValueOrHasNone) {
  EXPECT_EQ(error_of({"-o", "uid", "/s"}), "-o uid: needs a value");
  EXPECT_EQ(error_of({"-o", "ro=1", "/s"}), "-o ro: takes no value");
}

TEST(CommandLine, PassesTheOptionsOfFuseOn) {
  const auto s = settings_of({"-o", "nosuid,fsname=a\\,b", "/s"});

  ASSERT_OK(s);
  EXPECT_THAT(s->fuse_options, ElementsAre("nosuid", "fsname=a,b"));
}

TEST(CommandLine, IgnoresWhatIsMeantForFstab) {
  const auto s = settings_of(
      {"-o", "rw,defaults,noauto,nofail,silent,user=root,_netdev,x-systemd.automount,comment=x",
       "/s"});

  ASSERT_OK(s);
  EXPECT_TRUE(s->fuse_options.empty());
}

// mount(8): of options that contradict each other the last one counts.
TEST(CommandLine, OfRoAndRwTheLastOneCounts) {
  const auto writable = settings_of({"-o", "ro,rw", "/s"});
  const auto read_only = settings_of({"-o", "rw", "-o", "ro", "/s"});

  ASSERT_OK(writable);
  EXPECT_FALSE(writable->read_only);
  ASSERT_OK(read_only);
  EXPECT_TRUE(read_only->read_only);
}

TEST(CommandLine, IgnoresHowTimesOfAccessAreKept) {
  const auto s = settings_of(
      {"-o",
       "diratime,nodiratime,relatime,norelatime,strictatime,nostrictatime,lazytime,nolazytime",
       "/s"});

  ASSERT_OK(s);
  EXPECT_TRUE(s->fuse_options.empty());
}

TEST(CommandLine, SaysWhyAnOptionOfMountIsRefused) {
  EXPECT_EQ(error_of({"-o", "allow_root", "/s"}),
            "-o allow_root: say allow_other,umask=077, which keeps all others out");
  EXPECT_EQ(error_of({"-o", "ro,nosymfollow", "/s"}),
            "-o nosymfollow: most of the mount are links");
}

TEST(CommandLine, NeedsAStore) {
  EXPECT_FALSE(parse({}));
}

TEST(CommandLine, RefusesAThirdArgument) {
  EXPECT_FALSE(parse({"/s", "/m", "/x"}));
}

TEST(CommandLine, NoTextMakesItThrow) {
  for (const char* text : {"", ",", ",,", "=", "=,=", "\\", "\\,", "uid=", "uid=-1",
                           "umask=", "uid=99999999999999999999", "x-", "-o", "ro,,ro"}) {
    const auto given = parse_mount_options(text);
    if (given) (void)apply(*given, Settings{}).ok();
  }
}

}  // namespace
}  // namespace dcmfs::tools
