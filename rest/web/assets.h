#pragma once
// The files of the web page: they stand in this folder, embed.cmake puts them into the program.
#include <span>
#include <string_view>

namespace dcmfs::rest {

struct WebAsset {
  std::string_view name;  // "explorer.html"
  std::string_view etag;  // of its bytes
  std::string_view bytes;
};
std::span<const WebAsset> web_assets();

}  // namespace dcmfs::rest
