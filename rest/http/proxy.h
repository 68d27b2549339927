#pragma once
// nginx in front, which carries the bulk: it writes the bodies of uploads to files in the store, which
// we take by renaming them, and sends stored files by itself (X-Accel-Redirect). It is trusted with
// that by a secret that clients cannot say, because nginx sets these headers anew.
//
//   X-Dcmfs-Proxy      the secret
//   X-Dcmfs-Body-File  the file that has the body
//   X-Real-IP          the client
#include <filesystem>
#include <string_view>

#include "rest/http/intake.h"
#include "rest/http/message.h"
#include "store/store.h"

namespace dcmfs::rest {

// In constant time. An empty secret trusts nobody.
bool is_trusted_proxy(const Headers&, std::string_view secret);

// The body, from the file that the proxy names. denied: it is not in STORE/uploads.
Result<> take_spooled_body(Request&, Takes, Store&, const IntakeLimits&);

// Leaves a whole stored file to the proxy: true if the response now says so instead of having it.
bool leave_to_proxy(const std::filesystem::path& store, Response&);

}  // namespace dcmfs::rest
