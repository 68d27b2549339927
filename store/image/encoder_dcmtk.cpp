// JPEG and JPEG-LS without loss, through DCMTK. The encoders see one frame and nothing else.
#include <exception>
#include <memory>
#include <span>

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdatset.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcpixseq.h>
#include <dcmtk/dcmdata/dcpxitem.h>
#include <dcmtk/dcmjpeg/djcparam.h>
#include <dcmtk/dcmjpeg/djeijg12.h>
#include <dcmtk/dcmjpeg/djeijg16.h>
#include <dcmtk/dcmjpeg/djeijg8.h>
#include <dcmtk/dcmjpls/djcodece.h>
#include <dcmtk/dcmjpls/djcparam.h>
#include <dcmtk/dcmjpls/djrparam.h>

#include "store/image/compress.h"

namespace dcmfs {
namespace {

// PS3.5 8.2.1: samples are bit patterns of BitsStored bits, whatever their sign.
Buffer<std::byte> as_patterns(const Frame& frame) {
  Buffer<std::byte> out = frame.data;
  const unsigned mask = (1u << frame.pixels.bits_stored) - 1;
  const bool is_wide = frame.bytes_per_sample() == 2;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] &= static_cast<std::byte>(is_wide && i % 2 == 1 ? mask >> 8 : mask);
  return out;
}

template <class Encoder, class Sample>
Result<std::string> run_jpeg(const Frame& frame, Buffer<std::byte> samples) {
  const DJCodecParameter parameters(ECC_lossyYCbCr, EDC_never, EUC_never, EPC_colorByPixel);
  constexpr int kFirstOrder = 1, kNoPointTransform = 0;
  Encoder encoder(parameters, EJM_lossless, kFirstOrder, kNoPointTransform);
  const EP_Interpretation colours = frame.pixels.samples_per_pixel == 1 ? EPI_Monochrome2
                                    : frame.pixels.photometric_interpretation == "YBR_FULL"
                                        ? EPI_YBR_Full
                                        : EPI_RGB;
  Uint8* to = nullptr;
  Uint32 length = 0;
  const OFCondition done = encoder.encode(static_cast<Uint16>(frame.pixels.columns),
                                          static_cast<Uint16>(frame.pixels.rows), colours,
                                          static_cast<Uint16>(frame.pixels.samples_per_pixel),
                                          reinterpret_cast<Sample*>(samples.data()), to, length);
  const std::unique_ptr<Uint8[]> made(to);
  if (done.bad() || !made) return Error{Errc::not_supported, std::string("JPEG: ") + done.text()};
  return std::string(reinterpret_cast<const char*>(made.get()), length);
}

// The attributes that DCMTK's JPEG-LS codec asks for.
OFCondition describe_frame(DcmDataset& dataset, const Frame& frame) {
  struct Row {
    DcmTagKey tag;
    int value;
  };
  const int bits = 8 * frame.bytes_per_sample();
  const Row rows[] = {
      {DCM_SamplesPerPixel, frame.pixels.samples_per_pixel},
      {DCM_PlanarConfiguration, 0},
      {DCM_Rows, frame.pixels.rows},
      {DCM_Columns, frame.pixels.columns},
      {DCM_BitsAllocated, bits},
      {DCM_BitsStored, frame.pixels.bits_stored},
      {DCM_HighBit, frame.pixels.bits_stored - 1},
      {DCM_PixelRepresentation, 0},
  };
  OFCondition done = EC_Normal;
  for (const Row& row : rows)
    if (done.good()) done = dataset.putAndInsertUint16(row.tag, static_cast<Uint16>(row.value));
  if (done.good())
    done = dataset.putAndInsertString(DCM_PhotometricInterpretation,
                                      frame.pixels.samples_per_pixel == 1 ? "MONOCHROME2" : "RGB");
  return done;
}

// The first item is the offset table.
Result<std::string> joined(DcmPixelSequence& sequence) {
  std::string out;
  for (unsigned long i = 1; i < sequence.card(); ++i) {
    DcmPixelItem* item = nullptr;
    Uint8* bytes = nullptr;
    if (sequence.getItem(item, i).bad() || item->getUint8Array(bytes).bad())
      return Error{Errc::not_supported, "JPEG-LS: the encoder gave nothing"};
    out.append(reinterpret_cast<const char*>(bytes), item->getLength());
  }
  return out;
}

}  // namespace

Result<std::string> encode_jpeg_lossless(const Frame& frame) {
  try {
    auto samples = as_patterns(frame);
    if (frame.bytes_per_sample() == 1)
      return run_jpeg<DJCompressIJG8Bit, Uint8>(frame, std::move(samples));
    if (frame.pixels.bits_stored <= 12)
      return run_jpeg<DJCompressIJG12Bit, Uint16>(frame, std::move(samples));
    return run_jpeg<DJCompressIJG16Bit, Uint16>(frame, std::move(samples));
  } catch (const std::exception&) {
    return Error{Errc::not_supported, "JPEG: the encoder gave up"};
  }
}

Result<std::string> encode_jpeg_ls(const Frame& frame) {
  try {
    auto samples = as_patterns(frame);
    if (samples.size() % 2 != 0) samples.push_back({});
    DcmDataset dataset;
    OFCondition done = describe_frame(dataset, frame);
    DcmPixelSequence* made = nullptr;
    if (done.good()) {
      const DJLSCodecParameter parameters(OFFalse, 0, 0, 0, 0, 0, OFFalse, EJLSUC_never);
      const DJLSRepresentationParameter lossless(0, OFTrue);
      const DJLSLosslessEncoder encoder;
      DcmStack stack;
      stack.push(&dataset);
      auto* element = new DcmPixelData(DCM_PixelData);  // the data set's from the next line on
      done = dataset.insert(element, OFTrue);
      stack.push(element);
      OFBool ignored = OFFalse;
      if (done.good())
        done = encoder.encode(reinterpret_cast<const Uint16*>(samples.data()),
                              static_cast<Uint32>(frame.data.size()), &lossless, made, &parameters,
                              stack, ignored);
    }
    const std::unique_ptr<DcmPixelSequence> sequence(made);
    if (done.bad() || !sequence)
      return Error{Errc::not_supported, std::string("JPEG-LS: ") + done.text()};
    return joined(*sequence);
  } catch (const std::exception&) {
    return Error{Errc::not_supported, "JPEG-LS: the encoder gave up"};
  }
}

}  // namespace dcmfs
