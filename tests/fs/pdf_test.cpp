// The document of an encapsulated PDF, beside the instance that holds it.
#include <set>

#include <dirent.h>
#include <gmock/gmock.h>

#include "fs/node.h"
#include "tests/fs/wire.h"

namespace dcmfs::fs {
namespace {

using testing::Contains;
using testing::Not;

std::string document(std::size_t bytes) {
  std::string out = "%PDF-1.4\n";
  while (out.size() + 6 < bytes) out += std::to_string(out.size()) + ' ';
  out.resize(bytes - 6, '.');
  return out + "\n%%EOF";
}

class PdfTest : public testing::Test {
 protected:
  DicomBuilder dicom(const std::string& pdf) {
    return make_dicom()
        .patient("1", "DOE")
        .study("1.2.3")
        .series("1.2.3.4")
        .modality("DOC")
        .sop_class(uids::EncapsulatedPDFStorage)
        .set(tags::InstanceNumber, "1")
        .set_bytes(tags::EncapsulatedDocument, Vr::OB, pdf);
  }
  void add(const std::string& pdf) { store.add(dicom(pdf)); }
  std::uint64_t series(Wire& wire) {
    auto at = wire.find({"patients"});
    for (int level = 0; level < 3; ++level) {
      for (const auto& entry : wire.list(at)) {
        if (entry.type == DT_DIR) at = entry.inode;
      }
    }
    return at;
  }
  std::set<std::string> names(Wire& wire) {
    std::set<std::string> out;
    for (const auto& entry : wire.list(series(wire))) out.insert(entry.name);
    return out;
  }

  TempStore store;
};

TEST_F(PdfTest, HasItsSizeBeforeTheFirstRead) {
  const auto pdf = document(300'001);
  add(pdf);
  Wire wire(*store);

  const auto found = wire.lookup(series(wire), "0001.pdf").as<fuse_entry_out>();

  EXPECT_EQ(found.attr.size, pdf.size());
  EXPECT_EQ(wire.read(found.nodeid), pdf);
  EXPECT_THAT(names(wire), Contains("0001.pdf"));
  EXPECT_THAT(names(wire), Not(Contains("0001.png")));
}

TEST_F(PdfTest, IsReadAtAnyOffsetAndNotBeyondItsEnd) {
  const auto pdf = document(300'001);
  for (const auto syntax : {uids::ExplicitVRLittleEndian, uids::DeflatedExplicitVRLittleEndian}) {
    SCOPED_TRACE(syntax);
    TempStore of_its_own;
    of_its_own.add(dicom(pdf).in(syntax));
    Wire wire(*of_its_own);
    const auto file = wire.open(wire.find_in(series(wire), "0001.pdf"), O_RDONLY);
    ASSERT_EQ(file.error, 0);

    for (const std::uint64_t offset : {250'000, 0, 131'072, 300'000, 300'001, 400'000}) {
      const auto expected = offset < pdf.size() ? pdf.substr(offset, 131'072) : "";
      EXPECT_EQ(wire.read(file, offset, 131'072), expected) << offset;
    }
    wire.release(file);
  }
}

TEST_F(PdfTest, IsHiddenWithLeavesDcm) {
  add(document(100));
  Options options;
  options.only_dcm = true;
  Wire wire(*store, options);

  EXPECT_EQ(names(wire), std::set<std::string>{"0001.dcm"});
  EXPECT_EQ(wire.find_in(series(wire), "0001.pdf"), 0U);
}

TEST_F(PdfTest, GoesWithItsInstance) {
  add(document(100));
  Options options;
  options.allow_delete = true;
  Wire wire(*store, options);
  const auto folder = series(wire);

  EXPECT_EQ(wire.unlink(folder, "0001.pdf"), 0) << "alone it does nothing";
  EXPECT_NE(wire.find_in(folder, "0001.pdf"), 0U);
  ASSERT_EQ(wire.unlink(folder, "0001.dcm"), 0);

  EXPECT_EQ(wire.unlink(folder, "0001.pdf"), 0) << "rm -r goes on with what it has listed";
  EXPECT_EQ(wire.unlink(folder, "0001.pdf"), ENOENT);
}

TEST_F(PdfTest, HasTheAttributesOfItsInstanceAndIsNoPartOfTheStudysZip) {
  add(document(100));
  Wire wire(*store);
  fuse_getxattr_in in{};
  in.size = 100;

  EXPECT_EQ(wire.call(FUSE_GETXATTR, wire.find_in(series(wire), "0001.pdf"),
                      Wire::bytes_of(in) + Wire::text("user.dicom.Modality"))
                .bytes,
            "DOC");
  const auto study = wire.list(wire.find({"patients"})).at(0).inode;
  const auto zip = wire.read(wire.find_in(wire.list(study).at(1).inode, "study.zip"));
  EXPECT_EQ(zip.find(".pdf"), std::string::npos);
}

TEST_F(PdfTest, OfANameLookedUpInVainIsToldToTheKernel) {
  add(document(100));
  Wire wire(*store);
  const auto folder = series(wire);
  ASSERT_EQ(wire.find_in(folder, "0002.pdf"), 0u);

  ASSERT_EQ(wire.drop(wire.find({"incoming"}), "b.dcm",
                      dicom(document(100)).set(tags::InstanceNumber, "2").bytes()),
            0);

  EXPECT_TRUE(wire.was_forgotten({folder, "0002.pdf"}));
}

}  // namespace
}  // namespace dcmfs::fs
