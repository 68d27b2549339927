# Writes the files of the web page as a C++ file: cmake -D OUTPUT=FILE.cpp -D FOLDER=FOLDER -D FILES=A,B -P embed.cmake
string(REPLACE "," ";" names "${FILES}")
set(arrays "")
set(rows "")
set(n 0)
foreach(name ${names})
  file(READ "${FOLDER}/${name}" hex HEX)
  file(SHA256 "${FOLDER}/${name}" digest)
  string(SUBSTRING "${digest}" 0 32 etag)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "constexpr unsigned char kAsset${n}[] = {${bytes}};\n")
  string(APPEND rows "    {\"${name}\", \"${etag}\", {reinterpret_cast<const char*>(kAsset${n}), sizeof kAsset${n}}},\n")
  math(EXPR n "${n} + 1")
endforeach()
file(WRITE "${OUTPUT}" "#include \"rest/web/assets.h\"

namespace dcmfs::rest {
namespace {

${arrays}
}  // namespace

std::span<const WebAsset> web_assets() {
  static const WebAsset assets[] = {
${rows}  };
  return assets;
}

}  // namespace dcmfs::rest
")
