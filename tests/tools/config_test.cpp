#include "tools/config.h"

#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/ok.h"
#include "tests/support/temp_folder.h"
#include "tests/tools/golden.h"
#include "tools/options_text.h"

namespace dcmfs::tools {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Config : public testing::Test {
 protected:
  Result<Configured> read(std::string_view text) {
    return read_config(folder_.write("dcmfs.json", text), Settings{});
  }
  std::string error_of(std::string_view text) {
    const auto configured = read(text);
    return configured ? "no error" : configured.error().message;
  }
  TempFolder folder_;
};

TEST_F(Config, AFileThatIsNotThereSaysNothing) {
  const auto configured = read_config(folder_ / "none.json", Settings{});

  ASSERT_OK(configured);
  EXPECT_EQ(configured->settings.http_port, 8042);
}

TEST_F(Config, ReadsEveryKindOfValue) {
  const auto configured = read(R"({
    // Comments are allowed, /* of both kinds */
    "Name" : "Köln", "HttpPort" : 80, "DicomServerEnabled" : false, "AuthenticationEnabled" : true,
    "RegisteredUsers" : { "alice" : "secret" },
    "DicomModalities" : { "a" : ["A", "host", 104], "b" : {"AET" : "B", "Host" : "h", "Port" : 105},
      "c" : {"AET" : "C", "Host" : "h", "Port" : 105, "AllowStore" : false, "AllowFind" : true,
        "UseDicomTls" : true, "LocalAet" : "US ", "Timeout" : 60} },
    "AcceptedTransferSyntaxes" : "1.2.840.10008.1.2*", "RejectedSopClasses" : [ "1.2.3", "1.2.4" ],
    "OverwriteInstances" : "IfChanged", /* and trailing commas */
  })");

  ASSERT_OK(configured);
  const Settings& s = configured->settings;
  EXPECT_THAT(configured->warnings, IsEmpty());
  EXPECT_EQ(s.name, "Köln");
  EXPECT_EQ(s.http_port, 80);
  EXPECT_FALSE(s.dicom_enabled);
  EXPECT_EQ(s.authentication_enabled, true);
  EXPECT_EQ(s.users.at("alice"), "secret");
  EXPECT_EQ(s.modalities.at("a"), (Modality{"A", "host", 104}));
  EXPECT_EQ(s.modalities.at("b"), (Modality{"B", "h", 105}));
  EXPECT_FALSE(s.modalities.at("c").may.store);
  EXPECT_TRUE(s.modalities.at("c").may.find);
  EXPECT_FALSE(s.modalities.at("b").uses_tls);
  EXPECT_TRUE(s.modalities.at("c").uses_tls);
  EXPECT_EQ(s.modalities.at("c").local_aet, "US");
  EXPECT_EQ(s.modalities.at("c").timeout, std::chrono::seconds(60));
  EXPECT_THAT(s.accepted_syntaxes, ElementsAre("1.2.840.10008.1.2*"));
  EXPECT_THAT(s.rejected_sop_classes, ElementsAre("1.2.3", "1.2.4"));
  EXPECT_EQ(s.overwrite, "IfChanged");
}

TEST_F(Config, AModalityIsCheckedInAllItSays) {
  const auto is_one = [this](const std::string& more) {
    return read(R"({"DicomModalities":{"a":{"AET":"A","Host":"h","Port":104,)" + more + "}}}").ok();
  };

  for (const char* none : {R"("Timeout":0)", R"("LocalAet":"")"})
    EXPECT_TRUE(is_one(none)) << none;  // as Orthanc says that it has none of its own
  for (const char* wrong :
       {R"("Timeout":-1)", R"("Timeout":86401)", R"("Timeout":"10")", R"("LocalAet":7)",
        R"("LocalAet":"SEVENTEENLETTERSX")", R"("AllowFind":1)", R"("Associations":0)"})
    EXPECT_FALSE(is_one(wrong)) << wrong;
}

TEST_F(Config, APortOfAModalityMayBeAText) {
  const auto text =
      read(R"({"DicomModalities":{"a":["A","h","104"],"b":{"AET":"B","Host":"h","Port":"105"}}})");

  ASSERT_OK(text);
  EXPECT_EQ(text->settings.modalities.at("a").port, 104);
  EXPECT_EQ(text->settings.modalities.at("b").port, 105);
  for (const char* wrong : {"", "x", "104x", "-1", "70000", " 104", "0x68"})
    EXPECT_FALSE(read(R"({"DicomModalities":{"a":["A","h",")" + std::string(wrong) + "\"]}}").ok())
        << wrong;
}

TEST_F(Config, NamesOfMetadataHaveNumbersOfTheirOwn) {
  const auto configured =
      read(R"({"UserMetadata":{"mine":1024,"other":65535},"UserContentType":{"report":1024}})");

  ASSERT_OK(configured);
  EXPECT_EQ(configured->settings.user_metadata.at("other"), 65535);
  EXPECT_EQ(configured->settings.user_content_types.at("report"), 1024);
  for (const char* wrong :
       {R"({"a":1023})", R"({"a":65536})", R"({"a":"1024"})", R"({"a":1024,"b":1024})",
        R"({"1025":1024})", R"({"LastUpdate":1024})", R"({"a/b":1024})", "[]"})
    EXPECT_FALSE(read(R"({"UserMetadata":)" + std::string(wrong) + "}").ok()) << wrong;
}

TEST_F(Config, OverwriteInstancesMayBeABoolean) {
  EXPECT_EQ(read(R"({"OverwriteInstances":true})")->settings.overwrite, "Always");
  EXPECT_EQ(read(R"({"OverwriteInstances":false})")->settings.overwrite, "Never");
}

TEST_F(Config, TheCertificateOfAPeerMayBeABoolean) {
  const auto read_as = [this](const std::string& value) {
    return read(R"({"DicomTlsRemoteCertificateRequired":)" + value + "}")
        ->settings.tls_peer_certificate;
  };
  EXPECT_EQ(read_as("true"), "required");
  EXPECT_EQ(read_as("false"), "optional");
  EXPECT_EQ(read_as("\"off\""), "off");
}

TEST_F(Config, AnUnknownKeyIsAWarningThatNamesIt) {
  const auto configured = read(R"({"HttpPrt" : 80})");

  ASSERT_OK(configured);
  EXPECT_THAT(configured->warnings,
              ElementsAre(EndsWith("dcmfs.json: unknown key \"HttpPrt\"; did you mean HttpPort")));
}

TEST_F(Config, AnUnknownKeyOfAModalityIsAWarningThatNamesIt) {
  const auto configured = read(
      R"({"DicomModalities" : {"PACS" : {"AET" : "A", "Host" : "h", "Port" : 1, "AllowFnd" : false},
          "OTHER" : {"AET" : "B", "Host" : "h", "Port" : 1, "AllowNAction" : false, "Timeout" : 3}}})");

  ASSERT_OK(configured);
  EXPECT_THAT(configured->warnings,
              ElementsAre(EndsWith("dcmfs.json: DicomModalities: PACS: unknown key \"AllowFnd\";"
                                   " did you mean AllowFind")));
}

TEST_F(Config, AWrongTypeIsAnErrorThatNamesFileKeyAndWhatWasExpected) {
  EXPECT_EQ(error_of(R"({"HttpPort" : "80"})"),
            (folder_ / "dcmfs.json").string() +
                ": HttpPort: expected a port number from 0 to 65535, found a text");
  EXPECT_THAT(error_of(R"({"HttpPort" : 80.5})"), EndsWith("65535, found a number"));
  EXPECT_THAT(error_of(R"({"HttpPort" : 99999})"), EndsWith("found a number 99999"));
  EXPECT_THAT(error_of(R"({"Name" : ["x"]})"), EndsWith("Name: expected a text, found a list"));
  EXPECT_THAT(error_of(R"({"OverwriteInstances" : "Sometimes"})"),
              HasSubstr("expected \"Never\", \"Always\" or \"IfChanged\""));
  EXPECT_THAT(error_of(R"({"DicomModalities" : {"a" : ["A", "h"]}})"),
              HasSubstr("expected an object of NAME : [AET, HOST, PORT]"));
  EXPECT_THAT(error_of(R"({"DicomModalities" : {"PACS:1" : ["A", "h", 104]}})"),
              HasSubstr("each NAME one that a folder has on any system"));
  EXPECT_FALSE(read(R"({"DicomRoutes" : {"all" : {"To" : ["peers/AUX"]}}})"));
}

TEST_F(Config, AMessageNeverShowsAPassword) {
  EXPECT_THAT(error_of(R"({"RegisteredUsers" : {"a:b" : "geheim"}})"),
              testing::Not(HasSubstr("geheim")));
}

TEST_F(Config, SyntaxErrorsTellTheLine) {
  EXPECT_THAT(error_of("{\n \"HttpPort\" 80\n}"), HasSubstr("dcmfs.json: Line 2, Column"));
}

TEST_F(Config, RefusesWhatAStrictReaderRefuses) {
  for (const char* text : {"", "[]", "80", "{} x", R"({"Name":"a","Name":"b"})", "{'Name':'a'}"})
    EXPECT_FALSE(read(text)) << text;
  EXPECT_THAT(error_of(std::string(100, '[')), HasSubstr("nested too deeply"));
}

TEST_F(Config, TheTemplateChangesNothing) {
  ASSERT_OK(write_config_template(folder_ / "dcmfs.json"));

  const auto configured = read_config(folder_ / "dcmfs.json", Settings{});

  ASSERT_OK(configured);
  EXPECT_THAT(configured->warnings, IsEmpty());
  expect_golden("dcmfs.json", text_of(folder_ / "dcmfs.json"));
}

TEST_F(Config, UncommentingTheWholeTemplateGivesTheDefaults) {
  const auto text =
      std::regex_replace(config_template(), std::regex(R"(// ("\w+" : .*,\n))"), "$1");

  const auto configured = read(text);

  ASSERT_OK(configured);
  EXPECT_THAT(configured->warnings, IsEmpty());
  EXPECT_EQ(configured->settings.dicom_port, Settings{}.dicom_port);
  EXPECT_EQ(configured->settings.overwrite, Settings{}.overwrite);
}

TEST_F(Config, TheTemplateReplacesNothingAndIsPrivate) {
  folder_.write("mine.json", "{}");

  ASSERT_OK(write_config_template(folder_ / "mine.json"));
  ASSERT_OK(write_config_template(folder_ / "new.json"));

  struct stat status {};
  ::stat((folder_ / "new.json").c_str(), &status);
  EXPECT_EQ(text_of(folder_ / "mine.json"), "{}");
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(Config, TellsTheStoreWhatItMustKnow) {
  Settings settings;
  settings.overwrite = "Always";
  settings.size_max_mb = 3;
  settings.durability = "relaxed";

  const StoreOptions options = store_options(settings);

  EXPECT_EQ(options.overwrite, Overwrite::always);
  EXPECT_EQ(options.durability, Durability::relaxed);
  EXPECT_EQ(options.size_max_bytes, 3 << 20);
}

}  // namespace
}  // namespace dcmfs::tools
