#pragma once
// Transfer syntaxes, PS3.5 section 10 and PS3.6 table A-1, as one table.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace dcmfs {

enum class Codec : std::uint8_t {
  native,
  rle,
  jpeg,
  jpeg_ls,
  jpeg_2000,
  htj2k,
  jpeg_xl,
  video,
  other,
};

struct TransferSyntax {
  std::string_view uid;
  std::string_view name;  // as in PS3.6
  bool implicit_vr;
  bool big_endian;
  bool deflated;
  bool encapsulated;
  bool lossy;  // can lose information; the pixels of one instance may not have
  Codec codec;
  bool big_endian_pixels;  // of native PixelData; one private syntax differs from its data set
};

namespace uids {
inline constexpr std::string_view ImplicitVRLittleEndian = "1.2.840.10008.1.2";
inline constexpr std::string_view ExplicitVRLittleEndian = "1.2.840.10008.1.2.1";
inline constexpr std::string_view DeflatedExplicitVRLittleEndian = "1.2.840.10008.1.2.1.99";
inline constexpr std::string_view ExplicitVRBigEndian = "1.2.840.10008.1.2.2";
inline constexpr std::string_view PrivateGEImplicitVRBigEndianPixels = "1.2.840.113619.5.2";
inline constexpr std::string_view RLELossless = "1.2.840.10008.1.2.5";
inline constexpr std::string_view EncapsulatedPDFStorage = "1.2.840.10008.5.1.4.1.1.104.1";
inline constexpr std::string_view MediaStorageDirectoryStorage = "1.2.840.10008.1.3.10";
}  // namespace uids

std::span<const TransferSyntax> transfer_syntaxes();
// nullptr if the table does not have it.
const TransferSyntax* find_transfer_syntax(std::string_view uid);

// "CT Image Storage" for a SOP class or other UID that the dictionary knows, else "".
std::string_view name_of_uid(std::string_view uid);
// PS3.5 9.1: digits and dots, no empty or zero-led component, at most 64 characters.
bool is_valid_uid(std::string_view);
// A new UID below 2.25 (PS3.5 B.2), from 128 bits.
std::string uid_from_bits(std::uint64_t high, std::uint64_t low);

}  // namespace dcmfs
