#pragma once
// Numbers as the text of IS and DS, and back. Private to this folder.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dcmfs {

// One value of IS or DS (PS3.5 6.2), with the usual sins: spaces, a leading '+'.
// nullopt for anything else, also for what no double can hold.
std::optional<double> parse_decimal(std::string_view);
std::optional<std::int64_t> parse_integer(std::string_view);  // "12" or "12.0"
// The same of FL and FD, which may be none: "NaN", "Infinity", "-Infinity", as JSON texts have it.
std::optional<double> parse_float(std::string_view);

// As text of at most 16 characters, the most that DS may have.
std::string decimal_text(double);
// The shortest text that is read back as the same number.
std::string shortest_text(double);
std::string shortest_text(float);

}  // namespace dcmfs
