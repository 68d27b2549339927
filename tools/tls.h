#pragma once
// The certificates that the options name, as the DICOM node wants them.
#include <filesystem>

#include "net/tls.h"
#include "tools/options.h"

namespace dcmfs::tools {

// The error names an option and says what to do.
Result<net::Tls> load_tls(const Settings&, const std::filesystem::path& store);
// The same for a program that may or may not need it: an error is one only if something in the
// settings needs TLS, else what the attempt to use it comes to. Nodes that use it can be added at
// any time.
Result<net::Tls> load_tls_if_needed(const Settings&, const std::filesystem::path& store);

}  // namespace dcmfs::tools
