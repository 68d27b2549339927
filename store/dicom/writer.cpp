#include "store/dicom/writer.h"

#include <limits>

#include <zlib.h>

#include "store/dicom/binary.h"
#include "store/dicom/encoder.h"

namespace dcmfs {
namespace {

// PS3.5 A.5: a raw deflate stream (RFC 1951), padded to an even length.
Result<std::string> deflate_bytes(std::string_view bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max()) {
    return Error{Errc::too_large, "a data set of 4 GiB and more cannot be deflated"};
  }
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return Error{Errc::no_space, "no memory to deflate"};
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  [[maybe_unused]] const int status = deflate(&stream, Z_FINISH);
  assert(status == Z_STREAM_END);  // the bound is one
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (out.size() % 2 != 0) out.push_back('\0');
  return out;
}

// PS3.10 7.1: group 0002 is in Explicit VR Little Endian whatever the data set is in.
std::string encode_group(const Dataset& meta) {
  DatasetEncoder encoder(*find_transfer_syntax(uids::ExplicitVRLittleEndian));
  for (const Element& element : meta) {
    [[maybe_unused]] const Result<> appended = encoder.append(element, meta);
    assert(appended);  // small values that are in memory
  }
  return std::move(encoder).take();
}

}  // namespace

Result<std::string> encode_dataset(const Dataset& dataset, const TransferSyntax& syntax) {
  DatasetEncoder encoder(syntax);
  DCMFS_CHECK(encoder.append(dataset));
  std::string bytes = std::move(encoder).take();
  return syntax.deflated ? deflate_bytes(bytes) : std::move(bytes);
}

Result<std::string> encode_file(const Dataset& dataset, const TransferSyntax& syntax) {
  const std::string sop_class = dataset.text_or(tags::SOPClassUID, "");
  const std::string sop_instance = dataset.text_or(tags::SOPInstanceUID, "");
  if (sop_class.empty() || sop_instance.empty()) {
    return Error{Errc::invalid_argument, "SOPClassUID or SOPInstanceUID is missing"};
  }
  DCMFS_TRY(const std::string bytes, encode_dataset(dataset, syntax));
  return encode_meta(sop_class, sop_instance, syntax.uid, "") + bytes;
}

std::string encode_meta(std::string_view sop_class, std::string_view sop_instance,
                        std::string_view transfer_syntax, std::string_view source_aet) {
  Dataset meta;
  meta.set_bytes(tags::FileMetaInformationVersion, Vr::OB, std::string("\x00\x01", 2));
  meta.set_text(tags::MediaStorageSOPClassUID, sop_class);
  meta.set_text(tags::MediaStorageSOPInstanceUID, sop_instance);
  meta.set_text(tags::TransferSyntaxUID, transfer_syntax);
  meta.set_text(tags::ImplementationClassUID, kImplementationClassUID);
  meta.set_text(tags::ImplementationVersionName, kImplementationVersionName);
  if (!source_aet.empty()) meta.set_text(tags::SourceApplicationEntityTitle, source_aet);
  const std::string elements = encode_group(meta);

  Dataset group_length;
  group_length.set_number(tags::FileMetaInformationGroupLength,
                          static_cast<double>(elements.size()));
  return std::string(kPreambleBytes, '\0').append(kPrefix) + encode_group(group_length) + elements;
}

}  // namespace dcmfs
