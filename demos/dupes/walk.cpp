// SPDX-License-Identifier: BSL-1.0
#include "walk.hpp"

#include <cerrno>
#include <cstring>
#include <ftw.h>

namespace {

constexpr int open_folders = 16;  // for deeper ones nftw closes and opens them again
constexpr int most_levels = 250;  // nftw recurses, and takes some 400 bytes of the fiber's stack for each

// nftw has no pointer to pass on to its callback. This is the sink of the walk whose nftw is running now.
thread_local const weft::sink<found>* to = nullptr;

// Offering waits, and meanwhile another walk of this thread may run: it leaves its own sink here.
bool offer(const found& what) {
    const weft::sink<found>* const mine = to;
    const bool wanted = mine->offer(found(what));
    to = mine;
    return wanted;
}

int on_entry(const char* path, const struct stat* status, int kind, FTW* where) {
    const int error = errno;
    bool go_on = true;
    switch (kind) {
        case FTW_F:
            if (S_ISREG(status->st_mode)) go_on = offer({path, status, nullptr});
            break;
        case FTW_D:
            if (where->level < most_levels) break;
            go_on = offer({path, nullptr, "nested too deep"});
            if (go_on) return FTW_SKIP_SUBTREE;
            break;
        case FTW_DNR:
        case FTW_NS:
            go_on = offer({path, nullptr, std::strerror(error)});
            break;
        default:
            break;
    }
    return go_on ? FTW_CONTINUE : FTW_STOP;
}

}  // namespace

void walk(const std::string& root, weft::sink<found> send) {
    to = &send;
    const int result = nftw(root.c_str(), on_entry, open_folders, FTW_PHYS | FTW_ACTIONRETVAL);
    const int error = errno;
    to = nullptr;
    if (result < 0) (void)send.offer({root.c_str(), nullptr, std::strerror(error)});
}
