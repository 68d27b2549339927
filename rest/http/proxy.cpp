#include "rest/http/proxy.h"

#include <array>
#include <vector>

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "rest/http/multipart.h"
#include "rest/http/percent.h"
#include "store/read_at.h"

namespace dcmfs::rest {
namespace {

constexpr std::string_view kSecret = "X-Dcmfs-Proxy";
constexpr std::string_view kBodyFile = "X-Dcmfs-Body-File";
constexpr std::string_view kInternal =
    "/dcmfs-stored/";  // a location of nginx that clients cannot ask for
constexpr std::size_t kBlockBytes = 1 << 20;

std::array<unsigned char, SHA256_DIGEST_LENGTH> digest_of(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return digest;
}

// What the intake would have made of it while it arrived.
Result<> read_through(SpoolFile& file, Request& request, Takes takes, Store& store,
                      const IntakeLimits& limits) {
  Intake intake(takes, request.headers, store, limits);
  std::vector<std::byte> block(kBlockBytes);
  for (std::int64_t offset = 0;;) {
    DCMFS_TRY(const auto n, read_at(file.fd(), offset, block, "reading an upload"));
    if (n == 0) break;
    DCMFS_CHECK(intake.take(std::span(block).first(n)));
    offset += static_cast<std::int64_t>(n);
  }
  return intake.finish(request);
}

}  // namespace

bool is_trusted_proxy(const Headers& headers, std::string_view secret) {
  if (secret.empty()) return false;
  const auto said = digest_of(header(headers, kSecret)), right = digest_of(secret);
  return CRYPTO_memcmp(said.data(), right.data(), right.size()) == 0;
}

Result<> take_spooled_body(Request& request, Takes takes, Store& store,
                           const IntakeLimits& limits) {
  const std::string path(header(request.headers, kBodyFile));
  DCMFS_TRY(auto file, store.adopt_upload(path));
  DCMFS_TRY(const auto size, file.size());
  if (limits.body_bytes_max > 0 && size > limits.body_bytes_max)
    return Error{Errc::too_large, "the body is over MaximumRequestBodySizeMB"};
  const auto& headers = request.headers;
  const bool is_packed = !header(headers, "Content-Encoding").empty();
  const bool is_one =
      takes == Takes::file ||
      (takes == Takes::files && !multipart_boundary(header(headers, "Content-Type")));
  if (is_packed || !is_one) return read_through(file, request, takes, store, limits);
  file.look_ahead();
  request.body.file = std::move(file);
  return {};
}

bool leave_to_proxy(const std::filesystem::path& store, Response& response) {
  const auto* range = std::get_if<FileRange>(&response.body);
  if (!range || response.status != 200 || range->offset != 0 || range->size != range->blob->size())
    return false;
  std::error_code failed;
  const auto path =
      std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(range->blob->fd()), failed);
  const auto below = path.lexically_relative(store);
  // A file that was removed meanwhile has no name; then it is sent from here.
  if (failed || below.empty() || *below.begin() == ".." || !std::filesystem::exists(path, failed))
    return false;
  std::string uri(kInternal.substr(0, kInternal.size() - 1));
  for (const auto& part : below) uri += '/' + percent_encoded(part.string());
  response.headers.insert_or_assign("X-Accel-Redirect", uri);
  response.body = std::string();
  return true;
}

}  // namespace dcmfs::rest
