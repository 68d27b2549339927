// Pictures, numbers and files of instances.
#include <cstring>
#include <fstream>

#include <gmock/gmock.h>

#include "rest/orthanc/downloads.h"
#include "store/dicom/reader.h"
#include "store/image/encode.h"
#include "tests/rest/api.h"

namespace dcmfs::rest {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class PictureRoutes : public Api {
 protected:
  std::string add(const DicomBuilder& dicom) { return "/instances/" + store_.add(dicom).id.str(); }
};

std::string little_endian(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) {
    out += static_cast<char>(value & 0xff);
    out += static_cast<char>(value >> 8 & 0xff);
  }
  return out;
}

DicomBuilder signed_picture(int rows, int columns, std::initializer_list<int> values) {
  auto builder = make_dicom().pixels(rows, columns, 16);
  builder.dataset().set_number(tags::PixelRepresentation, 1);
  return builder.set_bytes(tags::PixelData, Vr::OW, little_endian(values));
}

DicomBuilder colour_picture_of(std::string rgb, int rows, int columns) {
  auto builder = make_dicom().pixels(rows, columns, 8);
  builder.dataset().set_number(tags::SamplesPerPixel, 3);
  builder.dataset().set_number(tags::PlanarConfiguration, 0);
  return builder.set(tags::PhotometricInterpretation, "RGB")
      .set_bytes(tags::PixelData, Vr::OB, std::move(rgb));
}

std::string samples_of_pam(const std::string& pam) {
  const std::string_view marker = "ENDHDR\n";
  return pam.substr(pam.find(marker) + marker.size());
}
const std::string kPam = "Accept: image/x-portable-arbitrarymap\r\n";

TEST_F(PictureRoutes, AreOfTheTypeThatIsAccepted) {
  const auto path = add(signed_picture(1, 3, {-100, 0, 100}));

  const auto png = get(path + "/preview"),
             any = get(path + "/preview", "Accept: text/html, image/*;q=0.5\r\n");
  const auto jpeg = get(path + "/preview", "Accept: image/jpeg\r\n");
  const auto none = get(path + "/preview", "Accept: text/html\r\n");

  EXPECT_EQ(png.status, 200);
  EXPECT_EQ(png.header("Content-Type"), "image/png");
  EXPECT_EQ(png.header("Vary"), "Accept");
  EXPECT_THAT(png.body, StartsWith("\x89PNG"));
  EXPECT_EQ(any.body, png.body);
  EXPECT_EQ(jpeg.header("Content-Type"), "image/jpeg");
  EXPECT_THAT(jpeg.body, StartsWith("\xff\xd8\xff"));
  EXPECT_EQ(none.status, 406);
  EXPECT_THAT(none.body, HasSubstr("image/png"));
}

TEST_F(PictureRoutes, ThePreviewStretchesAndRenderedAppliesTheWindow) {
  const auto path = add(signed_picture(1, 4, {-100, 0, 50, 100})
                            .set(tags::WindowCenter, "50.5")
                            .set(tags::WindowWidth, "101"));

  EXPECT_EQ(samples_of_pam(get(path + "/preview", kPam).body), std::string("\x00\x80\xbf\xff", 4));
  EXPECT_EQ(samples_of_pam(get(path + "/rendered", kPam).body), std::string("\x00\x00\x80\xff", 4));
  EXPECT_EQ(samples_of_pam(get(path + "/rendered?window-center=0.5&window-width=201", kPam).body),
            std::string("\x00\x80\xbf\xff", 4));
  // The width is the file's: from -50 on.
  EXPECT_EQ(samples_of_pam(get(path + "/rendered?window-center=0.5", kPam).body),
            std::string("\x00\x80\xff\xff", 4));
}

TEST_F(PictureRoutes, MonochromeOneIsInverted) {
  auto builder = signed_picture(1, 3, {-100, 0, 100});
  builder.set(tags::PhotometricInterpretation, "MONOCHROME1");
  const auto path = add(builder);

  EXPECT_EQ(samples_of_pam(get(path + "/preview", kPam).body), std::string("\xff\x7f\x00", 3));
  EXPECT_EQ(samples_of_pam(get(path + "/image-uint8", kPam).body), std::string("\x00\x00\x64", 3));
}

TEST_F(PictureRoutes, ImagesClampStoredValuesWithoutRescale) {
  const auto path = add(signed_picture(1, 4, {-2, 0, 255, 300})
                            .set(tags::RescaleIntercept, "-1024")
                            .set(tags::RescaleSlope, "2"));

  EXPECT_EQ(samples_of_pam(get(path + "/image-uint8", kPam).body),
            std::string("\x00\x00\xff\xff", 4));
  EXPECT_EQ(samples_of_pam(get(path + "/image-uint16", kPam).body),
            std::string("\0\0\0\0\0\xff\x01\x2c", 8));
  EXPECT_EQ(samples_of_pam(get(path + "/image-int16", kPam).body),
            std::string("\xff\xfe\0\0\0\xff\x01\x2c", 8));
  EXPECT_EQ(get(path + "/image-uint16", "Accept: image/jpeg\r\n").status, 406);
}

TEST_F(PictureRoutes, OfColourAreColour) {
  const std::string rgb = "\x01\x02\x03\xfa\xfb\xfc";
  const auto path = add(colour_picture_of(rgb, 1, 2));

  EXPECT_EQ(samples_of_pam(get(path + "/preview", kPam).body), rgb);
  EXPECT_EQ(samples_of_pam(get(path + "/rendered", kPam).body), rgb);
  EXPECT_EQ(get(path + "/image-uint8").status, 415);
}

TEST_F(PictureRoutes, AreFittedIntoWidthAndHeight) {
  const auto path = add(make_dicom().pixels(20, 40, 16));

  EXPECT_THAT(get(path + "/rendered?width=10", kPam).body, HasSubstr("WIDTH 10\nHEIGHT 5\n"));
  EXPECT_THAT(get(path + "/rendered?width=100&height=10&smooth", kPam).body,
              HasSubstr("WIDTH 20\nHEIGHT 10\n"));
  EXPECT_THAT(get(path + "/rendered?width=0", kPam).body, HasSubstr("WIDTH 40\nHEIGHT 20\n"));
  EXPECT_THAT(get(path + "/rendered?width=10&height=0", kPam).body,
              HasSubstr("WIDTH 10\nHEIGHT 5\n"));
  EXPECT_EQ(get(path + "/rendered?width=999999999").status, 400);
  EXPECT_EQ(get(path + "/rendered?width=99999999999999999999").status, 400);
  EXPECT_EQ(get(path + "/rendered?window-width=0&window-center=3").status, 400);
  EXPECT_EQ(get(path + "/rendered?window-width=nan&window-center=3").status, 400);
  EXPECT_EQ(get(path + "/rendered?window-center=3").status, 400);
}

TEST_F(PictureRoutes, QualityIsFrom1To100) {
  const auto path = add(make_dicom().pixels(64, 64, 16));
  const std::string jpeg = "Accept: image/jpeg\r\n";

  EXPECT_LT(get(path + "/preview?quality=5", jpeg).body.size(),
            get(path + "/preview?quality=100", jpeg).body.size());
  for (const char* quality : {"0", "101", "x", "-1"})
    EXPECT_EQ(get(path + "/preview?quality=" + quality, jpeg).status, 400) << quality;
}

TEST_F(PictureRoutes, FramesCountFrom0) {
  const auto path = add(make_dicom().pixels(1, 2, 16, 3));

  EXPECT_EQ(samples_of_pam(get(path + "/frames/2/image-uint8", kPam).body),
            std::string("\x04\x05", 2));
  EXPECT_EQ(get(path + "/frames/2/raw").body, little_endian({4, 5}));
  for (const char* frame : {"3", "-1", "x", "99999999999999999999", "0x1", "1%20"}) {
    for (const char* route : {"preview", "rendered", "image-uint8", "raw", "numpy", "matlab"})
      EXPECT_EQ(get(path + "/frames/" + frame + '/' + route).status, 404) << frame << ' ' << route;
  }
  EXPECT_EQ(get(path + "/frames").body, "[\n   0,\n   1,\n   2\n]\n");
  EXPECT_THAT(get(path + "/frames/0").body, HasSubstr("\"raw.gz\""));
}

TEST_F(PictureRoutes, WhatCannotBeDecodedIs415) {
  const auto path = add(make_dicom());
  const auto strange =
      add(make_dicom().pixels(2, 2, 16).set(tags::PhotometricInterpretation, "STRANGE"));

  for (const char* route : {"preview", "rendered", "image-uint8", "image-uint16", "image-int16",
                            "numpy", "matlab", "frames/0/preview", "frames/0/raw"})
    EXPECT_EQ(get(path + '/' + route).status, 415) << route;
  EXPECT_EQ(get(strange + "/preview").status, 415);
  EXPECT_EQ(get(path + "/frames").body, "[]\n");
}

TEST_F(PictureRoutes, APictureMaySayThatThereIsNone) {
  const auto path = add(make_dicom());

  const auto answer = get(path + "/frames/0/preview?returnUnsupportedImage");

  EXPECT_EQ(answer.status, 302);
  EXPECT_EQ(answer.header("Location"), "../../../../app/images/unsupported.png");
  EXPECT_THAT(get("/app/images/unsupported.png").body, StartsWith("\x89PNG"));
}

TEST_F(PictureRoutes, OfAnUnknownInstanceAre404) {
  for (const char* id : {"nope", "00000000-00000000-00000000-00000000-00000000"}) {
    for (const char* route :
         {"preview", "file", "numpy", "frames", "frames/0", "frames/0/raw", "pdf"})
      EXPECT_EQ(get(std::string("/instances/") + id + '/' + route).status, 404)
          << id << ' ' << route;
  }
}

TEST_F(PictureRoutes, AreNotSentAgain) {
  const auto path = add(make_dicom().pixels(4, 4, 16));
  const auto first = get(path + "/preview");

  const auto again = get(path + "/preview", "If-None-Match: " + first.header("ETag") + "\r\n");

  EXPECT_THAT(first.header("ETag"), StartsWith("\""));
  EXPECT_EQ(again.status, 304);
  EXPECT_NE(get(path + "/rendered").header("ETag"), first.header("ETag"));
  EXPECT_NE(get(path + "/rendered?width=2").header("ETag"),
            get(path + "/rendered?width=3").header("ETag"));
}

// PS3.5 annex G: two frames of 8x8 pixels, each of one segment that is one literal run.
const std::string kRun = '\x3f' + std::string(64, 'a');
std::string run_length_encoded() {
  const auto item = [](const std::string& bytes) {
    std::string out("\xfe\xff\0\xe0", 4);
    for (int shift = 0; shift < 32; shift += 8)
      out += static_cast<char>(bytes.size() >> shift & 0xff);
    return out + bytes;
  };
  const std::string frame = std::string("\1\0\0\0\x40", 5) + std::string(59, '\0') + kRun + '\0';
  return make_dicom().pixels(8, 8, 8, 2).erase(tags::PixelData).in(uids::RLELossless).bytes() +
         std::string("\xe0\x7f\x10\0OB\0\0\xff\xff\xff\xff", 12) + item("") + item(frame) +
         item(frame) + std::string("\xfe\xff\xdd\xe0\0\0\0\0", 8);
}

// Of an image that cannot be decoded any more nothing can be made.
TEST_F(PictureRoutes, AreNotMadeAgainForWhoHasThem) {
  std::string broken = run_length_encoded();
  const auto path = "/instances/" + store_.add(broken).id.str();
  std::map<std::string, std::string> known;
  for (const char* route :
       {"preview", "rendered?width=7", "image-uint8", "image-uint16", "image-int16", "matlab",
        "numpy", "numpy?compress", "frames/1/preview", "frames/1/numpy", "frames/1/matlab",
        "frames/1/raw", "frames/1/raw.gz", "file?transcode=1.2.840.10008.1.2"}) {
    const auto first = get(path + '/' + route);
    ASSERT_EQ(first.status, 200) << route;
    known[route] = first.header("ETag");
    EXPECT_THAT(known[route], StartsWith("\"")) << route;
  }
  for (const auto& each : std::filesystem::recursive_directory_iterator(store_.root() / "blobs")) {
    if (!each.is_regular_file()) continue;
    std::filesystem::permissions(each.path(), std::filesystem::perms::owner_all);
    // Of bytes that stand for none.
    for (auto at = broken.find(kRun); at != broken.npos; at = broken.find(kRun))
      broken.replace(at, kRun.size(), kRun.size(), '\x80');
    std::ofstream(each.path(), std::ios::binary | std::ios::trunc) << broken;
  }

  for (const auto& [route, etag] : known) {
    const auto again = get(path + '/' + route, "If-None-Match: " + etag + "\r\n");
    EXPECT_EQ(again.status, 304) << route;
    EXPECT_EQ(again.header("ETag"), etag) << route;
    EXPECT_EQ(again.body, "") << route;
  }
  EXPECT_EQ(get(path + "/preview").status, 415);
  EXPECT_EQ(get(path + "/preview", "If-None-Match: *\r\n").status, 415);
}

// --- numbers

template <class Value>
std::vector<Value> npy_values(const std::string& npy) {
  const auto begin = npy.find('\n') + 1;
  std::vector<Value> out((npy.size() - begin) / sizeof(Value));
  std::memcpy(out.data(), npy.data() + begin, out.size() * sizeof(Value));
  return out;
}

TEST_F(PictureRoutes, NumpyIsRescaledUnlessItShallNot) {
  const auto path = add(signed_picture(1, 3, {-2, 0, 300})
                            .set(tags::RescaleIntercept, "-1024")
                            .set(tags::RescaleSlope, "0.5"));

  const auto scaled = get(path + "/numpy"), stored = get(path + "/numpy?rescale=0"),
             frame = get(path + "/frames/0/numpy");

  EXPECT_EQ(scaled.header("Content-Type"), "application/octet-stream");
  EXPECT_THAT(scaled.body,
              HasSubstr("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 3, 1), }"));
  EXPECT_EQ(npy_values<float>(scaled.body), (std::vector<float>{-1025, -1024, -874}));
  EXPECT_EQ(scaled.header("Content-Length"), std::to_string(scaled.body.size()));
  EXPECT_EQ((scaled.body.find('\n') + 1) % 64, 0u);
  EXPECT_THAT(stored.body, HasSubstr("'<i2'"));
  EXPECT_EQ(npy_values<std::int16_t>(stored.body), (std::vector<std::int16_t>{-2, 0, 300}));
  EXPECT_THAT(frame.body, HasSubstr("'shape': (1, 3, 1), }"));
}

TEST_F(PictureRoutes, NumpyHasAllFrames) {
  const auto path = add(make_dicom().pixels(1, 2, 16, 3));

  const auto answer = get(path + "/numpy?rescale=false");

  EXPECT_THAT(answer.body, HasSubstr("'<u2', 'fortran_order': False, 'shape': (3, 1, 2, 1)"));
  EXPECT_EQ(npy_values<std::uint16_t>(answer.body), (std::vector<std::uint16_t>{0, 1, 2, 3, 4, 5}));
}

TEST_F(PictureRoutes, NumpyOfColourIsBytes) {
  const auto path = add(colour_picture_of("abcdef", 1, 2));

  const auto answer = get(path + "/numpy");

  EXPECT_THAT(answer.body, HasSubstr("'|u1', 'fortran_order': False, 'shape': (1, 1, 2, 3)"));
  EXPECT_THAT(answer.body, testing::EndsWith("\nabcdef"));
}

TEST_F(PictureRoutes, NumpyMayBeCompressed) {
  const auto path = add(make_dicom().pixels(100, 100, 16));

  const auto answer = get(path + "/numpy?compress");

  EXPECT_THAT(answer.body, StartsWith("PK\3\4"));
  EXPECT_THAT(answer.body, HasSubstr("arr_0.npy"));
  EXPECT_LT(answer.body.size(), 40'000u);
}

TEST_F(PictureRoutes, NumpyOfASeriesIsInTheOrderOfItsSlices) {
  const auto slice = [](int z, int value) {
    return signed_picture(1, 1, {value})
        .study("1.2")
        .series("1.2.3")
        .set(tags::ImagePositionPatient, "0\\0\\" + std::to_string(z))
        .set(tags::ImageOrientationPatient, "1\\0\\0\\0\\1\\0");
  };
  const auto series =
      "/series/" + TempStore::require(store_->get(store_.add(slice(30, 3)).instance)).id.str();
  store_.add(slice(-5, 1));
  const auto added = store_.add(slice(10, 2));
  const auto parent =
      TempStore::require(store_->get(TempStore::require(store_->get(added.instance)).ancestors[0]));
  const auto path = "/series/" + parent.id.str();

  EXPECT_EQ(npy_values<std::int16_t>(get(path + "/numpy?rescale=0").body),
            (std::vector<std::int16_t>{1, 2, 3}));
  const auto order = get(path + "/ordered-slices");
  EXPECT_THAT(order.body, HasSubstr("\"Volume\""));
  EXPECT_THAT(order.body, HasSubstr("/frames/0\""));
  EXPECT_EQ(get(series + "/numpy").status, 404) << "an instance is no series";
  store_.add(slice(40, 4).pixels(2, 2, 16));
  EXPECT_EQ(get(path + "/numpy").status, 400) << "of another size";
}

// However many a file says that it has.
TEST_F(PictureRoutes, FramesAreListedAsManyAsAFileCanHold) {
  const auto dicom = make_dicom().pixels(1, 1, 8).set(tags::NumberOfFrames, "999999999");
  const auto added = store_.add(dicom);

  const auto frames = get(path(added, Level::instance) + "/frames"),
             slices = get(path(added, Level::series) + "/ordered-slices");

  ASSERT_EQ(frames.status, 200);
  EXPECT_EQ(frames.json().size(), 8 * dicom.bytes().size());
  EXPECT_EQ(slices.status, 413);
}

TEST_F(PictureRoutes, MatlabIsAnExpression) {
  const auto grey = add(signed_picture(2, 2, {-1, 2, 3, 4}));
  const auto colour = add(colour_picture_of(std::string("\x01\x02\x03\x04\x05\x06", 6), 1, 2));

  EXPECT_EQ(get(grey + "/matlab").body, "double([ -1 2 ; 3 4 ])");
  EXPECT_EQ(get(colour + "/frames/0/matlab").body,
            "double(permute(reshape([ 1 2 3 4 5 6 ], [ 3 2 1 ]), [ 3 2 1 ]))");
}

// --- files

TEST_F(PictureRoutes, TheFileIsTheOneThatWasStored) {
  const auto dicom = make_dicom().pixels(4, 4, 16);
  const auto path = add(dicom);

  const auto whole = get(path + "/file"), part = get(path + "/file", "Range: bytes=128-131\r\n");
  const auto asked = ask("HEAD", path + "/file?filename=caf%C3%A9%22%0d%0aX:.dcm");

  EXPECT_TRUE(whole.body == dicom.bytes());
  EXPECT_EQ(whole.header("Content-Type"), "application/dicom");
  EXPECT_THAT(whole.header("Content-Disposition"), StartsWith("filename=\""));
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "DICM");
  EXPECT_EQ(asked.status, 200);
  EXPECT_EQ(asked.header("Content-Disposition"),
            "filename=\"caf_____X:.dcm\"; filename*=UTF-8''caf%C3%A9%22%0D%0AX%3A.dcm");
  EXPECT_EQ(get(path + "/file", "If-None-Match: " + whole.header("ETag") + "\r\n").status, 304);
}

TEST_F(PictureRoutes, TheFileMayBeHadAsDicomJsonOrXml) {
  const auto path = add(make_dicom().study("1.2").patient("P", "DOE^JANE").pixels(8, 8, 16));

  const auto answer = get(path + "/file", "Accept: application/dicom+json\r\n");

  EXPECT_EQ(answer.header("Content-Type"), "application/dicom+json");
  EXPECT_EQ(answer.json()["00100010"]["Value"][0]["Alphabetic"], "DOE^JANE");
  EXPECT_THAT(answer.json()["7FE00010"]["BulkDataURI"].asString(),
              HasSubstr("/dicom-web/studies/1.2/series/"));
  for (const char* accept : {"*/*", "text/html, */*;q=0.1", "text/html",
                             "application/dicom, application/dicom+json;q=0.5"})
    EXPECT_EQ(get(path + "/file", "Accept: " + std::string(accept) + "\r\n").header("Content-Type"),
              "application/dicom")
        << accept;
  const auto xml = get(path + "/file", "Accept: application/dicom+xml\r\n");
  EXPECT_EQ(xml.header("Content-Type"), "application/dicom+xml");
  EXPECT_THAT(xml.body, HasSubstr("<FamilyName>DOE</FamilyName>"));
}

TEST_F(PictureRoutes, TheFileMayBeTranscoded) {
  const auto path = add(make_dicom().pixels(1, 2, 16).in(uids::ExplicitVRBigEndian));

  const auto answer = get(path + "/file?transcode=1.2.840.10008.1.2.1");

  EXPECT_EQ(answer.status, 200);
  const auto source = memory_source(answer.body);
  const auto file = read_dicom(*source);
  ASSERT_OK(file);
  EXPECT_EQ(file->syntax_uid, uids::ExplicitVRLittleEndian);
  EXPECT_EQ(file->dataset.find(tags::PixelData)->value, little_endian({0, 1}));
  EXPECT_EQ(get(path + "/file?transcode=1.2.840.10008.1.2.4.91").status, 415);
  EXPECT_EQ(get(path + "/file?transcode=nonsense").status, 400);
}

TEST_F(PictureRoutes, ThePdfIsTheDocument) {
  auto builder = make_dicom().sop_class(uids::EncapsulatedPDFStorage);
  builder.set_bytes(tags::EncapsulatedDocument, Vr::OB, "%PDF-1.4 etc");
  const auto path = add(builder);

  const auto answer = get(path + "/pdf");

  EXPECT_EQ(answer.body, "%PDF-1.4 etc");
  EXPECT_EQ(answer.header("Content-Type"), "application/pdf");
  EXPECT_EQ(get(add(make_dicom()) + "/pdf").status, 404);
}

}  // namespace
}  // namespace dcmfs::rest
