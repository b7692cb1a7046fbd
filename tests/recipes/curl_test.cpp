// SPDX-License-Identifier: BSL-1.0
// The recipe for libcurl: a download as a loop over its parts.
#include "../../demos/recipes/curl.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "../signals.hpp"
#include "http_server.hpp"
#include "recipe.hpp"

using test::contains;
using test::HttpServer;

namespace {

std::string numbers(int from) {
    std::string all;
    while (all.size() < 1'000'000) all += std::to_string(from++) + '\n';
    return all;
}

std::string answer(const std::string& body, std::size_t length) {
    return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n" +
           body;
}
std::string answer(const std::string& body) { return answer(body, body.size()); }

/// A file with that content, by its URL; removed at the end.
class File {
 public:
    explicit File(const std::string& content) {
        const int fd = mkstemp(path_.data());
        CHECK(fd >= 0);
        close(fd);
        std::ofstream(path_) << content;
        url = "file://" + path_;
    }
    File(const File&) = delete;
    ~File() { std::filesystem::remove(path_); }
    std::string url;

 private:
    std::string path_ = std::filesystem::temp_directory_path() / "weft-curl-XXXXXX";
};

std::string all_of(const std::string& url) {
    std::string all;
    for (const std::string_view part : download(url)) all += part;
    return all;
}

/// How the download fails, and what came before.
std::string fails(const std::string& url, std::string& got) {
    return test::thrown_by<std::runtime_error>([&] {
        for (const std::string_view part : download(url)) got += part;
    });
}
std::string fails(const std::string& url) {
    std::string got;
    const std::string why = fails(url, got);
    CHECK(got == "");
    return why;
}

/// Without a proxy; and what libcurl keeps for the whole process is there before anything is counted.
template <class F>
void here_and_in_a_fiber(F&& check) {
    setenv("no_proxy", "*", 1);
    const File empty("");
    CHECK(all_of(empty.url) == "");
    test::here_and_in_a_fiber(check);
}

}  // namespace

TEST_CASE("a download becomes a loop over its parts") {
    const std::string body = numbers(0);
    here_and_in_a_fiber([&] {
        const File file(body);
        CHECK(all_of(file.url) == body);
        const HttpServer server(answer(body));
        CHECK(all_of(server.url()) == body);
        CHECK(all_of(server.url()) == body);
    });
}

TEST_CASE("a loop that is left ends the transfer") {
    const std::string body = numbers(0);
    here_and_in_a_fiber([&] {
        const File file(body);
        for (int last = 1; last <= 3; ++last) {
            int parts = 0;
            std::string got;
            for (const std::string_view part : download(file.url)) {
                got += part;
                if (++parts == last) break;
            }
            CHECK(parts == last);
            CHECK(got.size() < body.size());
            CHECK(body.starts_with(got));
        }
        CHECK(all_of(file.url) == body);
    });
}

TEST_CASE("a loop that is left closes the connection") {
    std::string endless = numbers(0);
    while (endless.size() < 32'000'000) endless += endless;  // more than lies in the buffers of sockets
    const std::string all = answer(endless);
    here_and_in_a_fiber([&] {
        HttpServer server(all);
        for ([[maybe_unused]] const std::string_view part : download(server.url())) break;
        server.join();
        CHECK(server.left_early() == 1);
    });
}

TEST_CASE("what the loop throws ends the transfer and is not lost") {
    const std::string body = numbers(0);
    here_and_in_a_fiber([&] {
        const File file(body);
        const HttpServer server(answer(body));
        for (const std::string& url : {file.url, server.url()}) {
            CHECK_THROWS_AS(
                [&] {
                    for ([[maybe_unused]] const std::string_view part : download(url)) throw test::Enough();
                }(),
                test::Enough);
            CHECK(all_of(url) == body);
        }
    });
}

TEST_CASE("what libcurl complains of the loop throws") {
    here_and_in_a_fiber([] {
        const std::string missing = "file:///nonexistent/weft";
        CHECK(fails(missing).starts_with(missing + ": Couldn't open file"));
        const test::Port refuses(false);
        CHECK(contains(fails(refuses.url), "onnect"));
        CHECK(contains(fails("nix://127.0.0.1/"), "nix"));
        const HttpServer without(
            "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 3\r\n\r\nnix");
        CHECK(contains(fails(without.url()), "404"));
        const HttpServer silent("");
        CHECK(contains(fails(silent.url()), "Empty reply"));
        const File file("as ever");
        CHECK(all_of(file.url) == "as ever");
    });
}

TEST_CASE("a connection that is cut is no end of the download") {
    const std::string body = numbers(0);
    here_and_in_a_fiber([&] {
        const HttpServer server(answer(body, body.size() + 1));
        std::string got;
        CHECK(contains(fails(server.url(), got), "1 bytes remaining"));
        CHECK(got == body);
    });
}

TEST_CASE("two downloads run in turn and leave the handling of signals as it was") {
    const std::string one = numbers(0), other = numbers(7) + "end";
    here_and_in_a_fiber([&] {
        const test::Handling ours(SIGPIPE, [](int) {});
        void* const before = test::handler_of(SIGPIPE);
        const HttpServer server(answer(one));
        const HttpServer second(answer(other));
        const File file(other);
        for (const std::string& url : {second.url(), file.url}) {
            std::string got_one, got_other;
            auto a = download(server.url()), b = download(url);
            test::in_turn(
                a, [&](std::string_view part) { got_one += part; }, b,
                [&](std::string_view part) { got_other += part; });
            CHECK(got_one == one);
            CHECK(got_other == other);
            CHECK(test::handler_of(SIGPIPE) == before);
        }
    });
}

TEST_CASE("the function may be spawned as it is and ends well when its loop is left") {
    const std::string body = numbers(0);
    here_and_in_a_fiber([&] {
        const File file(body);
        test::spawn_and_leave<std::string_view>(send_download, file.url);
    });
}

TEST_CASE("a fiber that is cancelled while it has a part leaves nothing behind") {
    const std::string body = numbers(0);
    here_and_in_a_fiber([&] {
        const File file(body);
        test::cancel_in_the_loop(download(file.url));
        CHECK(all_of(file.url) == body);
    });
}
