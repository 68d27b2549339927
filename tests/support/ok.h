#pragma once
// ASSERT_OK(store.remove(key)): fails with the message of the error.
#include <gtest/gtest.h>

#include "store/result.h"

namespace dcmfs {

template <class T>
testing::AssertionResult is_ok(const Result<T>& result) {
  if (result) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << "error " << static_cast<int>(result.error().code) << ": " << result.error().message;
}

}  // namespace dcmfs

#define EXPECT_OK(expression) EXPECT_TRUE(::dcmfs::is_ok(expression))
#define ASSERT_OK(expression) ASSERT_TRUE(::dcmfs::is_ok(expression))
