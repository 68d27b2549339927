#include "store/kept_texts.h"

#include <optional>
#include <set>

#include "store/number.h"

namespace dcmfs {
namespace {

// The value under the name itself is the text behind kWhole, or says where its pieces are:
// kInPieces, the generation of them, a space, how many.
constexpr char kWhole = '=', kInPieces = '#';
constexpr std::size_t kPieceBytesMax = KeptValues::kValueBytesMax - 1;

struct Pieces {
  std::int64_t generation = 0;
  std::size_t count = 0;
};

std::optional<Pieces> pieces_of(std::string_view head) {
  if (!head.starts_with(kInPieces)) return std::nullopt;
  head.remove_prefix(1);
  const auto generation = take_whole<std::int64_t>(head);
  if (!generation || head.empty()) return std::nullopt;
  const auto count = parse_whole<std::size_t>(head.substr(1));
  if (!count) return std::nullopt;
  return Pieces{*generation, *count};
}

std::string piece_name(const std::string& name, std::int64_t generation, std::size_t number) {
  return name + '/' + std::to_string(generation) + '/' + std::to_string(number);
}

}  // namespace

Result<std::map<std::string, std::string>> KeptTexts::load() {
  DCMFS_TRY(const auto values, values_.all(kind_));
  std::map<std::string, std::string> texts;
  std::set<std::string> used;
  for (const auto& [name, value] : values) {
    if (name.find('/') != name.npos || value.empty()) continue;
    if (value.front() == kWhole) {
      texts.emplace(name, value.substr(1));
      continue;
    }
    const auto pieces = pieces_of(value);
    if (!pieces) continue;
    std::string text;
    for (std::size_t i = 0; i < pieces->count; ++i) {
      const auto piece = values.find(piece_name(name, pieces->generation, i));
      if (piece == values.end()) return Error{Errc::corrupt, "a kept text is not whole: " + name};
      used.insert(piece->first);
      text += piece->second;
    }
    texts.emplace(name, std::move(text));
  }
  for (const auto& [name, value] : values)
    if (name.find('/') != name.npos && !used.contains(name))
      DCMFS_CHECK(values_.remove(kind_, name));
  return texts;
}

Result<std::optional<std::string>> KeptTexts::get(const std::string& name) const {
  if (name.find('/') != name.npos) return std::optional<std::string>{};
  DCMFS_TRY(const auto head, values_.get(kind_, name));
  if (!head || head->empty()) return std::optional<std::string>{};
  if (head->front() == kWhole) return std::optional(head->substr(1));
  const auto pieces = pieces_of(*head);
  std::string text;
  for (std::size_t i = 0; pieces && i < pieces->count; ++i) {
    DCMFS_TRY(const auto piece, values_.get(kind_, piece_name(name, pieces->generation, i)));
    if (!piece) return Error{Errc::corrupt, "a kept text is not whole: " + name};
    text += *piece;
  }
  return std::optional(std::move(text));
}

Result<> KeptTexts::set(const std::string& name, std::string_view text) {
  DCMFS_TRY(const auto before, values_.get(kind_, name));
  if (text.size() <= kPieceBytesMax) {
    DCMFS_CHECK(values_.set(kind_, name, kWhole + std::string(text)));
  } else {
    const auto old = before ? pieces_of(*before) : std::nullopt;
    const std::int64_t generation = old ? old->generation + 1 : 0;
    std::size_t count = 0;
    for (; !text.empty(); ++count) {
      DCMFS_CHECK(
          values_.set(kind_, piece_name(name, generation, count), text.substr(0, kPieceBytesMax)));
      text.remove_prefix(std::min(text.size(), kPieceBytesMax));
    }
    DCMFS_CHECK(values_.set(kind_, name,
                            kInPieces + std::to_string(generation) + ' ' + std::to_string(count)));
  }
  return before ? drop_pieces(name, *before) : Result<>{};
}

Result<> KeptTexts::remove(const std::string& name) {
  DCMFS_TRY(const auto before, values_.get(kind_, name));
  if (!before) return {};
  DCMFS_CHECK(values_.remove(kind_, name));
  return drop_pieces(name, *before);
}

Result<> KeptTexts::drop_pieces(const std::string& name, const std::string& head) {
  const auto pieces = pieces_of(head);
  if (!pieces) return {};
  for (std::size_t i = 0; i < pieces->count; ++i)
    DCMFS_CHECK(values_.remove(kind_, piece_name(name, pieces->generation, i)));
  return {};
}

}  // namespace dcmfs
