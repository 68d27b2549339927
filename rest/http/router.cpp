#include <algorithm>
#include <optional>
#include <vector>

#include "rest/http/percent.h"
#include "rest/http/route.h"

namespace dcmfs::rest {
namespace {

constexpr std::size_t kPartsMax = 64;

std::vector<std::string_view> steps_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty() && parts.size() <= kPartsMax) {
    path.remove_prefix(1);  // the slash
    const auto end = path.find('/');
    // "/studies/" and "/studies//" are "/studies"; "/" is no part at all
    if (const auto part = path.substr(0, end); !part.empty()) parts.push_back(part);
    path = end == path.npos ? std::string_view{} : path.substr(end);
  }
  return parts;
}

// The parts of a path, decoded; nullopt if one of them is not well formed.
std::optional<std::vector<std::string>> decoded(std::string_view path) {
  std::vector<std::string> parts;
  for (const auto part : steps_of(path)) {
    auto text = percent_decoded(part);
    if (!text) return std::nullopt;
    parts.push_back(*std::move(text));
  }
  return parts;
}

const LevelInfo* level_of(std::string_view plural, Levels levels) {
  const auto found = std::ranges::find(kLevels, plural, &LevelInfo::plural);
  return found != kLevels.end() && levels.has(found->level) ? &*found : nullptr;
}

// Walks the pattern beside the parts. Most rows end at the first part, before anything is copied.
bool fits(const Route& route, const std::vector<std::string>& have, Request* request) {
  std::string_view pattern = route.pattern;
  std::size_t i = 0;
  while (pattern.size() > 1 || (pattern.size() == 1 && pattern != "/")) {
    pattern.remove_prefix(1);
    const auto end = pattern.find('/');
    const auto wanted = pattern.substr(0, end);
    pattern = end == pattern.npos ? std::string_view{} : pattern.substr(end);
    if (wanted.ends_with("...}")) {
      std::string rest;
      for (; i < have.size(); ++i) rest += (rest.empty() ? "" : "/") + have[i];
      if (request) request->path.emplace(wanted.substr(1, wanted.size() - 5), std::move(rest));
      return true;
    }
    if (i == have.size()) return false;
    if (wanted == "{level}") {
      const auto* level = level_of(have[i], route.levels);
      if (!level) return false;
      if (request) request->level = level->level;
    } else if (wanted.starts_with('{')) {
      if (request) request->path.emplace(wanted.substr(1, wanted.size() - 2), have[i]);
    } else if (wanted != have[i]) {
      return false;
    }
    ++i;
  }
  return i == have.size();
}

}  // namespace

std::variant<Found, NoSuchPath, WrongMethod> find_route(std::span<const RouteTable> tables,
                                                        std::string_view method,
                                                        std::string_view path) {
  if (!path.starts_with('/')) return NoSuchPath{};
  const auto have = decoded(path);
  if (!have) return NoSuchPath{};
  const std::string_view asked = method == "HEAD" ? "GET" : method;
  WrongMethod wrong;
  for (const auto table : tables) {
    for (const Route& route : table) {
      if (!fits(route, *have, nullptr)) continue;
      if (name(route.method) == asked) {
        Found found{&route, {}};
        found.request.method = route.method;
        fits(route, *have, &found.request);
        return found;
      }
      const std::string_view allowed =
          route.method == Method::get ? "GET, HEAD" : name(route.method);
      if (wrong.allowed.find(allowed) == wrong.allowed.npos)
        wrong.allowed += (wrong.allowed.empty() ? "" : ", ") + std::string(allowed);
    }
  }
  if (wrong.allowed.empty()) return NoSuchPath{};
  wrong.allowed += ", OPTIONS";
  return wrong;
}

}  // namespace dcmfs::rest
