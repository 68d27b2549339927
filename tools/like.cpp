#include "tools/like.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "store/dicom/text.h"

namespace dcmfs::tools {
namespace {

constexpr std::size_t kLikeMax = 3;
constexpr std::size_t kWrittenMax = 64;  // the longest keyword in PS3.6 has 60

// How many letters must be changed, added or left out (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> names_like(std::string_view written,
                                    const std::vector<std::string>& known) {
  const std::string wanted = fold(written.substr(0, kWrittenMax));
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& one : known) {
    const std::size_t far = distance(wanted, fold(one));
    if (far <= std::max<std::size_t>(2, wanted.size() / 3)) near.emplace_back(far, one);
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  std::vector<std::string> like;
  for (std::size_t i = 0; i < std::min(near.size(), kLikeMax); ++i)
    like.push_back(std::move(near[i].second));
  return like;
}

std::string did_you_mean(const std::vector<std::string>& like, std::string_view otherwise) {
  if (like.empty()) return std::string(otherwise);
  std::string text;
  for (std::size_t i = 0; i < like.size(); ++i)
    text += (i == 0 ? "; did you mean " : i + 1 == like.size() ? " or " : ", ") + like[i];
  return text;
}

}  // namespace dcmfs::tools
