#pragma once
// The certificates that the options name, as the DICOM node wants them.
#include <filesystem>
#include <optional>

#include "net/tls.h"
#include "tools/options.h"

namespace dcmfs::tools {

// nullopt: nobody is to be spoken to with TLS. The error names an option and says what to do.
Result<std::optional<net::Tls>> load_tls(const Settings&, const std::filesystem::path& store);

}  // namespace dcmfs::tools
