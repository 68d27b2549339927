// bare_http PORT FILE: cpprestsdk with a handler that does nothing but answer the bytes of FILE, from memory:
// the yardstick of tests/bench/rest for what the library costs.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include <cpprest/http_listener.h>
#include <unistd.h>

int main(int count, char** words) {
  using namespace web::http;
  if (count != 3) return 1;
  std::ifstream in(words[2], std::ios::binary);
  const std::vector<unsigned char> bytes{std::istreambuf_iterator<char>(in), {}};
  experimental::listener::http_listener listener(std::string("http://127.0.0.1:") + words[1]);
  listener.support(methods::GET, [&](const http_request& request) {
    http_response response(status_codes::OK);
    response.set_body(bytes);
    request.reply(response);
  });
  listener.open().wait();
  for (;;) ::pause();
}
