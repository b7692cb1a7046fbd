// SPDX-License-Identifier: BSL-1.0
#include "groups.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <tuple>
#include <utility>

#include "contents.hpp"

namespace {

bool by_size_and_path(const file& a, const file& b) {
    return std::tie(b.size, a.path) < std::tie(a.size, b.path);
}

bool by_inode_and_path(const file& a, const file& b) {
    return std::tie(a.device, a.inode, a.path) < std::tie(b.device, b.inode, b.path);
}

bool are_one_file(const file& a, const file& b) { return a.device == b.device && a.inode == b.inode; }

bool by_first_path(const group& a, const group& b) { return a.front().path < b.front().path; }

// Puts a file into the group that has its contents, or into a new one. The first of a group stands for all of
// them; if it can not be read any more, the next one does.
void add_to_groups(const file& added, std::vector<group>& groups, weft::sink<std::string_view> complain,
                   weft::sink<std::size_t> done) {
    for (auto g = groups.begin(); g != groups.end();) {
        try {
            if (same_contents(g->front(), added, done)) {
                g->push_back(added);
                return;
            }
            ++g;
        } catch (const unreadable& error) {
            complain(std::string_view(error.what()));
            if (&error.which == &added) return;
            g->erase(g->begin());
            if (g->empty()) g = groups.erase(g);
        }
    }
    groups.push_back({added});
}

std::vector<group> same_hash(const group& files, weft::sink<std::string_view> complain,
                             weft::sink<std::size_t> done) {
    std::map<std::uint64_t, group> by_hash;
    for (const file& f : files) {
        try {
            by_hash[hash_of(f, done)].push_back(f);
        } catch (const unreadable& error) {
            complain(std::string_view(error.what()));
        }
    }
    std::vector<group> result;
    for (auto& [hash, alike] : by_hash) result.push_back(std::move(alike));
    return result;
}

}  // namespace

std::vector<group> same_size(std::vector<file> files) {
    std::sort(files.begin(), files.end(), by_inode_and_path);
    files.erase(std::unique(files.begin(), files.end(), are_one_file), files.end());
    std::sort(files.begin(), files.end(), by_size_and_path);

    std::vector<group> result;
    for (auto begin = files.begin(); begin != files.end();) {
        const auto other_size = [&](const file& f) { return f.size != begin->size; };
        const auto end = std::find_if(begin, files.end(), other_size);
        if (end - begin > 1)
            result.emplace_back(std::make_move_iterator(begin), std::make_move_iterator(end));
        begin = end;
    }
    return result;
}

std::vector<group> duplicates(const group& files, weft::sink<std::string_view> complain,
                              weft::sink<std::size_t> done) {
    std::vector<group> result;
    for (const group& alike : same_hash(files, complain, done)) {
        if (alike.size() < 2) continue;
        std::vector<group> groups;
        for (const file& f : alike) add_to_groups(f, groups, complain, done);
        for (group& g : groups)
            if (g.size() > 1) result.push_back(std::move(g));
    }
    std::sort(result.begin(), result.end(), by_first_path);
    return result;
}
