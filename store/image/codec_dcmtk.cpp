// JPEG and JPEG-LS through DCMTK. The decoders see one frame and nothing else:
// no data set, no registry, no colour conversion.
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
class WarnedDecoder final : public Decoder {
 public:
  using Decoder::Decoder;
  bool warned() const { return warned_; }
  void emitMessage(int level) const override {
    if (level < 0) warned_ = true;
  }

 private:
  mutable bool warned_ = false;
};

template <class Decoder>
Result<> run(std::string_view bytes, Samples& out) {
  const DJCodecParameter parameters(ECC_lossyYCbCr, EDC_never, EUC_never, EPC_colorByPixel);
  WarnedDecoder<Decoder> decoder(parameters, OFFalse);
  OFCondition done = decoder.init();
  if (done.good()) {
    auto* from = reinterpret_cast<Uint8*>(const_cast<char*>(bytes.data()));  // only read
    auto* to = reinterpret_cast<Uint8*>(out.data.data());
    done = decoder.decode(from, static_cast<Uint32>(bytes.size()), to,
                          static_cast<Uint32>(out.data.size()), OFFalse);
  }
  // Where the codestream ends too early that is "suspended", not good.
  if (done.bad()) return Error{Errc::corrupt, std::string("JPEG: ") + done.text()};
  if (decoder.warned()) return Error{Errc::corrupt, "a damaged JPEG codestream"};
  return {};
}

Samples room_for(const CodestreamHeader& header) {
  Samples out;
  out.bytes = header.precision <= 8 ? 1 : 2;
  out.bits = header.precision;
  out.photometric_interpretation = header.photometric_interpretation;
  out.data.resize(static_cast<std::size_t>(header.rows) * static_cast<std::size_t>(header.columns) *
                  static_cast<std::size_t>(header.components * out.bytes));
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

// An empty offset table and one fragment.
OFCondition enclose(DcmPixelSequence& sequence, std::string_view bytes) {
  auto table = std::make_unique<DcmPixelItem>(DCM_PixelItemTag);
  auto fragment = std::make_unique<DcmPixelItem>(DCM_PixelItemTag);
  const std::string padded = std::string(bytes) + std::string(bytes.size() % 2, '\0');
  OFCondition done = fragment->putUint8Array(reinterpret_cast<const Uint8*>(padded.data()),
                                             static_cast<Uint32>(padded.size()));
  if (done.good()) done = sequence.insert(table.release());
  if (done.good()) done = sequence.insert(fragment.release());
  return done;
}

}  // namespace

Result<Samples> decode_jpeg(std::string_view bytes, const CodestreamHeader& header,
                            const PixelDescription& pixels) {
  silence_loggers();
  try {
    Samples out = room_for(header);
    out.overshoots = header.lossy && !pixels.is_signed;
    if (header.precision <= 8) {
      DCMFS_CHECK(run<DJDecompressIJG8Bit>(bytes, out));
    } else if (header.precision <= 12) {
      DCMFS_CHECK(run<DJDecompressIJG12Bit>(bytes, out));
    } else {
      DCMFS_CHECK(run<DJDecompressIJG16Bit>(bytes, out));
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
    if (done.good()) done = enclose(sequence, bytes);
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
