#pragma once
// The tables of the Conformance Statement (PS3.2), made of those that decide.
#include <string>

namespace dcmfs::net {

std::string services_table();  // Markdown, as in README.md
std::string statuses_of_errors_table();

}  // namespace dcmfs::net
