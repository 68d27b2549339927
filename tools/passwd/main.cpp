// dcmfs-passwd [NAME]
#include <cstdio>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <termios.h>
#include <unistd.h>

#include "rest/http/authentication.h"
#include "tools/exit_code.h"
#include "tools/program.h"

namespace dcmfs::passwd {
namespace {

constexpr const char* kProgram = "dcmfs-passwd";

// bcrypt looks at no more; a longer one would be cut without a word.
constexpr std::size_t kPasswordBytesMax = 72;

// The terminal does not show what is typed.
class Hidden {
 public:
  Hidden() {
    if (::tcgetattr(STDIN_FILENO, &before_) != 0) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
  }
  Hidden(const Hidden&) = delete;
  Hidden& operator=(const Hidden&) = delete;
  ~Hidden() {
    if (changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }

 private:
  termios before_{};
  bool changed_ = false;
};

std::string ask(const char* what) {
  const bool person = ::isatty(STDIN_FILENO) == 1;
  if (person) std::fprintf(stderr, "%s: ", what);
  std::string line;
  {
    const Hidden hidden;
    std::getline(std::cin, line);
  }
  if (person) std::fputc('\n', stderr);
  return line;
}

int fail(const char* why) {
  return tools::fail(kProgram, {Errc::invalid_argument, why}, tools::kExitUsage);
}

int run(const std::string& name) {
  const auto password = ask("Password");
  if (password.empty()) return fail("the password is empty");
  if (password.size() > kPasswordBytesMax) return fail("the password has more than 72 bytes");
  if (::isatty(STDIN_FILENO) == 1 && ask("Again") != password)
    return fail("the two are not the same");
  const auto hash = rest::password_hash(password);
  if (hash.empty()) return fail("the system has no bcrypt");
  if (name.empty())
    std::printf("%s\n", hash.c_str());
  else
    std::printf("  \"RegisteredUsers\" : { \"%s\" : \"%s\" },\n", name.c_str(), hash.c_str());
  return 0;
}

}  // namespace
}  // namespace dcmfs::passwd

int main(int argc, char** argv) {
  CLI::App app("Makes what RegisteredUsers of dcmfs.json has instead of a password.",
               dcmfs::passwd::kProgram);
  std::string name;
  app.add_option("NAME", name, "of the user: prints the line for dcmfs.json")
      ->check([](const std::string& text) {
        return text.find_first_of(":\"\\") == std::string::npos
                   ? std::string()
                   : std::string("a name has no : \" and \\");
      });
  app.footer(
      "Asks for the password twice, or reads it as one line if that does not come from a "
      "terminal.");
  if (const auto code = dcmfs::tools::parse(app, argc, argv)) return *code;
  return dcmfs::passwd::run(name);
}
