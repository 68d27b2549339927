#include "store/dicom/transfer_syntax.h"

#include <algorithm>
#include <array>
#include <utility>

namespace dcmfs {
namespace {

// PS3.6 table A-1, by UID; the retired ones too, because archives hold them.
// clang-format off
constexpr bool kImplicit = true, kExplicit = false;
constexpr bool kBig = true, kLittle = false;
constexpr bool kDeflated = true, kPlain = false;
constexpr bool kEncapsulated = true, kNative = false;
constexpr bool kLossy = true, kLossless = false;

#define DCMFS_ENCAPSULATED(uid, name, lossy, codec) \
  TransferSyntax{uid, name, kExplicit, kLittle, kPlain, kEncapsulated, lossy, Codec::codec, kLittle}
constexpr std::array kSyntaxes{
    TransferSyntax{uids::ImplicitVRLittleEndian, "Implicit VR Little Endian", kImplicit, kLittle, kPlain, kNative, kLossless, Codec::native, kLittle},
    TransferSyntax{uids::ExplicitVRLittleEndian, "Explicit VR Little Endian", kExplicit, kLittle, kPlain, kNative, kLossless, Codec::native, kLittle},
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian", kLossless, native),
    TransferSyntax{uids::DeflatedExplicitVRLittleEndian, "Deflated Explicit VR Little Endian", kExplicit, kLittle, kDeflated, kNative, kLossless, Codec::native, kLittle},
    TransferSyntax{uids::ExplicitVRBigEndian, "Explicit VR Big Endian", kExplicit, kBig, kPlain, kNative, kLossless, Codec::native, kBig},
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 & 4)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.52", "JPEG Extended (Process 3 & 5)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.53", "JPEG Spectral Selection, Non-Hierarchical (Process 6 & 8)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.54", "JPEG Spectral Selection, Non-Hierarchical (Process 7 & 9)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.55", "JPEG Full Progression, Non-Hierarchical (Process 10 & 12)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.56", "JPEG Full Progression, Non-Hierarchical (Process 11 & 13)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.57", "JPEG Lossless, Non-Hierarchical (Process 14)", kLossless, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.58", "JPEG Lossless, Non-Hierarchical (Process 15)", kLossless, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.59", "JPEG Extended, Hierarchical (Process 16 & 18)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.60", "JPEG Extended, Hierarchical (Process 17 & 19)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.61", "JPEG Spectral Selection, Hierarchical (Process 20 & 22)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.62", "JPEG Spectral Selection, Hierarchical (Process 21 & 23)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.63", "JPEG Full Progression, Hierarchical (Process 24 & 26)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.64", "JPEG Full Progression, Hierarchical (Process 25 & 27)", kLossy, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.65", "JPEG Lossless, Hierarchical (Process 28)", kLossless, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.66", "JPEG Lossless, Hierarchical (Process 29)", kLossless, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])", kLossless, jpeg),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless Image Compression", kLossless, jpeg_ls),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.81", "JPEG-LS Lossy (Near-Lossless) Image Compression", kLossy, jpeg_ls),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.90", "JPEG 2000 Image Compression (Lossless Only)", kLossless, jpeg_2000),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.91", "JPEG 2000 Image Compression", kLossy, jpeg_2000),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Multi-component Image Compression (Lossless Only)", kLossless, jpeg_2000),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2 Multi-component Image Compression", kLossy, jpeg_2000),
    // JPIP: the pixels are elsewhere; the data set has a URL instead (PS3.5 A.6 to A.11).
    TransferSyntax{"1.2.840.10008.1.2.4.94", "JPIP Referenced", kExplicit, kLittle, kPlain, kNative, kLossy, Codec::other, kLittle},
    TransferSyntax{"1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate", kExplicit, kLittle, kDeflated, kNative, kLossy, Codec::other, kLittle},
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.100.1", "Fragmentable MPEG2 Main Profile / Main Level", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.101", "MPEG2 Main Profile / High Level", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.101.1", "Fragmentable MPEG2 Main Profile / High Level", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.103.1", "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.104.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.105.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.106.1", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.107", "HEVC/H.265 Main Profile / Level 5.1", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.108", "HEVC/H.265 Main 10 Profile / Level 5.1", kLossy, video),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.110", "JPEG XL Lossless", kLossless, jpeg_xl),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", kLossy, jpeg_xl),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.112", "JPEG XL", kLossy, jpeg_xl),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 Image Compression (Lossless Only)", kLossless, htj2k),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL Options Image Compression (Lossless Only)", kLossless, htj2k),
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000 Image Compression", kLossy, htj2k),
    TransferSyntax{"1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced", kExplicit, kLittle, kPlain, kNative, kLossy, Codec::other, kLittle},
    TransferSyntax{"1.2.840.10008.1.2.4.205", "JPIP HTJ2K Referenced Deflate", kExplicit, kLittle, kDeflated, kNative, kLossy, Codec::other, kLittle},
    DCMFS_ENCAPSULATED(uids::RLELossless, "RLE Lossless", kLossless, rle),
    TransferSyntax{"1.2.840.10008.1.2.6.1", "RFC 2557 MIME encapsulation", kExplicit, kLittle, kPlain, kNative, kLossless, Codec::other, kLittle},
    TransferSyntax{"1.2.840.10008.1.2.6.2", "XML Encoding", kExplicit, kLittle, kPlain, kNative, kLossless, Codec::other, kLittle},
    // SMPTE ST 2110: real-time streams; a file holds the attributes alone (PS3.22).
    TransferSyntax{"1.2.840.10008.1.2.7.1", "SMPTE ST 2110-20 Uncompressed Progressive Active Video", kExplicit, kLittle, kPlain, kNative, kLossless, Codec::video, kLittle},
    TransferSyntax{"1.2.840.10008.1.2.7.2", "SMPTE ST 2110-20 Uncompressed Interlaced Active Video", kExplicit, kLittle, kPlain, kNative, kLossless, Codec::video, kLittle},
    TransferSyntax{"1.2.840.10008.1.2.7.3", "SMPTE ST 2110-30 PCM Digital Audio", kExplicit, kLittle, kPlain, kNative, kLossless, Codec::other, kLittle},
    // Each frame is deflated by itself, the data set is not (PS3.5 A.4.13).
    DCMFS_ENCAPSULATED("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", kLossless, other),
    TransferSyntax{"1.2.840.10008.1.20", "Papyrus 3 Implicit VR Little Endian", kImplicit, kLittle, kPlain, kNative, kLossless, Codec::native, kLittle},
    TransferSyntax{uids::PrivateGEImplicitVRBigEndianPixels, "GE Private Implicit VR Little Endian with big endian pixels", kImplicit, kLittle, kPlain, kNative, kLossless, Codec::native, kBig},
};
#undef DCMFS_ENCAPSULATED
// clang-format on

struct UidName {
  std::string_view uid, name;
};
constexpr UidName kUidNames[] = {
#include "store/dicom/uid_names.inc"
};
static_assert(std::is_sorted(std::begin(kUidNames), std::end(kUidNames),
                             [](const UidName& a, const UidName& b) { return a.uid < b.uid; }));

// PS3.5 9.1
constexpr std::size_t kUidLengthMax = 64;

}  // namespace

std::span<const TransferSyntax> transfer_syntaxes() {
  return kSyntaxes;
}

const TransferSyntax* find_transfer_syntax(std::string_view uid) {
  auto it = std::find_if(kSyntaxes.begin(), kSyntaxes.end(),
                         [uid](const TransferSyntax& syntax) { return syntax.uid == uid; });
  return it != kSyntaxes.end() ? &*it : nullptr;
}

std::string_view name_of_uid(std::string_view uid) {
  if (const TransferSyntax* syntax = find_transfer_syntax(uid)) return syntax->name;
  auto it =
      std::lower_bound(std::begin(kUidNames), std::end(kUidNames), uid,
                       [](const UidName& row, std::string_view key) { return row.uid < key; });
  return it != std::end(kUidNames) && it->uid == uid ? it->name : std::string_view();
}

bool is_valid_uid(std::string_view uid) {
  if (uid.empty() || uid.size() > kUidLengthMax) return false;
  std::size_t component = 0;  // where it begins
  for (std::size_t i = 0; i <= uid.size(); ++i) {
    if (i < uid.size() && uid[i] != '.') {
      if (uid[i] < '0' || uid[i] > '9') return false;
      continue;
    }
    const std::size_t digits = i - component;
    if (digits == 0 || (digits > 1 && uid[component] == '0')) return false;
    component = i + 1;
  }
  return true;
}

std::string uid_from_bits(std::uint64_t high, std::uint64_t low) {
  unsigned __int128 number = static_cast<unsigned __int128>(high) << 64 | low;
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(number % 10)));
    number /= 10;
  } while (number != 0);
  std::reverse(digits.begin(), digits.end());
  return "2.25." + digits;
}

}  // namespace dcmfs
