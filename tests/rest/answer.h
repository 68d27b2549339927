#pragma once
// What a server said, taken apart.
#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include <json/json.h>

#include "rest/http/json.h"
#include "tests/rest/client.h"

namespace dcmfs::rest {

struct Answer {
  int status = 0;
  std::string headers, body;

  Json::Value json() const {
    auto value = parse_json(body);
    if (!value) throw std::runtime_error("no JSON: " + body);
    return *std::move(value);
  }
  // "" if it is not there.
  std::string header(const std::string& name) const {
    const auto at = headers.find("\r\n" + name + ": ");
    if (at == headers.npos) return {};
    const auto from = at + name.size() + 4;
    return headers.substr(from, headers.find("\r\n", from) - from);
  }
};

inline std::string unchunked(std::string_view text) {
  std::string out;
  for (;;) {
    const auto line = text.find("\r\n");
    if (line == text.npos) return out;
    const auto size = std::stoul(std::string(text.substr(0, line)), nullptr, 16);
    if (size == 0) return out;
    out += text.substr(line + 2, size);
    text.remove_prefix(std::min(text.size(), line + 2 + size + 2));
  }
}

// `headers`: each with its line break. Status 0: no answer.
inline Answer ask_server(int port, std::string_view method, std::string_view path, std::string_view body = {},
                         std::string_view headers = {}) {
  std::string request = std::string(method) + ' ' + std::string(path) +
                        " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + std::string(headers);
  if (!body.empty() || method == "POST" || method == "PUT")
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  const auto all = Client(port).ask(request + "\r\n" + std::string(body));
  Answer answer;
  const auto end = all.find("\r\n\r\n");
  if (all.size() < 12 || end == all.npos) return answer;
  answer.status = std::stoi(all.substr(9, 3));
  answer.headers = all.substr(0, end + 2);
  answer.body = all.substr(end + 4);
  if (answer.header("Transfer-Encoding") == "chunked") answer.body = unchunked(answer.body);
  return answer;
}

}  // namespace dcmfs::rest
