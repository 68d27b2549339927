#include "rest/http/media_type.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace dcmfs::rest {
namespace {

constexpr std::size_t kAcceptedMax = 100;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// What many write instead of the registered name.
constexpr std::pair<std::string_view, std::string_view> kMistaken[] = {{"image/jpg", "image/jpeg"}};

// Up to `stop`, but not inside quotation marks; removed from `text` with it.
std::string_view cut(std::string_view& text, char stop) {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == stop && !quoted) {
      break;
    }
  }
  const auto head = text.substr(0, i);
  text.remove_prefix(std::min(i + 1, text.size()));
  return head;
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    out += text[i];
  }
  return out;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kWhite = " \t\r\n";
  const auto first = text.find_first_not_of(kWhite);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kWhite) - first + 1);
}

std::optional<MediaType> MediaType::parse(std::string_view text) {
  MediaType type;
  type.name = lower(trimmed(cut(text, ';')));
  const auto slash = type.name.find('/');
  if (slash == type.name.npos || slash == 0 || slash + 1 == type.name.size()) return std::nullopt;
  for (const auto& [mistaken, meant] : kMistaken)
    if (type.name == mistaken) type.name = meant;
  while (!text.empty()) {
    auto parameter = cut(text, ';');
    const auto name = lower(trimmed(cut(parameter, '=')));
    if (name.empty()) continue;
    const auto value = unquoted(trimmed(parameter));
    if (name == "q")
      type.quality = std::clamp(std::strtod(value.c_str(), nullptr), 0.0, 1.0);
    else
      type.parameters.emplace(name, value);
  }
  return type;
}

bool MediaType::accepts(std::string_view offered) const {
  if (quality <= 0 || std::ranges::find(except, offered) != except.end()) return false;
  if (name == "*/*" || name == offered) return true;
  return name.ends_with("/*") &&
         offered.starts_with(std::string_view(name).substr(0, name.size() - 1));
}

std::vector<MediaType> accepted_types(std::string_view accept) {
  std::vector<MediaType> types;
  if (trimmed(accept).empty()) types.push_back({.name = "*/*", .parameters = {}});
  while (!accept.empty() && types.size() < kAcceptedMax)
    if (auto type = MediaType::parse(cut(accept, ','))) types.push_back(*std::move(type));
  std::vector<std::string> refused;
  for (const auto& type : types)
    if (type.quality <= 0 && !type.name.ends_with("/*")) refused.push_back(type.name);
  for (auto& type : types)
    if (type.name.ends_with("/*")) type.except = refused;
  std::ranges::stable_sort(types, std::ranges::greater{}, &MediaType::quality);
  return types;
}

std::size_t best_of(const std::vector<MediaType>& accepted,
                    std::initializer_list<std::string_view> offered) {
  for (const auto& type : accepted)
    for (std::size_t i = 0; i < offered.size(); ++i)
      if (type.accepts(offered.begin()[i])) return i;
  return std::string_view::npos;
}

}  // namespace dcmfs::rest
