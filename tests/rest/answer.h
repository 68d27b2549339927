#pragma once
// What a server answered, taken apart.
#include <stdexcept>
#include <string>
#include <string_view>

#include <json/json.h>

#include "rest/http/json.h"
#include "tests/rest/client.h"

namespace dcmfs::rest {

// Of a chunked body, its content.
inline std::string without_chunks(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto line = text.find("\r\n");
    const auto size =
        line == text.npos ? 0 : std::stoul(std::string(text.substr(0, line)), nullptr, 16);
    if (size == 0 || text.size() < line + 2 + size + 2) break;
    out += text.substr(line + 2, size);
    text.remove_prefix(line + 2 + size + 2);
  }
  return out;
}

struct Answer {
  int status = 0;
  std::string headers;  // with the end of the last line
  std::string body;

  // Of all that came.
  static Answer of(const std::string& whole) {
    Answer answer;
    const auto end = whole.find("\r\n\r\n");
    if (whole.size() < 12 || end == whole.npos) return answer;
    answer.status = std::stoi(whole.substr(9, 3));
    answer.headers = whole.substr(0, end + 2);
    answer.body = whole.substr(end + 4);
    if (answer.header("Transfer-Encoding") == "chunked") answer.body = without_chunks(answer.body);
    return answer;
  }

  Json::Value json() const {
    auto parsed = parse_json(body);
    if (!parsed) throw std::runtime_error("no JSON: " + body);
    return *std::move(parsed);
  }
  std::string header(const std::string& name) const {
    const auto at = headers.find("\r\n" + name + ": ");
    if (at == headers.npos) return {};
    const auto from = at + name.size() + 4;
    return headers.substr(from, headers.find("\r\n", from) - from);
  }
};

// `headers`: each with its line break. Status 0: no answer came.
inline Answer ask_server(int port, std::string_view method, std::string_view path,
                         std::string_view body = {}, std::string_view headers = {}) {
  std::string request = std::string(method) + ' ' + std::string(path) +
                        " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + std::string(headers);
  if (!body.empty() || method == "POST" || method == "PUT")
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return Answer::of(Client(port).ask(request + "\r\n" + std::string(body)));
}

}  // namespace dcmfs::rest
