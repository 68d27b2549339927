// JPEG and JPEG-LS through DCMTK. The decoders see one frame and nothing else:
// no data set, no registry, no colour conversion.
#include <algorithm>
#include <exception>
#include <memory>
#include <mutex>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmjpeg/djcparam.h>
#include <dcmtk/dcmjpeg/djdijg12.h>
#include <dcmtk/dcmjpeg/djdijg16.h>
#include <dcmtk/dcmjpeg/djdijg8.h>
#include <dcmtk/dcmjpls/djcodecd.h>
#include <dcmtk/dcmjpls/djcparam.h>
#include <dcmtk/oflog/oflog.h>

#include "store/image/codec.h"

namespace dcmfs {
namespace {

// What a codec has to say about a bad frame is in our Error.
void silence_loggers() {
  static std::once_flag once;
  std::call_once(once, [] {
    for (const char* name : {"dcmtk.dcmjpeg", "dcmtk.dcmjpls"}) {
      OFLog::getLogger(name).setLogLevel(OFLogger::OFF_LOG_LEVEL);
    }
  });
}

// The IJG library goes on after a broken Huffman code and only warns. A frame
// it had to guess at is not shown.
template <class Decoder>
class CountingDecoder final : public Decoder {
 public:
  using Decoder::Decoder;
  int warnings() const { return warnings_; }
  void emitMessage(int level) const override {
    if (level < 0) ++warnings_;
  }

 private:
  mutable int warnings_ = 0;
};

// Every scan of a JPEG goes over its whole picture, and takes 12 bytes or so: what all scans
// together may go over. Progressive files have some 10 scans.
constexpr std::int64_t kScannedSamplesMax = std::int64_t{1} << 31;

Result<> check_scans(std::string_view bytes, const CodestreamHeader& header) {
  using namespace std::string_view_literals;
  const std::int64_t samples = std::int64_t{header.rows} * header.columns * header.components;
  std::int64_t scanned = 0;
  for (std::size_t at = 0; (at = bytes.find("\xff\xda"sv, at)) != std::string_view::npos; at += 2) {
    scanned += samples;
    if (scanned > kScannedSamplesMax) return Error{Errc::not_supported, "a JPEG of too many scans"};
  }
  return {};
}

// Scans of a sequential JPEG that lack the constants of ITU-T T.81 B.2.3, of
// which IJG warns without reason: NEMA's own samples are written so.
int odd_scans(std::string_view bytes, const CodestreamHeader& header) {
  using namespace std::string_view_literals;
  if (!header.sequential) return 0;
  int count = 0;
  for (std::size_t at = 0; (at = bytes.find("\xff\xda"sv, at)) != std::string_view::npos; at += 2) {
    const std::size_t components =
        at + 4 < bytes.size() ? static_cast<unsigned char>(bytes[at + 4]) : 0;
    if (bytes.substr(std::min(at + 5 + 2 * components, bytes.size()), 3) != "\x00\x3f\x00"sv)
      ++count;
  }
  return count;
}

template <class Decoder>
Result<> run(std::string_view bytes, const CodestreamHeader& header, Samples& out) {
  const DJCodecParameter parameters(ECC_lossyYCbCr, EDC_never, EUC_never, EPC_colorByPixel);
  CountingDecoder<Decoder> decoder(parameters, OFFalse);
  OFCondition done = decoder.init();
  if (done.good()) {
    auto* from = reinterpret_cast<Uint8*>(const_cast<char*>(bytes.data()));  // only read
    auto* to = reinterpret_cast<Uint8*>(out.data.data());
    done = decoder.decode(from, static_cast<Uint32>(bytes.size()), to,
                          static_cast<Uint32>(out.data.size()), OFFalse);
  }
  // Where the codestream ends too early that is "suspended", not good.
  if (done.bad()) return Error{Errc::corrupt, std::string("JPEG: ") + done.text()};
  if (decoder.warnings() > odd_scans(bytes, header))
    return Error{Errc::corrupt, "a damaged JPEG codestream"};
  return {};
}

Samples room_for(const CodestreamHeader& header) {
  Samples out;
  out.bytes = header.precision <= 8 ? 1 : 2;
  out.bits = header.precision;
  out.photometric_interpretation = header.photometric_interpretation;
  out.data.assign(static_cast<std::size_t>(header.rows) * static_cast<std::size_t>(header.columns) *
                      static_cast<std::size_t>(header.components * out.bytes),
                  {});
  return out;
}

// The attributes that DCMTK's JPEG-LS codec asks for.
OFCondition describe(DcmDataset& dataset, const CodestreamHeader& header, int bits_allocated) {
  struct Row {
    DcmTagKey tag;
    int value;
  };
  const Row rows[] = {
      {DCM_SamplesPerPixel, header.components},
      {DCM_PlanarConfiguration, 0},
      {DCM_Rows, header.rows},
      {DCM_Columns, header.columns},
      {DCM_BitsAllocated, bits_allocated},
      {DCM_BitsStored, header.precision},
      {DCM_HighBit, header.precision - 1},
      {DCM_PixelRepresentation, 0},
  };
  OFCondition done = EC_Normal;
  for (const Row& row : rows) {
    if (done.good()) done = dataset.putAndInsertUint16(row.tag, static_cast<Uint16>(row.value));
  }
  if (done.good()) {
    done = dataset.putAndInsertString(DCM_PhotometricInterpretation,
                                      header.components == 1 ? "MONOCHROME2" : "RGB");
  }
  return done;
}

// DCMTK's CharLS computes the default thresholds of ITU-T T.87 C.2.4.1.1.1
// wrongly below 8 bits, so they are written out, in a segment behind SOI.
// Needless once JLSL_08_07_0_1F.dcm of the test data decodes without.
std::string threshold_segment(const CodestreamHeader& header) {
  if (header.precision >= 8) return {};
  const int highest = (1 << header.precision) - 1;
  const int factor = 256 / (highest + 1);
  auto clamped = [highest](int threshold, int low) {
    return threshold > highest || threshold < low ? low : threshold;
  };
  const int near = header.near;
  const int t1 = clamped(std::max(2, 3 / factor + 3 * near), near + 1);
  const int t2 = clamped(std::max(3, 7 / factor + 5 * near), t1);
  const int t3 = clamped(std::max(4, 21 / factor + 7 * near), t2);
  constexpr int kLength = 13, kPresets = 1, kReset = 64;
  std::string out("\xff\xf8");
  auto append = [&out](int value) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value);
  };
  append(kLength);
  out += static_cast<char>(kPresets);
  for (const int value : {highest, t1, t2, t3, kReset}) append(value);
  return out;
}

// An empty offset table and one fragment.
OFCondition enclose(DcmPixelSequence& sequence, std::string_view bytes,
                    const CodestreamHeader& header) {
  auto table = std::make_unique<DcmPixelItem>(DCM_PixelItemTag);
  auto fragment = std::make_unique<DcmPixelItem>(DCM_PixelItemTag);
  constexpr std::size_t kSoiBytes = 2;
  std::string padded(bytes);
  padded.insert(kSoiBytes, threshold_segment(header));
  padded.append(padded.size() % 2, '\0');
  OFCondition done = fragment->putUint8Array(reinterpret_cast<const Uint8*>(padded.data()),
                                             static_cast<Uint32>(padded.size()));
  if (done.good()) done = sequence.insert(table.release());
  if (done.good()) done = sequence.insert(fragment.release());
  return done;
}

}  // namespace

Result<Samples> decode_jpeg(std::string_view bytes, const CodestreamHeader& header,
                            const PixelDescription& pixels) {
  DCMFS_CHECK(check_scans(bytes, header));
  silence_loggers();
  try {
    Samples out = room_for(header);
    out.overshoots = header.lossy && !pixels.is_signed;
    if (header.precision <= 8) {
      DCMFS_CHECK(run<DJDecompressIJG8Bit>(bytes, header, out));
    } else if (header.precision <= 12) {
      DCMFS_CHECK(run<DJDecompressIJG12Bit>(bytes, header, out));
    } else {
      DCMFS_CHECK(run<DJDecompressIJG16Bit>(bytes, header, out));
    }
    return out;
  } catch (const std::exception&) {
    return Error{Errc::corrupt, "JPEG: the decoder gave up"};
  }
}

Result<Samples> decode_jpeg_ls(std::string_view bytes, const CodestreamHeader& header,
                               const PixelDescription& pixels) {
  silence_loggers();
  try {
    Samples out = room_for(header);
    out.overshoots = header.lossy && !pixels.is_signed;
    DcmDataset dataset;
    DcmPixelSequence sequence(DCM_PixelSequenceTag);
    OFCondition done = describe(dataset, header, 8 * out.bytes);
    if (done.good()) done = enclose(sequence, bytes, header);
    if (done.good()) {
      const DJLSCodecParameter parameters(EJLSUC_never, EJLSPC_colorByPixel, OFTrue);
      const DJLSLosslessDecoder decoder;  // it decodes near-lossless frames as well
      Uint32 fragment = 0;
      OFString colours;
      done = decoder.decodeFrame(nullptr, &sequence, &parameters, &dataset, 0, fragment,
                                 out.data.data(), static_cast<Uint32>(out.data.size()), colours);
    }
    if (done.bad()) return Error{Errc::corrupt, std::string("JPEG-LS: ") + done.text()};
    return out;
  } catch (const std::exception&) {
    return Error{Errc::corrupt, "JPEG-LS: the decoder gave up"};
  }
}

}  // namespace dcmfs
