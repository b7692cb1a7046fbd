// SPDX-License-Identifier: BSL-1.0
// A download as a loop over its parts. curl_easy_perform waits in its write callback while the loop has the
// part; a short count ends it.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <weft/generator.hpp>

/// A part is curl's, and there until the loop comes back.
inline void send_download(const std::string& url, weft::sink<std::string_view> send) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (ready != CURLE_OK) throw std::runtime_error(curl_easy_strerror(ready));
    const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> transfer(curl_easy_init(), &curl_easy_cleanup);
    if (!transfer) throw std::bad_alloc();
    bool stopped = false;
    auto part = [&](const char* data, std::size_t size) noexcept {
        stopped = !send.offer({data, size});
        return stopped ? 0 : size;
    };
    const auto write = [](char* data, std::size_t, std::size_t size, void* to) {
        return (*static_cast<decltype(part)*>(to))(data, size);
    };
    char why[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(transfer.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(transfer.get(), CURLOPT_FAILONERROR, 1L);  // a 404 is no answer
    curl_easy_setopt(transfer.get(), CURLOPT_NOSIGNAL, 1L);  // two at a time would mix up their SIGPIPEs
    curl_easy_setopt(transfer.get(), CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(transfer.get(), CURLOPT_WRITEFUNCTION, +write);
    curl_easy_setopt(transfer.get(), CURLOPT_WRITEDATA, &part);
    const CURLcode result = curl_easy_perform(transfer.get());
    if (result != CURLE_OK && !stopped)
        throw std::runtime_error(url + ": " + (*why ? why : curl_easy_strerror(result)));
}

inline weft::generator<std::string_view> download(std::string url) {
    return weft::generator<std::string_view>(send_download, std::move(url));
}
