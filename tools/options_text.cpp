#include "tools/options_text.h"

#include <algorithm>

#include "tools/options.h"

namespace dcmfs::tools {
namespace {

constexpr std::size_t kTemplateWidth = 94;
constexpr std::size_t kHelpColumn = 26;

bool is_internal(const Option& option) {
  return std::holds_alternative<Ignored>(option.target) ||
         std::holds_alternative<Refused>(option.target) || option.help.empty();
}

// `text` in lines of at most `width`, each after `prefix`.
std::string wrap(std::string_view text, std::string_view prefix, std::size_t width) {
  std::string out, line;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const auto word = text.substr(0, space);
    text.remove_prefix(space == text.npos ? text.size() : space + 1);
    if (!line.empty() && prefix.size() + line.size() + 1 + word.size() > width) {
      out += std::string(prefix) + line + '\n';
      line.clear();
    }
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  return out + std::string(prefix) + line + '\n';
}

std::string spelled(const Option& option) {
  std::string text(option.mount);
  if (!option.argument.empty()) text += '=' + std::string(option.argument);
  return text;
}

// mdoc(7) takes a leading period or apostrophe for a macro, and a backslash for an escape.
std::string mdoc(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '"')
      out += "\\(dq";
    else
      out += c;
  }
  // One sentence per line, as mandoc's lint wants it.
  for (auto end = out.find(". "); end != out.npos; end = out.find(". ", end + 2))
    out.replace(end, 2, ".\n");
  return (out.starts_with('.') || out.starts_with('\'') ? "\\&" : "") + out;
}

}  // namespace

std::string config_template() {
  std::string out =
      "// The configuration of this dcmfs store; see dcmfs.json(5).\n"
      "// What is commented out below is the default. Comments and trailing commas are allowed.\n"
      "{\n";
  for (const Option& option : options()) {
    if (option.key.empty()) continue;
    out += wrap(option.help, "  // ", kTemplateWidth);
    out += "  // (" + std::string(option.rule->expected) + ")\n";
    out += "  // \"" + std::string(option.key) + "\" : " + default_json(option) + ",\n\n";
  }
  out.pop_back();
  return out + "}\n";
}

std::string mount_options_text() {
  std::string out = "Options after -o, separated by commas:\n";
  for (const Option& option : options()) {
    if (option.mount.empty() || is_internal(option)) continue;
    std::string left = "  " + spelled(option);
    left.resize(std::max(left.size() + 1, kHelpColumn), ' ');
    out += left + std::string(option.help) + '\n';
  }
  return out +
         "  Those of mount(8) and fstab(5), such as nosuid, noatime, nofail and x-systemd.*,\n"
         "  are understood too.\n";
}

std::string keys_mdoc() {
  std::string out = ".Bl -tag -width Ds\n";
  for (const Option& option : options()) {
    if (option.key.empty()) continue;
    out += ".It Cm " + std::string(option.key) + " : " + mdoc(default_json(option)) + "\n";
    out += mdoc(option.help) + '\n';
    out += "Value: " + mdoc(option.rule->expected) + ".\n";
    if (!option.flag.empty())
      out += "On the command line:\n.Fl " + std::string(option.flag.substr(1)) + " Ar " +
             std::string(option.argument) + " .\n";
  }
  return out + ".El\n";
}

std::string mount_options_mdoc() {
  std::string out = ".Bl -tag -width Ds\n";
  for (const Option& option : options()) {
    if (option.mount.empty() || is_internal(option)) continue;
    out += ".It Cm " + std::string(option.mount);
    if (!option.argument.empty()) out += " Ns = Ns Ar " + std::string(option.argument);
    out += '\n' + mdoc(option.help) + '\n';
  }
  return out + ".El\n";
}

std::string options_table() {
  std::string out;
  for (const Option& option : options()) {
    for (const std::string_view cell : {option.key, option.flag, option.mount, option.argument})
      out += std::string(cell.empty() ? "-" : cell) + " | ";
    out += default_json(option) + " | " + std::string(option.rule->expected) + '\n';
  }
  return out;
}

}  // namespace dcmfs::tools
